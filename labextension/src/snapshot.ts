/**
 * An open document → the plain, bounded `ISnapshot` that is sent.
 *
 * The cell of the cursor comes first (more before the cursor than after it), then the nearest cells, as long as there
 * is room; they stay in document order. Text is read only where it is kept, so the cost does not grow with the
 * document; while one types in a cell, the others are not looked at again; and a cell that is as it was is the very object
 * of the last snapshot. It does not know notebooks or widgets: `documents.ts` makes an `IDocument` of those.
 */

import { MAX_CELLS, MAX_NAME, type ICell, type ISnapshot } from './wire';

/** A cell that can be read. */
export interface ISource {
  readonly cell_type: string;
  /** The kernel's count of executions when it last ran. */
  readonly count?: number | null;
  /** Whether its text has changed since. */
  readonly edited?: boolean;
  /** Whether nothing of it may be sent on; then it reads as empty. */
  readonly excluded?: boolean;
  getSource(): string;
  /** Its outputs as plain text, bounded. */
  getOutputs?(): string;
}

export interface IDocument {
  /** A name for the document's view that stays the same while it is open. */
  editor: string;
  path: string;
  language: string;
  kernel: string | null;
  /** Another array once any cell is another one than it was, but for the active one. */
  cells: readonly ISource[];
  active: number;
  /** Of the cursor in the active cell, in UTF-16 units. */
  offset: number;
}

/**
 * What a snapshot may hold, in UTF-16 units. A unit is at most six bytes of JSON, so that the body stays below the
 * 262,144 bytes which the server reads, whatever the text.
 */
export const MAX_UNITS = 40_000;
const MAX_ACTIVE = 24_000;
const MAX_OTHER = 8_000;
const CELL_UNITS = 16;
const SHARE_BEFORE = 0.7;
const STEP = 1_000;

export function takeSnapshot(
  document: IDocument,
  trigger: ISnapshot['trigger']
): ISnapshot {
  const active = document.cells[document.active];
  if (!active) {
    throw new RangeError('The active cell is not in the document.');
  }
  const { source, before } = windowAround(active.getSource(), document.offset);
  const { above, below } = cellsAround(document, source.length);
  return {
    editor: document.editor,
    path: cut(wellFormed(document.path), MAX_NAME, 'tail'),
    language: cut(wellFormed(document.language), MAX_NAME, 'head'),
    cells: [...above, cellOf(active, source, ''), ...below],
    active: above.length,
    cursor: codePoints(before),
    kernel: document.kernel,
    trigger
  };
}

/** The nearest cells, where `taken` units are the active one's; those of the last time if nothing is another one. */
function cellsAround(document: IDocument, taken: number): IAround {
  const { cells, active } = document;
  // In steps, so that what is read of the farthest cell does not change with each key.
  const room = MAX_UNITS - CELL_UNITS - Math.ceil(taken / STEP) * STEP;
  const last = arounds.get(cells);
  if (last?.active === active && last.room === room) {
    return last;
  }
  const around = { active, room, ...readAround(document, room) };
  arounds.set(cells, around);
  return around;
}

function readAround(
  { cells, active }: IDocument,
  room: number
): Pick<IAround, 'above' | 'below'> {
  const above: ICell[] = [];
  const below: ICell[] = [];
  const take = (other: ISource | undefined, end: 'head' | 'tail') => {
    const count = 1 + above.length + below.length;
    if (!other || room <= CELL_UNITS || count >= MAX_CELLS) {
      return false;
    }
    const limit = Math.min(MAX_OTHER, room - CELL_UNITS);
    const source = cut(other.getSource(), limit, end);
    room -= CELL_UNITS + source.length;
    const written = end === 'tail' ? (other.getOutputs?.() ?? '') : '';
    const outputs = cut(written, Math.max(room, 0), end);
    room -= outputs.length;
    (end === 'tail' ? above : below).push(keptCell(other, source, outputs));
    return true;
  };
  let up = active - 1;
  let down = active + 1;
  for (let more = true; more;) {
    const isAbove = take(cells[up--], 'tail');
    const isBelow = take(cells[down++], 'head');
    more = isAbove || isBelow;
  }
  return { above: above.reverse(), below };
}

/** How many code points `text` has; a lone half counts as one. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    if (isInsidePair(text, i)) {
      count--;
    }
  }
  return count;
}

function windowAround(
  text: string,
  offset: number
): { source: string; before: string } {
  let cursor = Math.min(Math.max(offset, 0), text.length);
  if (isInsidePair(text, cursor)) {
    cursor--;
  }
  const after = text.length - cursor;
  const wanted = Math.round(MAX_ACTIVE * SHARE_BEFORE);
  const roomBefore = Math.max(wanted, MAX_ACTIVE - after);
  const head = cut(text.slice(0, cursor), roomBefore, 'tail');
  const tail = cut(text.slice(cursor), MAX_ACTIVE - head.length, 'head');
  const before = wellFormed(head);
  return { source: before + wellFormed(tail), before };
}

/** The very cell of the last snapshot if nothing of it is another one: at a key, that is all but one. */
function keptCell(cell: ISource, source: string, outputs: string): ICell {
  const old = kept.get(cell);
  if (
    old?.source === source &&
    old.outputs === outputs &&
    old.made.kind === kindOf(cell) &&
    old.made.count === (cell.count ?? null) &&
    old.made.edited === (cell.edited ?? false) &&
    old.made.excluded === (cell.excluded ?? false)
  ) {
    return old.made;
  }
  const made = cellOf(cell, source, outputs);
  kept.set(cell, { source, outputs, made });
  return made;
}

function cellOf(cell: ISource, source: string, outputs: string): ICell {
  return {
    kind: kindOf(cell),
    source: wellFormed(source),
    outputs: wellFormed(outputs),
    count: cell.count ?? null,
    edited: cell.edited ?? false,
    excluded: cell.excluded ?? false
  };
}

function kindOf({ cell_type: kind }: ISource): ICell['kind'] {
  return kind === 'markdown' || kind === 'raw' ? kind : 'code';
}

/** At most `limit` units of one end of `text`, never half a character. */
function cut(text: string, limit: number, end: 'head' | 'tail'): string {
  if (text.length <= limit) {
    return text;
  }
  if (end === 'head') {
    return text.slice(0, isInsidePair(text, limit) ? limit - 1 : limit);
  }
  const start = text.length - limit;
  return text.slice(isInsidePair(text, start) ? start + 1 : start);
}

function isInsidePair(text: string, index: number): boolean {
  return (
    (text.charCodeAt(index - 1) & 0xfc00) === 0xd800 &&
    (text.charCodeAt(index) & 0xfc00) === 0xdc00
  );
}

/** Lone surrogates cannot be written as UTF-8. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** The cells around an active one, and the room that they had. */
interface IAround {
  active: number;
  room: number;
  above: ICell[];
  below: ICell[];
}

const arounds = new WeakMap<readonly ISource[], IAround>();

/** A cell, and the text that it was made from. */
interface IKept {
  source: string;
  outputs: string;
  made: ICell;
}

const kept = new WeakMap<ISource, IKept>();
