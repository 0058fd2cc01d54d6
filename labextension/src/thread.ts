/** The other end of `courier.ts`: a thread that runs `fetch`. */

import type { IErrand, INews, IPort } from './courier';

/** A thread for the courier; null where the page can have none, or does something of its own when it fetches. */
export function startThread(): IPort<INews> | null {
  try {
    if (!String(fetch).includes('[native code]')) {
      return null;
    }
    const script = new Blob([`(${String(carry)})(self)`]);
    return new Worker(URL.createObjectURL(script));
  } catch {
    return null;
  }
}

/**
 * What runs in the thread. It goes there as text: nothing outside of it is there. What comes is passed on once a frame,
 * the first piece at once: the page has enough to do.
 */
export function carry(page: IPort<IErrand>): void {
  const frame = 16;
  const open = new Map<number, AbortController>();
  const run = async (id: number, url: string, init?: RequestInit) => {
    const controller = new AbortController();
    open.set(id, controller);
    let news: INews = { id };
    let timer: ReturnType<typeof setTimeout> | undefined;
    let sent = -Infinity;
    const send = () => {
      page.postMessage(news);
      news = { id };
      timer = undefined;
      sent = performance.now();
    };
    try {
      const { signal } = controller;
      const { status, body } = await fetch(url, { ...init, signal });
      news.status = status;
      const reader = body?.getReader();
      const decoder = new TextDecoder();
      for (let more = true; more;) {
        const bytes = (await reader?.read())?.value;
        more = !!bytes;
        news.text = `${news.text ?? ''}${decoder.decode(bytes, { stream: more })}`;
        if (more) {
          timer ??= setTimeout(
            send,
            Math.max(sent + frame - performance.now(), 0)
          );
        }
      }
    } catch {
      news.isBroken = true;
    }
    clearTimeout(timer);
    open.delete(id);
    news.isLast = true;
    send();
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
