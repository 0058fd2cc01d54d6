import { describe, expect, it } from 'vitest';
import {
  codePoints,
  type IDocument,
  type ISource,
  MAX_UNITS,
  takeSnapshot
} from '../src/snapshot';
import { MAX_CELLS } from '../src/wire';

const MAX_BODY_BYTES = 262_144;

class Cell implements ISource {
  constructor(
    public source: string,
    readonly cell_type = 'code'
  ) {}

  reads = 0;

  getSource(): string {
    this.reads++;
    return this.source;
  }
}

class Changing extends Cell {
  count: number | null = null;
  edited = false;
  excluded = false;
  outputs = '';

  getOutputs(): string {
    return this.outputs;
  }
}

function documentOf(cells: ISource[], active = 0, offset = 0): IDocument {
  return {
    editor: 'e-1',
    path: 'a.ipynb',
    language: 'python',
    kernel: null,
    cells,
    active,
    offset
  };
}

function take(cells: ISource[], active = 0, offset = 0) {
  return takeSnapshot(documentOf(cells, active, offset), 'automatic');
}

/** Milliseconds of the quickest of five, each of cells that were not seen before: a busy machine is slow at times. */
function quickest(made: () => ISource[], active: number, offset: number) {
  const took = Array.from({ length: 5 }, () => {
    const cells = made();
    const started = performance.now();
    take(cells, active, offset);
    return performance.now() - started;
  });
  return Math.min(...took);
}

function bytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

