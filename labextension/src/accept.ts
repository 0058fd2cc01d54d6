/**
 * Accepts a part of the suggestion on the screen, or dismisses it.
 *
 * A part is put in as if it were typed: the host then moves on in its suggestion. It does not know what a part is.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { InlineCompleter } from '@jupyterlab/completer';

/** Inserts what `partOf` takes of the suggestion, and keeps the rest. */
export function acceptPart(
  completer: InlineCompleter,
  partOf: (text: string) => string
): void {
  const { current, editor, model } = completer;
  const part = partOf(current?.insertText ?? '');
  if (part && editor && model) {
    beginStep(editor);
    // The host drops its suggestion when the cursor is on another line than this.
    model.cursor = positionAfter(editor.getCursorPosition(), part);
    const view = (editor as CodeMirrorEditor).editor;
    view.dispatch(view.state.replaceSelection(part), {
      userEvent: 'input.complete',
      scrollIntoView: true
    });
  }
}

/** Takes the suggestion away. */
export function dismiss(completer: InlineCompleter): void {
  completer.model?.reset();
  completer.update();
}

/** What comes now is undone alone, however soon after a key it comes. */
export function beginStep({ model }: CodeEditor.IEditor): void {
  const history: unknown = Reflect.get(model.sharedModel, 'undoManager');
  (history as { stopCapturing(): void } | null | undefined)?.stopCapturing();
}

function positionAfter(
  { line, column }: CodeEditor.IPosition,
  text: string
): CodeEditor.IPosition {
  const lines = text.split('\n');
  const last = lines.at(-1)?.length ?? 0;
  return lines.length === 1
    ? { line, column: column + last }
    : { line: line + lines.length - 1, column: last };
}
