/** How JupyterLab's page asks the server extension: as its host does, but from a thread of its own. */

import { ServerConnection } from '@jupyterlab/services';
import type { Ask } from './client';
import { Courier } from './courier';
import { type IReply, replyOf } from './reply';
import { startThread } from './thread';

export function askServer(host: ServerConnection.ISettings): Ask {
  const settings = viaThread(host);
  return async (route, init) => {
    const url = settings.baseUrl.replace(/\/?$/, `/codecompose/${route}`);
    const reply = await ServerConnection.makeRequest(url, init, settings);
    return isReply(reply) ? reply : replyOf(reply);
  };
}

function isReply(value: object): value is IReply {
  return 'texts' in value;
}

/** Settings to ask from the thread, which gives an `IReply`; the host's own where it has a way of its own. */
function viaThread(
  host: ServerConnection.ISettings
): ServerConnection.ISettings {
  const usual = ServerConnection.makeSettings();
  if (host.fetch !== usual.fetch || host.Request !== usual.Request) {
    return host;
  }
  const courier = new Courier(startThread(), host.fetch);
  const carry = ({ url, init, headers }: Parcel) =>
    courier.fetch(url, { ...init, headers });
  return {
    ...host,
    Request: Parcel as unknown as typeof Request,
    fetch: carry as unknown as typeof fetch
  };
}

/** What the host puts its headers into instead of a `Request`. */
class Parcel {
  constructor(url: string, init: RequestInit) {
    this.url = url;
    this.init = init;
    this.headers = new Headers(init.headers);
  }

  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Headers;
}
