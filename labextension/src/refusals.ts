/**
 * Where asking is likely in vain: a word begins, or a sign stands alone, on a line where the last suggestions were all
 * refused. Within a word more letters make a better guess, and there is none of this.
 *
 * It does not know how long one waits for it.
 */

import type { IPlace } from './place';

/** So many in a row; measured in a replay, one of 23 asked for later was the one that was typed. */
const MANY = 2;

const INSIDE_WORD = /[\p{L}\p{N}_]{2}$/u;

export class Refusals {
  /** Takes note that something is asked for at `place`. */
  ask(place: IPlace): void {
    this._refused = this._isLine(place) ? this._refused + 1 : 1;
    this._last = place;
  }

  /** What was asked for was typed along. */
  agree(): void {
    this._refused = 0;
  }

  covers(place: IPlace): boolean {
    return (
      this._refused >= MANY &&
      this._isLine(place) &&
      !INSIDE_WORD.test(place.before)
    );
  }

  /** Whether `place` is on the line of the last one. */
  private _isLine({ editor, before }: IPlace): boolean {
    return (
      editor === this._last?.editor &&
      before.lastIndexOf('\n') === this._last.before.lastIndexOf('\n')
    );
  }

  private _refused = 0;
  private _last: IPlace | null = null;
}
