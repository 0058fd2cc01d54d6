/** CodeMirror 5 → the editor that the shared code asks for its text and its cursor. */

import type { IEditor } from '../src/place';
import type { ICodeMirror } from './host';

/** The editor of a CodeMirror; the same one each time. */
export function editorOf(cm: ICodeMirror): Editor {
  const editor = editors.get(cm) ?? new Editor(cm);
  editors.set(cm, editor);
  return editor;
}

export class Editor implements IEditor {
  constructor(readonly cm: ICodeMirror) {
    this.model = { sharedModel: { getSource: () => cm.getValue() } };
  }

  readonly model: IEditor['model'];

  /** Its cell was deleted. */
  get isDisposed(): boolean {
    return !this.cm.getWrapperElement().isConnected;
  }

  hasFocus(): boolean {
    return this.cm.hasFocus();
  }

  getCursorPosition(): { line: number; column: number } {
    const { line, ch } = this.cm.getCursor();
    return { line, column: ch };
  }

  getOffsetAt({ line, column }: { line: number; column: number }): number {
    return this.cm.indexFromPos({ line, ch: column });
  }
}

const editors = new WeakMap<ICodeMirror, Editor>();
