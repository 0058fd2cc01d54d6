/**
 * One request in flight, or what came of it: the question it was made for, the text so far, how it ended.
 *
 * Several fetches of the host may wait on the same generation while the person types along. Disposing it is the cancel.
 * It does not know the host, nor what is on the screen.
 */

import { PromiseDelegate } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { safe } from './characters';
import { isSameContext } from './context';
import type { IPlace } from './place';
import { restOf, typedSince } from './suggestion';
import type { Event, IEnd, IFault, ISnapshot, IUsed } from './wire';

/** In UTF-16 units: more than anybody reads. Who sends more is not listened to any longer. */
export const MAX_TEXT = 20_000;

/** What a suggestion answers. */
export interface IQuestion {
  readonly place: IPlace;
  /** All else that it depends on. Who asks by hand may get a block where who types gets a line. */
  readonly snapshot: ISnapshot;
}

/** How an answer with text was made: by whom, milliseconds to its first text and to its end, and from what. */
export interface IFigures {
  model: string;
  first: number;
  whole: number;
  used: IUsed | null;
}

export class Generation implements IDisposable {
  constructor(
    question: IQuestion,
    request: (signal: AbortSignal) => AsyncIterable<Event>
  ) {
    this._question = question;
    this.ended = this._run(request).catch(() => {
      this.dispose();
      return null;
    });
  }

  /** Resolves with the last word; with null if it was cancelled before. */
  readonly ended: Promise<IEnd | IFault | null>;

  get place(): IPlace {
    return this._question.place;
  }

  get isDone(): boolean {
    return this._last !== null || this.isDisposed;
  }

  /** Whether it is whole, and so may be kept. */
  get isWhole(): boolean {
    return this._last?.type === 'end' && !this.isDisposed;
  }

  get fault(): IFault | null {
    return this._last?.type === 'fault' ? this._last : null;
  }

  /** Null as long as it is not whole, or where there is no text. */
  get figures(): IFigures | null {
    return this._figures;
  }

  get isDisposed(): boolean {
    return this._controller.signal.aborted;
  }

  /** What is left to show at `now`: '' if nothing yet, null if it does not fit. */
  rest(now: IPlace): string | null {
    const typed = typedSince(this.place, now);
    return typed === null ? null : restOf(this._text, this.isDone, typed);
  }

  /** Whether it answers, be it with nothing where nothing was asked before, or still may. */
  answers(question: IQuestion): boolean {
    const { place, snapshot } = question;
    const isInvoked = snapshot.trigger === 'invoke';
    const rest = this.rest(place);
    if (
      rest === null ||
      (isInvoked && !this._isEnough) ||
      this.isDisposed ||
      !isSameContext(snapshot, this._question.snapshot)
    ) {
      return false;
    }
    return (
      rest !== '' ||
      !this.isDone ||
      (this.isWhole && !isInvoked && this._text === '' && this.isAt(place))
    );
  }

  /** Whether all of it was typed, or accepted. */
  isTyped(now: IPlace): boolean {
    return this.isWhole && this._text !== '' && this.rest(now) === '';
  }

  /** Whether it was asked for at `place` itself. */
  isAt(place: IPlace): boolean {
    return typedSince(this.place, place) === '';
  }

  /** Goes along with its place, after text was changed elsewhere in the editor. */
  move(now: IPlace, typed: string): void {
    const before = now.before.slice(0, now.before.length - typed.length);
    this._question = { ...this._question, place: { ...now, before } };
  }

  /** Resolves at the next change. */
  changed(): Promise<void> {
    return this._changed.promise;
  }

  dispose(): void {
    this._controller.abort();
    this._announce();
  }

  /** Whether it says all that asking by hand would; with text to the right of the cursor, that is a line as well. */
  private get _isEnough(): boolean {
    return (
      this._question.snapshot.trigger === 'invoke' ||
      this._text.includes('\n') ||
      /^[^\n]*\S/.test(this.place.after)
    );
  }

  private async _run(
    request: (signal: AbortSignal) => AsyncIterable<Event>
  ): Promise<IEnd | IFault | null> {
    const signal = this._controller.signal;
    const began = performance.now();
    let first = 0;
    let raw = '';
    for await (const event of request(signal)) {
      if (signal.aborted) {
        return null;
      }
      const passed = performance.now() - began;
      if (event.type !== 'chunk') {
        if (event.type === 'end' && raw !== '') {
          const { model = '', used = null } = event;
          this._figures = { model, first, whole: passed, used };
        }
        return this._end(event);
      }
      first ||= passed;
      raw += event.text;
      this._text = safe(raw.slice(0, MAX_TEXT));
      if (raw.length > MAX_TEXT) {
        return this._end({ type: 'end', reason: 'length' });
      }
      this._announce();
    }
    this.dispose();
    return null;
  }

  private _end<T extends IEnd | IFault>(last: T): T {
    this._last = last;
    this._announce();
    return last;
  }

  private _announce(): void {
    const changed = this._changed;
    this._changed = new PromiseDelegate<void>();
    changed.resolve();
  }

  private _question: IQuestion;
  private _text = '';
  private _last: IEnd | IFault | null = null;
  private _figures: IFigures | null = null;
  private _changed = new PromiseDelegate<void>();
  private _controller = new AbortController();
}
