/**
 * The four calls to the server extension, as promises and generators that never throw.
 *
 * Whatever goes wrong becomes one fault with a plain sentence. Aborting the signal, or closing the generator, closes the
 * connection, and that is the cancel. It does not know editors, nor how a fault is shown; `ask` does the HTTP.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { type IReply, whole } from './reply';
import { parse, readEvents } from './stream';
import {
  decodeSent,
  decodeStatus,
  encodeSnapshot,
  type Event,
  Garbled,
  type IFault,
  type ISent,
  type ISnapshot,
  type IStatus
} from './wire';

/** Sends a request to a route below `codecompose/` and answers with whatever came back; rejects if nothing did. */
export type Ask = (route: string, init: RequestInit) => Promise<IReply>;

/** No request outlives this, in milliseconds. */
export const DEADLINE = 15_000;

export const GET: RequestInit = { method: 'GET', cache: 'no-store' };

export interface IClient {
  complete(
    snapshot: ISnapshot,
    signal: AbortSignal
  ): AsyncGenerator<Event, void, void>;
  sent(editor: string): Promise<ISent | IFault>;
  status(): Promise<IStatus | IFault>;
  warm(snapshot: ISnapshot): Promise<IStatus | IFault>;
}

export class Client implements IClient {
  constructor(ask: Ask, trans: TranslationBundle, deadline = DEADLINE) {
    this._ask = ask;
    this._trans = trans;
    this._deadline = deadline;
  }

  /** The events of a suggestion. Ends without a last word only when `signal` is aborted. */
  async *complete(
    snapshot: ISnapshot,
    signal: AbortSignal
  ): AsyncGenerator<Event, void, void> {
    const limit = new Limit(this._deadline, signal);
    try {
      const reply = await this._ask('complete', {
        ...post(snapshot),
        signal: limit.signal
      });
      if (isOk(reply)) {
        yield* readEvents(reply.texts);
      } else {
        yield await this._refusal(reply);
      }
    } catch (reason) {
      if (!signal.aborted) {
        yield this._failure(reason, limit);
      }
    } finally {
      limit.dispose();
    }
  }

  /** What the worker was last given for an editor. */
  sent(editor: string): Promise<ISent | IFault> {
    const route = `sent?editor=${encodeURIComponent(editor)}`;
    return this._answer(route, GET, decodeSent);
  }

  status(): Promise<IStatus | IFault> {
    return this._answer('status', GET, decodeStatus);
  }

  /** Tells the server that a request from this document is likely soon. */
  warm(snapshot: ISnapshot): Promise<IStatus | IFault> {
    return this._answer('warm', post(snapshot), decodeStatus);
  }

  private async _answer<T>(
    route: string,
    init: RequestInit,
    decode: (value: unknown) => T
  ): Promise<T | IFault> {
    const limit = new Limit(this._deadline);
    try {
      const reply = await this._ask(route, { ...init, signal: limit.signal });
      return isOk(reply)
        ? decode(parse(await whole(reply)))
        : await this._refusal(reply);
    } catch (reason) {
      return this._failure(reason, limit);
    } finally {
      limit.dispose();
    }
  }

  private async _refusal(reply: IReply): Promise<IFault> {
    const said = sentence(parse(await whole(reply).catch(() => '')));
    const trans = this._trans;
    switch (reply.status) {
      case 401:
      case 403:
        return fault(
          'refused',
          trans.__('You are no longer logged in. Log in again.')
        );
      case 404:
        return fault(
          'down',
          trans.__(
            'The server part of CodeCompose is not running. Install jupyter-codecompose where Jupyter Server runs, then restart it.'
          )
        );
      case 424:
      case 502:
      case 503:
      case 504:
        // A proxy or a hub in front of a server that is gone, for now.
        return this._unreachable();
      case 413:
        return fault('invalid', trans.__('This document is too large.'));
      case 429:
        return fault('busy', said ?? trans.__('The server is busy.'));
      default:
        return reply.status < 500
          ? fault(
              'invalid',
              said ?? trans.__('The server refused the request.')
            )
          : fault('internal', said ?? trans.__('The server failed.'));
    }
  }

  private _failure(reason: unknown, { isOver }: Limit): IFault {
    if (isOver) {
      return fault('busy', this._trans.__('The suggestion took too long.'));
    }
    return reason instanceof Garbled
      ? fault(
          'invalid',
          this._trans.__(
            'The server sent something this page does not understand. Reload the page.'
          )
        )
      : this._unreachable();
  }

  private _unreachable(): IFault {
    return fault('down', this._trans.__('Jupyter Server cannot be reached.'));
  }

  private _ask: Ask;
  private _trans: TranslationBundle;
  private _deadline: number;
}

/** A signal that is aborted by another one, or when the time is over. */
class Limit {
  constructor(milliseconds: number, outer?: AbortSignal) {
    this._outer = outer;
    this._timer = setTimeout(() => {
      this.isOver = true;
      this._abort();
    }, milliseconds);
    if (outer?.aborted) {
      this._abort();
    }
    outer?.addEventListener('abort', this._abort);
  }

  isOver = false;

  get signal(): AbortSignal {
    return this._controller.signal;
  }

  dispose(): void {
    clearTimeout(this._timer);
    this._outer?.removeEventListener('abort', this._abort);
    this._abort();
  }

  private _abort = (): void => this._controller.abort();
  private _controller = new AbortController();
  private _timer: ReturnType<typeof setTimeout>;
  private _outer: AbortSignal | undefined;
}

function post(snapshot: ISnapshot): RequestInit {
  return { method: 'POST', body: encodeSnapshot(snapshot) };
}

function fault(code: IFault['code'], message: string): IFault {
  return { type: 'fault', code, message };
}

function isOk({ status }: IReply): boolean {
  return status >= 200 && status < 300;
}

/** The sentence in an error body of Jupyter Server, if it is one for people. */
function sentence(body: unknown): string | undefined {
  const message =
    typeof body === 'object' && body !== null && 'message' in body
      ? body.message
      : undefined;
  return typeof message === 'string' && message !== ''
    ? message.slice(0, 500)
    : undefined;
}
