/**
 * The time between one fetch and the next: whoever waits in an older turn has to stop. It does not know what for.
 */

import { PromiseDelegate } from '@lumino/coreutils';

export class Turn {
  get isOver(): boolean {
    return this._isOver;
  }

  /** Resolves when the turn is over. */
  get over(): Promise<void> {
    return this._over.promise;
  }

  end(): void {
    this._isOver = true;
    this._over.resolve();
  }

  /** Waits, but not longer than the turn. */
  async sleep(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const slept = new Promise<void>(resolve => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([slept, this.over]);
    clearTimeout(timer);
  }

  private _isOver = false;
  private _over = new PromiseDelegate<void>();
}
