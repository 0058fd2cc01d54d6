/**
 * A notebook's cell → `ISource`: its text, whether that is what ran, and its outputs as plain text.
 *
 * Everything is read when it is asked for; a picture, a widget or HTML is no text. An excluded cell reads as empty.
 */

import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import { isTagged } from './exclusion';
import type { ISource } from './snapshot';

const MAX_OUTPUT = 2_000;
const MAX_OUTPUTS = 8;

/** The source of a cell; the same one each time. */
export function sourceOf(model: ICellModel): ISource {
  const source = sources.get(model) ?? new CellSource(model);
  sources.set(model, source);
  return source;
}

class CellSource implements ISource {
  constructor(model: ICellModel) {
    this._model = model;
  }

  get cell_type(): string {
    return this._model.type;
  }

  get count(): number | null {
    return this._code?.executionCount ?? null;
  }

  get edited(): boolean {
    return this._code?.isDirty ?? false;
  }

  get excluded(): boolean {
    return isTagged(this._model.getMetadata('tags'));
  }

  getSource(): string {
    return this.excluded ? '' : this._model.sharedModel.getSource();
  }

  getOutputs(): string {
    const outputs = this.excluded ? undefined : this._code?.outputs;
    return outputs
      ? textOfOutputs(outputs.length, at => outputs.get(at).toJSON())
      : '';
  }

  private get _code(): ICodeCellModel | null {
    return this._model.type === 'code' ? (this._model as ICodeCellModel) : null;
  }

  private _model: ICellModel;
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

const sources = new WeakMap<ICellModel, ISource>();
