/**
 * How long answers take: passes requests on to a client, and looks at its watch; and how the last one was made that was
 * shown, be it a new one, one that was asked ahead, or one that was kept.
 *
 * It does not know what is suggested, nor what the server says of itself: `status.ts` does.
 */

import { type ISignal, Signal } from '@lumino/signaling';
import type { IClient } from './client';
import type { Generation, IFigures } from './generation';
import type { Event, ISnapshot } from './wire';

/** Milliseconds without a word after which somebody wonders. */
const SLOW = 300;

export class Meter implements Pick<IClient, 'complete'> {
  constructor(client: Pick<IClient, 'complete'>) {
    this._client = client;
  }

  /** Of the last answer that was shown, once it is whole. */
  get last(): IFigures | null {
    return this._last;
  }

  /** Whether somebody waits for long. */
  get isBusy(): boolean {
    return this._slow > 0;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Takes note that something of `generation` is shown. */
  show(generation: Pick<Generation, 'figures' | 'ended'>): void {
    if (generation !== this._shown) {
      this._shown = generation;
      void generation.ended.then(() => {
        if (generation === this._shown && generation.figures) {
          this._last = generation.figures;
          this._changed.emit();
        }
      });
    }
  }

  async *complete(
    snapshot: ISnapshot,
    signal: AbortSignal
  ): AsyncGenerator<Event, void, void> {
    const answered = this._wait();
    try {
      for await (const event of this._client.complete(snapshot, signal)) {
        answered();
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
  private _last: IFigures | null = null;
  private _shown: Pick<Generation, 'figures' | 'ended'> | null = null;
  private _slow = 0;
  private _changed = new Signal<this, void>(this);
}
