/**
 * `fetch` in a thread of its own: called on the page's, it holds the keys for some two milliseconds.
 *
 * Until that thread says that it runs, and where it never does (a page may forbid it), requests go out from the page
 * itself. It does not know what is asked, nor what comes of it.
 */

import { PromiseDelegate } from '@lumino/coreutils';

/** As `fetch`, but asked with plain values: to make a `Request` holds the page, too. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

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

/** What comes of a request: its status, then bytes, then neither. That the thread runs is said with no number. */
export interface INews {
  id?: number;
  status?: number;
  bytes?: Uint8Array<ArrayBuffer>;
  isBroken?: boolean;
}

export class Courier {
  /** `thread` is null where there is none; `here` is the page's own way. */
  constructor(thread: IPort<INews> | null, here: Fetch) {
    this._here = here;
    if (thread) {
      thread.onmessage = ({ data }) => {
        this._thread = thread;
        this._hear(data);
      };
    }
  }

  readonly fetch: Fetch = (url, init) =>
    this._thread ? this._send(this._thread, url, init) : this._here(url, init);

  private _send(
    thread: IPort<INews>,
    url: string,
    { signal, headers, ...init }: RequestInit
  ): Promise<Response> {
    const id = ++this._last;
    const delivery = new Delivery(() => {
      if (this._open.delete(id)) {
        thread.postMessage({ id });
      }
    });
    this._open.set(id, delivery);
    const plain = { ...init, headers: [...new Headers(headers)] };
    thread.postMessage({ id, url, init: plain });
    signal?.addEventListener('abort', delivery.fail);
    if (signal?.aborted) {
      delivery.fail();
    }
    return delivery.response;
  }

  private _hear(news: INews): void {
    const delivery = this._open.get(news.id);
    if (!news.status && !news.bytes) {
      this._open.delete(news.id);
    }
    delivery?.hear(news);
  }

  private _here: Fetch;
  private _thread: IPort<INews> | null = null;
  private _open = new Map<number | undefined, Delivery>();
  private _last = 0;
}

/** Makes a `Response` of what comes. */
class Delivery {
  /** `cancel` is called when nobody wants any more of it. */
  constructor(cancel: () => void) {
    this._cancel = cancel;
    const start = (bytes: ReadableStreamDefaultController<Uint8Array>) => {
      this._bytes = bytes;
    };
    this._body = new ReadableStream<Uint8Array>({ start, cancel });
  }

  get response(): Promise<Response> {
    return this._response.promise;
  }

  hear({ status, bytes, isBroken }: INews): void {
    if (status) {
      this._response.resolve(new Response(this._body, { status }));
    } else if (bytes) {
      this._bytes?.enqueue(bytes);
    } else if (isBroken) {
      this.fail();
    } else {
      this._bytes?.close();
    }
  }

  fail = (): void => {
    this._cancel();
    const reason = new TypeError('The request ended early.');
    this._response.reject(reason);
    this._bytes?.error(reason);
  };

  private _response = new PromiseDelegate<Response>();
  private _body: ReadableStream<Uint8Array>;
  private _bytes: ReadableStreamDefaultController<Uint8Array> | undefined;
  private _cancel: () => void;
}
