/**
 * A while in which nothing happens. One timer that is set anew only when it has run out: keys come faster, and to set one
 * for each is dearer than what is done then.
 */

import type { IDisposable } from '@lumino/disposable';

export class Lull implements IDisposable {
  /** `run` is called after so many milliseconds without a stir. */
  constructor(milliseconds: number, run: () => void) {
    this._milliseconds = milliseconds;
    this._run = run;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Something has happened: the while begins anew. */
  stir(): void {
    this._last = performance.now();
    if (!this._timer && !this._isDisposed) {
      this._wait(this._milliseconds);
    }
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
  }

  private _wait(milliseconds: number): void {
    this._timer = setTimeout(() => {
      this._timer = undefined;
      const left = this._last + this._milliseconds - performance.now();
      if (left > 0) {
        this._wait(left);
      } else {
        this._run();
      }
    }, milliseconds);
  }

  private _milliseconds: number;
  private _run: () => void;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _last = 0;
  private _isDisposed = false;
}
