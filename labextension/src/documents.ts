/**
 * JupyterLab's widgets → `IDocument`: notebooks, consoles, and anything else with an editor as a script of one cell.
 *
 * Cells are read from the page, where they are newer than on the disk. It does not decide what is sent, nor how much.
 */

import { ConsolePanel } from '@jupyterlab/console';
import { type Notebook, NotebookPanel } from '@jupyterlab/notebook';
import type { Session } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';
import { sourceOf, sourcesOf } from './cells';
import { isSwitchedOff } from './exclusion';
import { isFlagOn } from './flags';
import { languageOf, textIn } from './language';
import { offsetOf, type IEditor } from './place';
import type { IDocument, ISource } from './snapshot';

/** The document of `widget`, with the cursor of `editor`; null if that is not in it, or where nothing may be sent. */
export function documentOf(
  context: { widget: Widget; session?: Session.ISessionConnection | null },
  editor: IEditor
): IDocument | null {
  const { widget, session } = context;
  const offset = offsetOf(editor);
  if (widget instanceof NotebookPanel) {
    const document = notebook(widget, indexOf(widget.content, editor));
    return document && !document.cells[document.active]?.excluded
      ? { ...document, offset }
      : null;
  }
  const cells = widget instanceof ConsolePanel ? history(widget) : [];
  return {
    editor: nameOf(widget),
    path: textIn(Reflect.get(widget, 'context'), 'path') ?? session?.path ?? '',
    language: languageAt(editor),
    kernel: session?.kernel?.id ?? null,
    cells: [...cells, scriptOf(editor)],
    active: cells.length,
    offset
  };
}

/**
 * A notebook with the cursor at the beginning of a cell: the selected one, unless told otherwise. Null if there is no such
 * cell, or where nothing may be sent.
 */
export function notebook(
  panel: NotebookPanel,
  active = panel.content.activeCellIndex
): IDocument | null {
  const model = panel.content.model;
  if (!model || isSwitchedOff(model.getMetadata('codecompose'))) {
    return null;
  }
  const cells = sourcesOf(model.cells, active);
  return cells[active]
    ? {
        editor: nameOf(panel),
        path: panel.context.path,
        language:
          textIn(model.getMetadata('language_info'), 'name') ??
          textIn(model.getMetadata('kernelspec'), 'language') ??
          languageOf(panel.content.codeMimetype),
        kernel: isFlagOn(model, 'kernel')
          ? (panel.sessionContext.session?.kernel?.id ?? null)
          : null,
        cells,
        active,
        offset: 0
      }
    : null;
}

/** The index of the cell that has `editor`, which mostly is the selected one; -1 if none has. */
function indexOf(notebook: Notebook, editor: IEditor): number {
  return notebook.activeCell?.editor === editor
    ? notebook.activeCellIndex
    : notebook.widgets.findIndex(cell => cell.editor === editor);
}

/** The language of an editor, by its MIME type. */
export function languageAt(editor: IEditor): string {
  return languageOf(textIn(editor.model, 'mimeType') ?? '');
}

function history(panel: ConsolePanel): ISource[] {
  return Array.from(panel.console.cells, cell => sourceOf(cell.model)).filter(
    cell => cell.cell_type === 'code'
  );
}

function scriptOf(editor: IEditor): ISource {
  return {
    cell_type: 'code',
    getSource: () => editor.model.sharedModel.getSource()
  };
}

/** The name that a widget's document has as long as it is open. */
export function nameOf(widget: Widget): string {
  const name = names.get(widget) ?? UUID.uuid4();
  names.set(widget, name);
  return name;
}

const names = new WeakMap<Widget, string>();
