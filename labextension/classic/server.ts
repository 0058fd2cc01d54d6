/** How the classic notebook's page asks the server extension: below its base URL, with the cookie against forgery. */

import { type Ask, DEADLINE, GET } from '../src/client';
import { Courier } from '../src/courier';
import { startThread } from '../src/thread';

export function askServer(baseUrl: string): Ask {
  const root = `${location.origin}${baseUrl.replace(/\/$/, '')}/codecompose/`;
  const courier = new Courier(startThread(), (url, init) => fetch(url, init));
  return (route, init) =>
    courier.fetch(root + route, {
      ...init,
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', ...forgery() }
    });
}

/** Whether there is a server extension to ask; whatever goes wrong now may be right at the next key. */
export async function isServed(ask: Ask): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(DEADLINE);
    return (await ask('status', { ...GET, signal })).status !== 404;
  } catch {
    return true;
  }
}

/** The header against forgery. */
export function forgery(): Record<string, string> {
  const found = /\b_xsrf=([^;]*)/.exec(document.cookie);
  return found?.[1] ? { 'X-XSRFToken': found[1] } : {};
}
