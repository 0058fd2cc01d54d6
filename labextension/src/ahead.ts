/**
 * A document as it would be if a suggestion were accepted, to ask for what follows. Pure.
 */

import type { IPlace } from './place';
import type { IDocument, ISource } from './snapshot';

/** `document` with `text` typed at its cursor. */
export function typedInto(document: IDocument, text: string): IDocument {
  const { active, offset } = document;
  const cells = document.cells.map((cell, index) =>
    index === active ? new Typed(cell, offset, text) : cell
  );
  return { ...document, cells, offset: offset + text.length };
}

/** The place after `text` was typed at `place`. */
export function placeAfter(place: IPlace, text: string): IPlace {
  return { ...place, before: place.before + text };
}

/** A cell that holds more than it does. */
class Typed implements ISource {
  constructor(
    private readonly _cell: ISource,
    private readonly _offset: number,
    private readonly _text: string
  ) {}

  get cell_type(): string {
    return this._cell.cell_type;
  }

  get count(): number | null {
    return this._cell.count ?? null;
  }

  readonly edited = true;

  get excluded(): boolean {
    return this._cell.excluded ?? false;
  }

  getSource(): string {
    const source = this._cell.getSource();
    return (
      source.slice(0, this._offset) + this._text + source.slice(this._offset)
    );
  }
}
