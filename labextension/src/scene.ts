/**
 * The editor in front, as `pauses.ts` wants to see it. Nothing is read before it is looked at.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { InlineCompleter } from '@jupyterlab/completer';
import type { IScene } from './pauses';
import { type IPlace, placeOf } from './place';
import type { IDocument } from './snapshot';

/** An editor while the Tab popup is open, by the host's class. */
const POPUP = '.jp-mod-completer-active';

/** What the scene cannot tell by itself. */
export interface IBackstage {
  isQuiet(editor: CodeEditor.IEditor): boolean;
  readDocument(editor: CodeEditor.IEditor): IDocument | null;
  ask(): void;
}

/** Whether the Tab popup is open at the focus. */
export function hasPopup(): boolean {
  return !!document.activeElement?.closest(POPUP);
}

/** The scene around `completer`; null where nothing can be typed, or something is selected. */
export function sceneOf(
  completer: InlineCompleter,
  backstage: IBackstage
): IScene | null {
  const { editor } = completer;
  return editor && canType(editor)
    ? new Scene(completer, editor, backstage)
    : null;
}

class Scene implements IScene {
  constructor(
    completer: InlineCompleter,
    editor: CodeEditor.IEditor,
    backstage: IBackstage
  ) {
    this._completer = completer;
    this._editor = editor;
    this._backstage = backstage;
  }

  get place(): IPlace {
    return placeOf(this._editor);
  }

  get hasGhost(): boolean {
    return this._completer.isActive;
  }

  isQuiet(): boolean {
    return this._backstage.isQuiet(this._editor);
  }

  readDocument(): IDocument | null {
    return this._backstage.readDocument(this._editor);
  }

  ask(): void {
    this._backstage.ask();
  }

  private _completer: InlineCompleter;
  private _editor: CodeEditor.IEditor;
  private _backstage: IBackstage;
}

/** Whether there is one cursor, with nothing selected, in a text that can be changed. */
function canType(editor: CodeEditor.IEditor): boolean {
  const [{ start, end } = {}, ...others] = editor.getSelections();
  const isEmpty = start?.line === end?.line && start?.column === end?.column;
  return isEmpty && others.length === 0 && !editor.getOption('readOnly');
}
