/**
 * Tells the server which notebook is open, which cell was entered and what has run, as `warmer.ts` does for JupyterLab.
 *
 * A run of many cells is told once.
 */

import type { IClient } from '../src/client';
import { takeSnapshot } from '../src/snapshot';
import type { IFault, IStatus } from '../src/wire';
import type { IDocument } from '../src/snapshot';

/** After the last cell of a run, in milliseconds. */
const QUIET = 200;

export class Warmer {
  constructor(
    client: Pick<IClient, 'warm'>,
    document: () => IDocument | null,
    hear: (answer: IStatus | IFault) => void
  ) {
    this._client = client;
    this._document = document;
    this._hear = hear;
  }

  /** Tells it soon. */
  plan = (): void => {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this._warm(), QUIET);
  };

  private async _warm(): Promise<void> {
    const document = this._document();
    if (document) {
      const snapshot = takeSnapshot(document, 'automatic');
      this._hear(await this._client.warm(snapshot));
    }
  }

  private _client: Pick<IClient, 'warm'>;
  private _document: () => IDocument | null;
  private _hear: (answer: IStatus | IFault) => void;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
