import type { ICellModel } from '@jupyterlab/cells';
import { Signal } from '@lumino/signaling';
import { describe, expect, it } from 'vitest';
import { sourceOf, sourcesOf, textOf } from '../src/cells';
import { takeSnapshot } from '../src/snapshot';

const FRAME = '   a\n0  1';
const OUTPUTS = [
  { output_type: 'stream', name: 'stdout', text: ['read\n', '3 rows\n'] },
  {
    output_type: 'execute_result',
    data: { 'text/html': '<table>', 'text/plain': FRAME }
  },
  { output_type: 'display_data', data: { 'image/png': 'iVBORw0KGgo=' } }
];

function codeCell(source: string, count: number | null, edited = false) {
  return {
    type: 'code',
    executionCount: count,
    isDirty: edited,
    contentChanged: new Signal({}),
    metadataChanged: new Signal({}),
    stateChanged: new Signal({}),
    getMetadata: () => undefined,
    sharedModel: { getSource: () => source },
    outputs: {
      length: OUTPUTS.length,
      get: (at: number) => ({ toJSON: () => OUTPUTS[at] })
    }
  } as unknown as ICellModel;
}

function snapshot(cells: ICellModel[], active: number) {
  const document = {
    editor: 'e',
    path: 'a.ipynb',
    language: 'python',
    kernel: null,
    cells: cells.map(sourceOf),
    active,
    offset: 0
  };
  return takeSnapshot(document, 'automatic').cells;
}

describe('sourceOf', () => {
  it('tells when a cell ran, and whether it has changed since', () => {
    const cells = [
      codeCell('a', 3),
      codeCell('b', 4, true),
      codeCell('', null)
    ];
    expect(snapshot(cells, 2).map(cell => [cell.count, cell.edited])).toEqual([
      [3, false],
      [4, true],
      [null, false]
    ]);
  });

  it('gives the outputs above the cursor as plain text', () => {
    const cells = [codeCell('a', 1), codeCell('', null), codeCell('b', 2)];
    expect(snapshot(cells, 1).map(cell => cell.outputs)).toEqual([
      `read\n3 rows\n\n${FRAME}`,
      '',
      ''
    ]);
  });

  it('reads a cell that is excluded as empty', () => {
    const secret = {
      ...codeCell('secret', 3),
      getMetadata: () => ['no-complete']
    } as unknown as ICellModel;
    const cells = snapshot([secret, codeCell('', null)], 1);
    expect(cells.map(cell => cell.excluded)).toEqual([true, false]);
    expect(JSON.stringify(cells)).not.toMatch(/secret|rows/);
  });

  it('reads a cell anew when it has changed, and only then', () => {
    const cell = codeCell('a', null);
    const changes = { source: 'a', tags: [] as string[], reads: 0 };
    const shared = {
      getSource: () => {
        changes.reads++;
        return changes.source;
      }
    };
    const model = Object.assign(cell, {
      sharedModel: shared,
      getMetadata: () => changes.tags
    });
    const now = () => snapshot([model, codeCell('', null)], 1)[0];
    expect([now()?.source, now()?.source, changes.reads]).toEqual([
      'a',
      'a',
      1
    ]);
    Object.assign(changes, { source: 'b' });
    Object.assign(model, { executionCount: 4 });
    (model.contentChanged as Signal<unknown, void>).emit();
    expect(now()).toMatchObject({ source: 'b', count: 4, excluded: false });
    Object.assign(changes, { tags: ['no-complete'] });
    (model.metadataChanged as Signal<unknown, unknown>).emit({});
    expect(now()).toMatchObject({ source: '', outputs: '', excluded: true });
  });

  it('gives the same source for the same cell', () => {
    const cell = codeCell('a', 1);
    expect(sourceOf(cell)).toBe(sourceOf(cell));
  });
});

/** A notebook's list of cells, as the host has it. */
class FakeList extends Array<ICellModel> {
  readonly changed = new Signal<this, never>(this) as never;
}

describe('sourcesOf', () => {
  const changed = (cell: ICellModel) =>
    (cell.contentChanged as Signal<unknown, void>).emit();
  const one = codeCell('a', 1);
  const two = codeCell('b', 2);
  const three = codeCell('c', 3);
  const list = FakeList.of(one, two, three) as FakeList;

  it('gives the sources in order', () => {
    expect(sourcesOf(list, 0)).toEqual([one, two, three].map(sourceOf));
  });

  it('is the same list while the active cell alone changes', () => {
    const before = sourcesOf(list, 1);
    changed(two);
    expect(sourcesOf(list, 1)).toBe(before);
    changed(three);
    expect(sourcesOf(list, 1)).not.toBe(before);
  });

  it.each(['contentChanged', 'metadataChanged', 'stateChanged'] as const)(
    'is another list after %s of another cell',
    signal => {
      const before = sourcesOf(list, 1);
      (one[signal] as Signal<unknown, unknown>).emit(undefined);
      expect(sourcesOf(list, 1)).not.toBe(before);
    }
  );

  it('is another list when another cell is active, and when it has changed meanwhile', () => {
    const before = sourcesOf(list, 1);
    const between = sourcesOf(list, 2);
    expect(between).not.toBe(before);
    expect(sourcesOf(list, 1)).not.toBe(before);
  });

  it('is another list when a cell comes or goes', () => {
    const before = sourcesOf(list, 1);
    list.push(codeCell('d', null));
    (list.changed as Signal<unknown, unknown>).emit(undefined);
    expect(sourcesOf(list, 1)).toHaveLength(4);
    expect(sourcesOf(list, 1)).not.toBe(before);
  });
});

describe('textOf', () => {
  it('gives an error as a traceback', () => {
    const error = {
      output_type: 'error',
      ename: 'KeyError',
      evalue: "'x'",
      traceback: ['----', "KeyError: 'x'"]
    };
    expect(textOf(error)).toBe(
      "Traceback (most recent call last):\n----\nKeyError: 'x'"
    );
  });

  it.each([null, undefined, 3, {}, { text: 5 }, { data: null }])(
    'finds no text in %j',
    output => {
      expect(textOf(output)).toBe('');
    }
  );
});
