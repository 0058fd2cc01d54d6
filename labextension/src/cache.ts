/**
 * The finished suggestions of late, the last used one first, so that what was on the screen stays there. Bounded.
 *
 * What one comes back to, by deleting or by moving, needs no request as long as the whole document is as it was. It does
 * not know when that has to be doubted: `clear` is for whoever does.
 */

import type { Generation, IQuestion } from './generation';

const MAX_KEPT = 64;

export class Cache {
  keep(generation: Generation): void {
    this._kept = [
      generation,
      ...this._kept.filter(kept => kept !== generation)
    ].slice(0, MAX_KEPT);
  }

  /** The one that answers, which then counts as used. */
  find(question: IQuestion): Generation | null {
    const found = this._kept.find(kept => kept.answers(question)) ?? null;
    if (found) {
      this.keep(found);
    }
    return found;
  }

  clear(): void {
    this._kept = [];
  }

  private _kept: Generation[] = [];
}