describe('takeSnapshot', () => {
  it('keeps a small notebook whole and in order', () => {
    const cells = [
      new Cell('# A', 'markdown'),
      new Cell('b'),
      new Cell('c', 'raw')
    ];
    const snapshot = take(cells, 1, 1);
    const plain = { outputs: '', count: null, edited: false, excluded: false };
    expect(snapshot.cells).toEqual([
      { kind: 'markdown', source: '# A', ...plain },
      { kind: 'code', source: 'b', ...plain },
      { kind: 'raw', source: 'c', ...plain }
    ]);
    expect([snapshot.active, snapshot.cursor]).toEqual([1, 1]);
  });

  it('counts the cursor in code points', () => {
    const text = 's = "🎉𝛼é"';
    for (let offset = 0; offset <= text.length; offset++) {
      const { cells, cursor } = take([new Cell(text)], 0, offset);
      expect(cells[0]?.source).toBe(text);
      const before = Array.from(text).slice(0, cursor).join('');
      expect([offset, offset - 1]).toContain(before.length);
    }
  });

  it('keeps a window around the cursor of a huge cell, more of it before', () => {
    const text = 'a'.repeat(5_000_000) + 'b'.repeat(5_000_000);
    const made = () => [new Cell(text)];
    expect(quickest(made, 0, 5_000_000)).toBeLessThan(100);
    const { cells, cursor } = take(made(), 0, 5_000_000);
    const source = cells[0]?.source ?? '';
    expect(source.slice(0, cursor)).toMatch(/^a+$/);
    expect(source.slice(cursor)).toMatch(/^b+$/);
    expect(cursor / source.length).toBeCloseTo(0.7);
  });

  it('gives the unused side of the window to the other', () => {
    const text = 'x'.repeat(100_000);
    const first = take([new Cell(text)], 0, 10);
    const last = take([new Cell(text)], 0, text.length - 10);
    expect(first.cells[0]?.source.length).toBe(last.cells[0]?.source.length);
    expect(first.cursor).toBe(10);
  });

  it('never cuts a character in two', () => {
    for (const pad of ['', 'x']) {
      const cells = [0, 1, 2].map(() => new Cell(pad + '🎉'.repeat(30_000)));
      for (const offset of [0, 1, 30_000, 30_001, 60_000]) {
        for (const cell of take(cells, 1, offset).cells) {
          expect(cell.source).not.toMatch(/\p{Surrogate}|\ufffd/u);
        }
      }
    }
  });

  it('replaces halves of characters, which are not text', () => {
    const { cells, cursor } = take([new Cell('a\ud83cb\udf89')], 0, 3);
    expect(cells[0]?.source).toBe('a\ufffdb\ufffd');
    expect(cursor).toBe(3);
  });

  it('takes the nearest of many cells, reads few of them, and is quick', () => {
    const made = () =>
      Array.from(
        { length: 2_000 },
        (_, i) => new Cell(`x_${i} = ${'1'.repeat(1_000)}`)
      );
    expect(quickest(made, 1_000, 3)).toBeLessThan(50);
    const cells = made();
    const { active, cells: kept } = take(cells, 1_000, 3);
    expect(cells.filter(cell => cell.reads > 0).length).toBeLessThan(60);
    expect(kept[active]?.source).toMatch(/^x_1000 /);
    expect(kept[active - 1]?.source).toMatch(/^x_999 /);
    expect(kept[active + 1]?.source).toMatch(/^x_1001 /);
    expect(Math.abs(kept.length - 1 - 2 * active)).toBeLessThan(3);
  });

  it('keeps the near end of a long neighbour', () => {
    const long = 'a'.repeat(50_000);
    const { cells } = take(
      [new Cell(long + 'END'), new Cell('x'), new Cell('START' + long)],
      1,
      1
    );
    expect(cells[0]?.source).toMatch(/^a+END$/);
    expect(cells[2]?.source).toMatch(/^STARTa+$/);
  });

  it.each(['a', '\u0001', '"', '\n', 'é', '漢', '🎉', '\ud800'])(
    'stays below what the server reads, whatever the text: %j',
    character => {
      const notebooks = [
        [new Cell(character.repeat(300_000))],
        Array.from(
          { length: 100 },
          () => new Cell(character.repeat(5_000), 'markdown')
        ),
        Array.from({ length: 10_000 }, () => new Cell(character, 'markdown'))
      ];
      for (const cells of notebooks) {
        const document = documentOf(cells, cells.length >> 1, 1);
        document.path = document.language = character.repeat(2_000);
        const snapshot = takeSnapshot(document, 'automatic');
        expect(bytes(snapshot)).toBeLessThan(MAX_BODY_BYTES);
        expect(snapshot.cells.length).toBeLessThanOrEqual(MAX_CELLS);
        const units = snapshot.cells.reduce(
          (sum, cell) => sum + cell.source.length,
          0
        );
        expect(units).toBeLessThanOrEqual(MAX_UNITS);
        expect(snapshot.path.length).toBeLessThanOrEqual(512);
        const active = snapshot.cells[snapshot.active];
        expect(snapshot.cursor).toBeLessThanOrEqual(
          codePoints(active?.source ?? '')
        );
      }
    }
  );

  it('gives the very cells of the last snapshot, but for what is another one', () => {
    const changing = new Changing('b');
    const all = [new Cell('a'), changing, new Cell('c', 'markdown')];
    const first = take(all);
    expect(take(all).cells[1]).toBe(first.cells[1]);
    const changes: Partial<Changing>[] = [
      { source: 'bb' },
      { count: 2 },
      { edited: true },
      { excluded: true }
    ];
    for (const change of changes) {
      const before = take([...all]).cells;
      Object.assign(changing, change);
      const { cells } = take([...all]);
      expect(cells[1]).toMatchObject(change);
      expect(cells[2]).toBe(before[2]);
      expect(cells[2]).toBe(first.cells[2]);
    }
  });

  it('makes the cell anew when its outputs are other ones', () => {
    const above = new Changing('a');
    const all = [above, new Cell('b')];
    expect(take(all, 1).cells[0]?.outputs).toBe('');
    above.outputs = '1';
    expect(take([...all], 1).cells[0]?.outputs).toBe('1');
    expect(take([...all], 1).cells[0]).toBe(take([...all], 1).cells[0]);
  });

  it('looks at the other cells once while nothing of them is another one', () => {
    const first = new Cell('a');
    const active = new Cell('b');
    const all = [first, active, new Cell('c'), new Cell('d')];
    const before = take(all, 1).cells;
    active.source += '!';
    expect(take(all, 1).cells.map(cell => cell.source)).toEqual([
      'a',
      'b!',
      'c',
      'd'
    ]);
    expect(first.reads).toBe(1);
    expect(take(all, 2).cells.map(cell => cell.source)).toEqual([
      'a',
      'b!',
      'c',
      'd'
    ]);
    active.source = 'b'.repeat(15_000);
    expect(take(all, 1).cells[0]).toBe(before[0]);
    expect(first.reads).toBe(3);
  });

  it('refuses a cursor in no cell', () => {
    expect(() => take([], 0, 0)).toThrow(RangeError);
  });
});

describe('codePoints', () => {
  it.each(['', 'abc', '🎉', 'a🎉b𝛼', '\ud83c', '\udf89\ud83c'])(
    'counts %j',
    text => {
      expect(codePoints(text)).toBe(Array.from(text).length);
    }
  );
});
