/**
 * `fetch` in a thread of its own: called on the page's, it holds the keys for some two milliseconds.
 *
 * Until that thread says that it runs, and where it never does (a page may forbid it), requests go out from the page
 * itself. It does not know what is asked, nor what comes of it.
 */

import { PromiseDelegate } from '@lumino/coreutils';
import { type IReply, replyOf } from './reply';

/** As `fetch`, but asked with plain values: to make a `Request` holds the page, too. */
export type Fetch<T> = (url: string, init: RequestInit) => Promise<T>;

/** One end of the way between the page and the thread, where `T` comes out. */
export interface IPort<T> {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent<T>) => void) | null;
}

/** A request, by its number; without a URL, the end of it. */
export interface IErrand {
  id: number;
  url?: string;
  init?: RequestInit;
}

/** What comes of a request, piece by piece; the first piece tells its status. That the thread runs is said with no number. */
export interface INews {
  id?: number;
  status?: number;
  text?: string;
  isLast?: boolean;
  isBroken?: boolean;
}

export class Courier {
  /** `thread` is null where there is none; `here` is the page's own way. */
  constructor(thread: IPort<INews> | null, here: Fetch<Response>) {
    // Not as a method: the browser's own `fetch` refuses to be one.
    this._here = (url, init) => here(url, init);
    if (thread) {
      thread.onmessage = ({ data }) => {
        this._thread = thread;
        this._hear(data);
      };
    }
  }

  readonly fetch: Fetch<IReply> = async (url, init) =>
    this._thread
      ? this._send(this._thread, url, init)
      : replyOf(await this._here(url, init));

  private _send(
    thread: IPort<INews>,
    url: string,
    { signal, headers, ...init }: RequestInit
  ): Promise<IReply> {
    const id = ++this._last;
    const delivery = new Delivery(() => {
      if (this._open.delete(id)) {
        thread.postMessage({ id });
      }
    });
    const plain = { ...init, headers: [...new Headers(headers)] };
    thread.postMessage({ id, url, init: plain });
    this._open.set(id, delivery);
    signal?.addEventListener('abort', delivery.fail);
    if (signal?.aborted) {
      delivery.fail();
    }
    return delivery.reply;
  }

  private _hear(news: INews): void {
    const delivery = this._open.get(news.id);
    if (news.isLast) {
      this._open.delete(news.id);
    }
    delivery?.hear(news);
  }

  private _here: Fetch<Response>;
  private _thread: IPort<INews> | null = null;
  private _open = new Map<number | undefined, Delivery>();
  private _last = 0;
}

/** Makes a reply of what comes. */
class Delivery {
  /** `cancel` is called when nobody wants any more of it. */
  constructor(cancel: () => void) {
    this._cancel = cancel;
  }

  get reply(): Promise<IReply> {
    return this._reply.promise;
  }

  hear({ status, text = '', isLast, isBroken }: INews): void {
    if (status) {
      this._reply.resolve({ status, texts: this._read() });
    }
    this._text += text;
    if (isBroken) {
      this.fail();
    } else {
      this._isOver = !!isLast;
      this._changed.resolve();
    }
  }

  fail = (): void => {
    this._cancel();
    this._fault ??= new TypeError('The request ended early.');
    this._reply.reject(this._fault);
    this._changed.resolve();
  };

  private async *_read(): AsyncGenerator<string, void, void> {
    try {
      while (!this._isOver || this._text) {
        await this._changed.promise;
        this._changed = new PromiseDelegate<void>();
        const text = this._text;
        this._text = '';
        // What came before it broke off may be all that was wanted.
        yield text;
        if (this._fault) {
          throw this._fault;
        }
      }
    } finally {
      this._cancel();
    }
  }

  private _cancel: () => void;
  private _reply = new PromiseDelegate<IReply>();
  private _changed = new PromiseDelegate<void>();
  private _text = '';
  private _isOver = false;
  private _fault: TypeError | null = null;
}
