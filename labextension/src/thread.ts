/** The other end of `courier.ts`: a thread that runs `fetch`. */

import type { IErrand, INews, IPort } from './courier';

/** A thread for the courier; null where the page can have none. */
export function startThread(): IPort<INews> | null {
  try {
    const script = new Blob([`(${String(carry)})(self)`]);
    return new Worker(URL.createObjectURL(script));
  } catch {
    return null;
  }
}

/** What runs in the thread. It goes there as text: nothing outside of it is there. */
export function carry(page: IPort<IErrand>): void {
  const open = new Map<number, AbortController>();
  const run = async (id: number, url: string, init?: RequestInit) => {
    const controller = new AbortController();
    open.set(id, controller);
    const news: INews = { id };
    try {
      const { signal } = controller;
      const { status, body } = await fetch(url, { ...init, signal });
      if (!body) {
        throw new TypeError('Nothing of ours is answered without a body.');
      }
      const reader = body.getReader();
      page.postMessage({ id, status });
      for (;;) {
        const { value: bytes } = await reader.read();
        if (!bytes) {
          break;
        }
        page.postMessage({ id, bytes });
      }
    } catch {
      news.isBroken = true;
    }
    open.delete(id);
    page.postMessage(news);
  };
  page.onmessage = ({ data: { id, url, init } }) => {
    if (url) {
      void run(id, url, init);
    } else {
      open.get(id)?.abort();
    }
  };
  page.postMessage({});
}
