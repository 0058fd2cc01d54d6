/** How JupyterLab's page asks the server extension: as its host does, but from a thread of its own. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Ask } from './client';
import { Courier } from './courier';
import { startThread } from './thread';

export function askServer(host: ServerConnection.ISettings): Ask {
  const settings = viaThread(host);
  return (route, init) =>
    ServerConnection.makeRequest(
      URLExt.join(settings.baseUrl, 'codecompose', route),
      init,
      settings
    );
}

/** Settings to ask from the thread; the host's own where it has a way of its own. */
function viaThread(
  host: ServerConnection.ISettings
): ServerConnection.ISettings {
  const usual = ServerConnection.makeSettings();
  if (host.fetch !== usual.fetch || host.Request !== usual.Request) {
    return host;
  }
  const courier = new Courier(startThread(), host.fetch);
  return {
    ...host,
    Request: Parcel as unknown as typeof Request,
    fetch: parcel => {
      const { url, init, headers } = parcel as unknown as Parcel;
      return courier.fetch(url, { ...init, headers });
    }
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
