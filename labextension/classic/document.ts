/**
 * The classic notebook → `IDocument`, as `documents.ts` makes it of JupyterLab's.
 *
 * Cells are read from the page, where they are newer than on the disk. It does not decide what is sent, nor how much.
 */

import { UUID } from '@lumino/coreutils';
import { textOfOutputs } from '../src/cells';
import { isSwitchedOff, isTagged } from '../src/exclusion';
import type { IDocument, ISource } from '../src/snapshot';
import { isFlagOn, type Metadata } from '../src/flags';
import { type IOff, reasonOf } from '../src/here';
import { languageOf, textIn } from '../src/language';
import type { Switch } from '../src/switch';
import type { ICell, ICodeMirror, INotebook } from './host';

/** The notebook, with the cursor of `cm`; null if that is not in it, or where nothing may be sent. */
export function documentOf(
  notebook: INotebook,
  cm: ICodeMirror
): IDocument | null {
  const cells = notebook.get_cells();
  const active = cells.findIndex(cell => cell.code_mirror === cm);
  const sources = cells.map(sourceOf);
  if (
    active < 0 ||
    sources[active]?.excluded ||
    isSwitchedOff(notebook.metadata['codecompose'])
  ) {
    return null;
  }
  return {
    editor: NAME,
    path: notebook.notebook_path,
    language:
      textIn(notebook.metadata['language_info'], 'name') ??
      textIn(notebook.metadata['kernelspec'], 'language') ??
      '',
    kernel: isFlagOn(metadataOf(notebook), 'kernel')
      ? (notebook.kernel?.id ?? null)
      : null,
    cells: sources,
    active,
    offset: cm.indexFromPos(cm.getCursor())
  };
}

/** Why nothing comes by itself in the selected cell, a pause apart. */
export function offIn(
  notebook: INotebook,
  power: Pick<Switch, 'isLanguageOn'>
): IOff | null {
  const cell = notebook.get_selected_cell();
  const language = languageIn(notebook);
  return reasonOf(language, [
    ['excluded', isSwitchedOff(notebook.metadata['codecompose'])],
    ['cell', isTagged(cell?.metadata['tags'])],
    ['document', !isFlagOn(metadataOf(notebook), 'automatic')],
    ['language', !power.isLanguageOn(language)]
  ]);
}

/** The language of the selected cell. */
export function languageIn(notebook: INotebook): string {
  const cell = notebook.get_selected_cell();
  return languageOf(cell?.code_mirror.getMode().name ?? '');
}

/** The editor with the cursor. */
export function focusedIn(notebook: INotebook): ICodeMirror | null {
  const cells = notebook.get_cells();
  return cells.find(cell => cell.code_mirror.hasFocus())?.code_mirror ?? null;
}

/** The metadata of the notebook, as JupyterLab's model gives it. */
export function metadataOf({ metadata }: INotebook): Metadata {
  return {
    getMetadata: (key: string) => metadata[key],
    setMetadata: (key: string, value: unknown) => {
      metadata[key] = value;
    },
    deleteMetadata: (key: string) => {
      Reflect.deleteProperty(metadata, key);
    }
  };
}

/** The source of a cell; the same one each time. */
export function sourceOf(cell: ICell): CellSource {
  const source = sources.get(cell) ?? new CellSource(cell);
  sources.set(cell, source);
  return source;
}

export class CellSource implements ISource {
  constructor(cell: ICell) {
    this._cell = cell;
    this._ran = cell.get_text();
  }

  get cell_type(): string {
    return this._cell.cell_type;
  }

  get count(): number | null {
    const count = this._cell.input_prompt_number;
    return typeof count === 'number' ? count : null;
  }

  get edited(): boolean {
    return this.count !== null && this._cell.get_text() !== this._ran;
  }

  get excluded(): boolean {
    return isTagged(this._cell.metadata['tags']);
  }

  getSource(): string {
    return this.excluded ? '' : this._cell.get_text();
  }

  getOutputs(): string {
    const outputs = this.excluded ? [] : this._cell.output_area?.outputs;
    return outputs ? textOfOutputs(outputs.length, at => outputs[at]) : '';
  }

  /** What the cell holds now is what runs. */
  markRun(): void {
    this._ran = this._cell.get_text();
  }

  private _cell: ICell;
  private _ran: string;
}

/** A page shows one notebook. */
const NAME = UUID.uuid4();

const sources = new WeakMap<ICell, CellSource>();
