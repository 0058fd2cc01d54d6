import { describe, expect, it } from 'vitest';
import { isSameContext } from '../src/context';
import type { IDocument } from '../src/snapshot';
import { snapshotOf } from './fakes';

const SOURCES = ['a', 'b', 'c'];

function isSameWith(sources: string[], changes: Partial<IDocument> = {}) {
  return isSameContext(
    snapshotOf(SOURCES, { active: 1 }),
    snapshotOf(sources, { active: 1, ...changes })
  );
}

describe('isSameContext', () => {
  it('holds whatever the cell of the cursor and the outputs are', () => {
    expect(isSameWith(['a', 'x', 'c'], { offset: 1 })).toBe(true);
    const silent = snapshotOf(SOURCES, { active: 1 });
    const cells = silent.cells.map(cell => ({ ...cell, outputs: 'printed' }));
    const printed = { ...silent, cells };
    expect(isSameContext(snapshotOf(SOURCES, { active: 1 }), printed)).toBe(
      true
    );
  });

  it.each([
    [['a', 'b', 'x'], {}],
    [['x', 'b', 'c'], {}],
    [['a', 'b'], {}],
    [['a', 'b', 'c', 'd'], {}],
    [SOURCES, { kernel: 'k-2' }],
    [SOURCES, { language: 'r' }],
    [SOURCES, { path: 'b.ipynb' }],
    [SOURCES, { editor: 'e-2' }],
    [SOURCES, { active: 2 }]
  ])('does not with %j and %j', (sources, changes) => {
    expect(isSameWith(sources, changes)).toBe(false);
  });

  it.each([{ kind: 'markdown' as const }, { excluded: true }])(
    'does not where another cell is %j',
    changes => {
      const other = snapshotOf(SOURCES, { active: 1 });
      other.cells.splice(2, 1, {
        ...snapshotOf(['c']).cells[0],
        ...changes
      } as never);
      expect(isSameContext(snapshotOf(SOURCES, { active: 1 }), other)).toBe(
        false
      );
    }
  );

  it('holds while one types below more than is sent', () => {
    const far = Array<string>(20).fill('x'.repeat(5000));
    expect(
      isSameContext(
        snapshotOf(['a', 'b', ...far], { active: 1 }),
        snapshotOf(['a', 'b'.repeat(900), ...far], { active: 1 })
      )
    ).toBe(true);
  });
});
