/**
 * Where the cursor of an editor is, as text before and after it.
 *
 * Read from the live editor and not from the host's request, whose offset counts UTF-16 units in some versions of
 * JupyterLab and code points in others. It does not know cells or documents.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';

/** A cursor in the text of one editor. */
export interface IPlace {
  /** Stands for the editor, and does not keep it in memory after it was closed. */
  readonly editor: object;
  readonly before: string;
  readonly after: string;
}

/** The part of JupyterLab's editor that is needed to ask and to answer. */
export interface IEditor extends Pick<
  CodeEditor.IEditor,
  'getCursorPosition' | 'getOffsetAt' | 'hasFocus' | 'isDisposed'
> {
  readonly model: { readonly sharedModel: { getSource(): string } };
}

/** The cursor's offset in UTF-16 units. */
export function offsetOf(editor: IEditor): number {
  return editor.getOffsetAt(editor.getCursorPosition());
}

/** Whether the cursor and the text are the same. */
export function isSamePlace(one: IPlace, other: IPlace): boolean {
  return (
    one.editor === other.editor &&
    one.before === other.before &&
    one.after === other.after
  );
}

export function placeOf(editor: IEditor): IPlace {
  const text = editor.model.sharedModel.getSource();
  const offset = offsetOf(editor);
  return {
    editor: standInOf(editor),
    before: text.slice(0, offset),
    after: text.slice(offset)
  };
}

function standInOf(editor: IEditor): object {
  const standIn = standIns.get(editor) ?? {};
  standIns.set(editor, standIn);
  return standIn;
}

const standIns = new WeakMap<IEditor, object>();
