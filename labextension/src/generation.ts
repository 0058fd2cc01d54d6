/**
 * One request in flight, or what came of it: the place it was made for, the text so far, how it ended.
 *
 * Several fetches of the host may wait on the same generation while the person types along. Disposing it is the cancel.
 * It does not know the host, nor what is on the screen.
 */

import { PromiseDelegate } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { IPlace } from './place';
import { restOf, typedSince } from './suggestion';
import type { Event, IEnd, IFault } from './wire';

export class Generation implements IDisposable {
  constructor(
    readonly place: IPlace,
    request: (signal: AbortSignal) => AsyncIterable<Event>
  ) {
    this.ended = this._run(request).catch(() => {
      this.dispose();
      return null;
    });
  }

  /** Resolves with the last word; with null if it was cancelled before. */
  readonly ended: Promise<IEnd | IFault | null>;

  get text(): string {
    return this._text;
  }

  get isDone(): boolean {
    return this._last !== null || this.isDisposed;
  }

  get fault(): IFault | null {
    return this._last?.type === 'fault' ? this._last : null;
  }

  get isDisposed(): boolean {
    return this._controller.signal.aborted;
  }

  /** What is left to show at `now`: '' if nothing yet, null if it does not fit. */
  rest(now: IPlace): string | null {
    const typed = typedSince(this.place, now);
    return typed === null ? null : restOf(this._text, this.isDone, typed);
  }

  /** Whether it answers at `now`, or still may. */
  answers(now: IPlace): boolean {
    const rest = this.rest(now);
    return rest !== null && !(rest === '' && this.isDone);
  }

  /** Resolves at the next change. */
  changed(): Promise<void> {
    return this._changed.promise;
  }

  dispose(): void {
    this._controller.abort();
    this._announce();
  }

  private async _run(
    request: (signal: AbortSignal) => AsyncIterable<Event>
  ): Promise<IEnd | IFault | null> {
    const signal = this._controller.signal;
    for await (const event of request(signal)) {
      if (signal.aborted) {
        return null;
      }
      if (event.type === 'chunk') {
        this._text += event.text;
        this._announce();
      } else {
        this._last = event;
        this._announce();
        return event;
      }
    }
    this.dispose();
    return null;
  }

  private _announce(): void {
    const changed = this._changed;
    this._changed = new PromiseDelegate<void>();
    changed.resolve();
  }

  private _text = '';
  private _last: IEnd | IFault | null = null;
  private _changed = new PromiseDelegate<void>();
  private _controller = new AbortController();
}
