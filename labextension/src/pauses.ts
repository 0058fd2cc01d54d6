/**
 * Asks where the host does not: on an empty line, in a new cell below one that has run, and when the Tab popup closes.
 *
 * The host asks at a change of the text alone, and never where nothing stands left of the cursor. What a place is worth is
 * a pure decision; the watcher looks at the document only when nothing has moved for a while. It asks once for a place.
 */

import type { IDisposable } from '@lumino/disposable';
import { Lull } from './lull';
import { type IPlace, isSamePlace } from './place';
import type { IDocument } from './snapshot';

/** After a line that says that something comes below it, and anywhere else; in milliseconds without a key. */
const SOON = 200;
const LATER = 600;

/** Before the host, which closes its popup at a key. */
const EARLY = { capture: true };

/** A comment, or the beginning of a scope. */
const LEADS = /^\s*(?:#|\/\/|--)|[:{([]\s*$/;

/** The editor that has the focus, as far as it matters here. */
export interface IScene {
  readonly place: IPlace;
  /** Whether a suggestion is on the screen. */
  readonly hasGhost: boolean;
  /** Whether nothing may be asked here but by hand. */
  isQuiet(): boolean;
  /** The document, with the cursor; null where nothing of it may be sent. */
  readDocument(): IDocument | null;
  ask(): void;
}

/** After how many milliseconds to ask at the cursor of `document`; null where it is left to the host. */
export function pauseOf(document: IDocument): number | null {
  const cell = document.cells[document.active];
  if (cell?.cell_type !== 'code') {
    return null;
  }
  const text = cell.getSource();
  const above = text.slice(0, document.offset).split('\n');
  const [right = ''] = text.slice(document.offset).split('\n', 1);
  if (`${above.pop()}${right}`.trim()) {
    return null;
  }
  if (text.trim()) {
    return LEADS.test(above.at(-1) ?? '') ? SOON : LATER;
  }
  const last = document.cells[document.active - 1];
  return last?.count && !last.edited ? LATER : null;
}

export class Pauses implements IDisposable {
  /**
   * `sceneOf` gives what is in front, null while no editor has the focus; `hasPopup` tells whether the Tab popup is open,
   * at each key; `page` is the browser's window.
   */
  constructor(
    page: EventTarget,
    sceneOf: () => IScene | null,
    hasPopup: () => boolean
  ) {
    this._page = page;
    this._sceneOf = sceneOf;
    this._hasPopup = hasPopup;
    page.addEventListener('selectionchange', this._stir, EARLY);
    page.addEventListener('keydown', this._stir, EARLY);
  }

  get isDisposed(): boolean {
    return this._lull.isDisposed;
  }

  /** Something has happened: the pause begins anew. */
  stir(): void {
    clearTimeout(this._later);
    this._hadPopup ||= this._hasPopup();
    this._lull.stir();
  }

  dispose(): void {
    this._lull.dispose();
    clearTimeout(this._later);
    this._page.removeEventListener('selectionchange', this._stir, EARLY);
    this._page.removeEventListener('keydown', this._stir, EARLY);
  }

  private _stir = (): void => this.stir();

  private _look(waited: number): void {
    if (this._hasPopup()) {
      return;
    }
    const scene = this._sceneOf();
    const hadPopup = this._hadPopup;
    this._hadPopup = false;
    const place = scene?.place ?? null;
    if (
      !place ||
      hadPopup ||
      !this._asked ||
      !isSamePlace(this._asked, place)
    ) {
      this._asked = null;
    }
    if (!scene || this._asked || scene.hasGhost || scene.isQuiet()) {
      return;
    }
    const document = scene.readDocument();
    const pause = document && (hadPopup ? SOON : pauseOf(document));
    if (pause !== null && pause > waited) {
      this._later = setTimeout(() => this._look(pause), pause - waited);
    } else if (pause !== null) {
      this._asked = place;
      scene.ask();
    }
  }

  private _page: EventTarget;
  private _sceneOf: () => IScene | null;
  private _hasPopup: () => boolean;
  private _lull = new Lull(SOON, () => this._look(SOON));
  private _later: ReturnType<typeof setTimeout> | undefined;
  private _hadPopup = false;
  private _asked: IPlace | null = null;
}
