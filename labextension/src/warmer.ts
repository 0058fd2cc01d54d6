/**
 * Tells the server which notebook is open, which cell was entered and what has run, so that the next suggestion finds
 * everything ready.
 *
 * A run of many cells is told once. It does not wait for the server, and does not know what it prepares.
 */

import {
  type INotebookTracker,
  type Notebook,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';
import type { IClient } from './client';
import { notebook } from './documents';
import { takeSnapshot } from './snapshot';
import type { IFault, IStatus } from './wire';

/** After the last cell of a run, in milliseconds. */
const QUIET = 200;

export class Warmer {
  constructor(tracker: INotebookTracker, client: Pick<IClient, 'warm'>) {
    this._tracker = tracker;
    this._client = client;
    tracker.widgetAdded.connect(this._onAdded, this);
    tracker.activeCellChanged.connect(this._onEntered, this);
    NotebookActions.executed.connect(this._onExecuted, this);
    tracker.forEach(panel => this._onAdded(tracker, panel));
  }

  /** Emits what the server answers. */
  get answered(): ISignal<this, IStatus | IFault> {
    return this._answered;
  }

  /** Emits when a cell has run or the kernel starts anew: names may mean something else now. */
  get executed(): ISignal<this, void> {
    return this._executed;
  }

  private _onAdded(_: INotebookTracker, panel: NotebookPanel): void {
    panel.sessionContext.statusChanged.connect(this._onStatus, this);
    void panel.sessionContext.ready.then(() => this._plan(panel));
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this._executed.emit();
    }
  }

  private _onEntered(tracker: INotebookTracker): void {
    if (tracker.currentWidget) {
      this._plan(tracker.currentWidget);
    }
  }

  private _onExecuted(_: unknown, args: { notebook: Notebook }): void {
    this._executed.emit();
    const panel = this._tracker.find(panel => panel.content === args.notebook);
    if (panel) {
      this._plan(panel);
    }
  }

  private _plan(panel: NotebookPanel): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this._warm(panel), QUIET);
  }

  private async _warm(panel: NotebookPanel): Promise<void> {
    const document = panel.isDisposed ? null : notebook(panel);
    if (document) {
      const snapshot = takeSnapshot(document, 'automatic');
      this._answered.emit(await this._client.warm(snapshot));
    }
  }

  private _tracker: INotebookTracker;
  private _client: Pick<IClient, 'warm'>;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _answered = new Signal<this, IStatus | IFault>(this);
  private _executed = new Signal<this, void>(this);
}
