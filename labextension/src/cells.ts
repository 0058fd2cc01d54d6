/**
 * A notebook's cells → `ISource`s: their text, whether that is what ran, and their outputs as plain text.
 *
 * What was read is kept until the cell changes, since at a key only one of hundreds has; a picture, a widget or HTML is
 * no text. An excluded cell reads as empty.
 */

import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { CellList } from '@jupyterlab/notebook';
import { isTagged } from './exclusion';
import type { ISource } from './snapshot';

const MAX_OUTPUT = 2_000;
const MAX_OUTPUTS = 8;

/** What is read of the host's list of a notebook's cells. */
type Cells = Pick<CellList, 'changed' | typeof Symbol.iterator>;

/** The cells of a notebook, as `IDocument` wants them; `active` is the index of the active one. */
export function sourcesOf(cells: Cells, active: number): readonly ISource[] {
  let sources = lists.get(cells);
  if (!sources) {
    sources = new Sources(cells);
    lists.set(cells, sources);
  }
  return sources.around(active);
}

/** The source of a cell; the same one each time. */
export function sourceOf(model: ICellModel): CellSource {
  let source = sources.get(model);
  if (!source) {
    source = new CellSource(model);
    sources.set(model, source);
  }
  return source;
}

/** Keeps its list until cells come, go or move, one changes that is not the active one, or another one becomes that. */
class Sources {
  constructor(cells: Cells) {
    this._cells = cells;
    cells.changed.connect(this._forget, this);
  }

  around(active: number): readonly ISource[] {
    if (!this._list || this._list[active] !== this._active) {
      this._list = Array.from(this._cells, cell => {
        const source = sourceOf(cell);
        source.onChange = this._onChange;
        return source;
      });
      this._active = this._list[active];
    }
    return this._list;
  }

  private _onChange = (source: ISource): void => {
    if (source !== this._active) {
      this._forget();
    }
  };

  private _forget(): void {
    this._list = null;
  }

  private _cells: Cells;
  private _list: ISource[] | null = null;
  private _active: ISource | undefined;
}

/** A cell as it was at one moment; its outputs are seldom asked for. */
interface IReading {
  readonly count: number | null;
  readonly edited: boolean;
  readonly excluded: boolean;
  readonly source: string;
  outputs?: string;
}

class CellSource implements ISource {
  constructor(model: ICellModel) {
    this._model = model;
    model.contentChanged.connect(this._forget, this);
    model.metadataChanged.connect(this._forget, this);
    model.stateChanged.connect(this._forget, this);
  }

  /** Is told when the cell may be another one. */
  onChange: (source: ISource) => void = () => undefined;

  get cell_type(): string {
    return this._model.type;
  }

  get count(): number | null {
    return this._now.count;
  }

  get edited(): boolean {
    return this._now.edited;
  }

  get excluded(): boolean {
    return this._now.excluded;
  }

  getSource(): string {
    return this._now.source;
  }

  getOutputs(): string {
    return (this._now.outputs ??= this._readOutputs());
  }

  private get _now(): IReading {
    return (this._reading ??= this._read());
  }

  private _read(): IReading {
    const excluded = isTagged(this._model.getMetadata('tags'));
    return {
      count: this._code?.executionCount ?? null,
      edited: this._code?.isDirty ?? false,
      excluded,
      source: excluded ? '' : this._model.sharedModel.getSource()
    };
  }

  private _readOutputs(): string {
    const outputs = this.excluded ? undefined : this._code?.outputs;
    return outputs
      ? textOfOutputs(outputs.length, at => outputs.get(at).toJSON())
      : '';
  }

  private _forget(): void {
    this._reading = null;
    this.onChange(this);
  }

  private get _code(): ICodeCellModel | null {
    return this._model.type === 'code' ? (this._model as ICodeCellModel) : null;
  }

  private _model: ICellModel;
  private _reading: IReading | null = null;
}

/** The plain text of the last of `length` outputs, which `get` gives in nbformat's form. */
export function textOfOutputs(
  length: number,
  get: (index: number) => unknown
): string {
  const texts: string[] = [];
  for (let at = Math.max(length - MAX_OUTPUTS, 0); at < length; at++) {
    texts.push(textOf(get(at)));
  }
  return texts.filter(Boolean).join('\n').slice(-MAX_OUTPUT);
}

/** The plain text of an output in nbformat's form; '' for none. */
export function textOf(output: unknown): string {
  if (typeof output !== 'object' || output === null) {
    return '';
  }
  const { text, data, traceback } = output as Record<string, unknown>;
  if (data && typeof data === 'object') {
    return joined(Reflect.get(data, 'text/plain'));
  }
  return Array.isArray(traceback)
    ? `Traceback (most recent call last):\n${traceback.join('\n')}`
    : joined(text);
}

/** nbformat's multi-line strings are lists. */
function joined(text: unknown): string {
  return Array.isArray(text)
    ? text.join('')
    : typeof text === 'string'
      ? text
      : '';
}

const lists = new WeakMap<Cells, Sources>();
const sources = new WeakMap<ICellModel, CellSource>();
