/**
 * What is known of the server: heard from every answer, and asked for while it is not ready.
 *
 * Nothing is asked while the page is hidden. The message of a server that is ready is a note on its model, and stays.
 * It does not know how this is shown.
 */

import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { IClient } from './client';
import type { IEnd, IFault, IStatus } from './wire';

/** The part of the browser's document that tells whether anybody looks. */
export interface IPage {
  readonly hidden: boolean;
  addEventListener(type: 'visibilitychange', listener: () => void): void;
  removeEventListener(type: 'visibilitychange', listener: () => void): void;
}

const FIRST_DELAY = 1_000;
const GROWTH = 1.5;

/** How long to wait at most before asking again, in milliseconds; a state that is not here is not asked about. */
const MAX_DELAY: Partial<Record<IStatus['state'], number>> = {
  starting: 5_000,
  loading: 5_000,
  failed: 60_000
};

export class StatusModel implements IDisposable {
  constructor(client: Pick<IClient, 'status'>, page: IPage) {
    this._client = client;
    this._page = page;
    page.addEventListener('visibilitychange', this._wake);
  }

  get status(): IStatus {
    return this._status;
  }

  /** Why the last request went wrong, if it did. */
  get trouble(): IFault['code'] | null {
    return this._trouble;
  }

  /** Emits when the status or the trouble is another one. */
  get changed(): ISignal<this, IStatus> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Takes in what the server said, wherever it said it. */
  hear(answer: IStatus | IEnd | IFault): void {
    if (this.isDisposed) {
      return;
    }
    const old = this._status;
    const trouble = this._trouble;
    const isAsked = 'state' in answer;
    if (isAsked) {
      this._note = answer.state === 'ready' ? answer.message : '';
    }
    this._status = merged(old, answer, this._note);
    this._trouble =
      'type' in answer && answer.type === 'fault' ? answer.code : null;
    if (this._status.state !== old.state) {
      this._delay = FIRST_DELAY;
      if (this._status.state === 'ready' && !isAsked) {
        void this.refresh();
      }
    }
    this._plan();
    if (
      this._trouble !== trouble ||
      JSON.stringify(this._status) !== JSON.stringify(old)
    ) {
      this._changed.emit(this._status);
    }
  }

  /** Asks now. */
  async refresh(): Promise<void> {
    this._stop();
    this._isAsking = true;
    const answer = await this._client.status();
    this._isAsking = false;
    this.hear(answer);
  }

  dispose(): void {
    this._isDisposed = true;
    this._stop();
    this._page.removeEventListener('visibilitychange', this._wake);
    Signal.clearData(this);
  }

  private _plan(): void {
    const longest = MAX_DELAY[this._status.state];
    if (longest === undefined) {
      this._stop();
    } else if (!this._timer && !this._isAsking && !this._page.hidden) {
      this._timer = setTimeout(() => void this.refresh(), this._delay);
      this._delay = Math.min(this._delay * GROWTH, longest);
    }
  }

  private _stop(): void {
    clearTimeout(this._timer);
    this._timer = undefined;
  }

  private _wake = (): void => {
    this._stop();
    this._delay = FIRST_DELAY;
    this._plan();
  };

  private _client: Pick<IClient, 'status'>;
  private _page: IPage;
  private _status: IStatus = {
    state: 'starting',
    progress: 0,
    message: '',
    model: '',
    version: ''
  };
  private _note = '';
  private _trouble: IFault['code'] | null = null;
  private _delay = FIRST_DELAY;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isAsking = false;
  private _isDisposed = false;
  private _changed = new Signal<this, IStatus>(this);
}

function merged(
  old: IStatus,
  answer: IStatus | IEnd | IFault,
  note: string
): IStatus {
  if ('state' in answer) {
    return answer;
  }
  if (answer.type === 'end') {
    const model = answer.model || old.model;
    return { ...old, state: 'ready', progress: 1, message: note, model };
  }
  const { message } = answer;
  switch (answer.code) {
    case 'loading':
      return {
        ...old,
        state: 'loading',
        progress: answer.progress ?? 0,
        message
      };
    case 'down':
    case 'refused':
      return { ...old, state: 'failed', message };
    default:
      // One request went wrong; that says nothing about the next one.
      return { ...old, message };
  }
}
