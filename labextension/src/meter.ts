/**
 * How long answers take: passes requests on to a client, and looks at its watch.
 *
 * It does not know what is suggested, nor what the server says of itself: `status.ts` does.
 */

import { type ISignal, Signal } from '@lumino/signaling';
import type { IClient } from './client';
import type { Event, ISnapshot, IUsed } from './wire';

/** An answer with text in it: who gave it, milliseconds to its first text and to its end, what it was made from. */
export interface IAnswer {
  model: string;
  first: number;
  whole: number;
  used: IUsed | null;
}

/** Milliseconds without a word after which somebody wonders. */
const SLOW = 300;

export class Meter implements Pick<IClient, 'complete'> {
  constructor(client: Pick<IClient, 'complete'>) {
    this._client = client;
  }

  /** The last answer that had text. */
  get last(): IAnswer | null {
    return this._last;
  }

  /** Whether somebody waits for long. */
  get isBusy(): boolean {
    return this._slow > 0;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  async *complete(
    snapshot: ISnapshot,
    signal: AbortSignal
  ): AsyncGenerator<Event, void, void> {
    const began = performance.now();
    const answered = this._wait();
    let first: number | null = null;
    try {
      for await (const event of this._client.complete(snapshot, signal)) {
        answered();
        const passed = performance.now() - began;
        if (event.type === 'chunk') {
          first ??= passed;
        } else if (event.type === 'end' && first !== null) {
          const { model = '', used = null } = event;
          this._last = { model, first, whole: passed, used };
          this._changed.emit();
        }
        yield event;
      }
    } finally {
      answered();
    }
  }

  /** Somebody waits until the function that it gives is called, and that shows when it lasts. */
  private _wait(): () => void {
    let isSlow = false;
    const add = (count: 1 | -1) => {
      isSlow = !isSlow;
      this._slow += count;
      this._changed.emit();
    };
    const timer = setTimeout(() => add(1), SLOW);
    return () => {
      clearTimeout(timer);
      if (isSlow) {
        add(-1);
      }
    };
  }

  private _client: Pick<IClient, 'complete'>;
  private _last: IAnswer | null = null;
  private _slow = 0;
  private _changed = new Signal<this, void>(this);
}
