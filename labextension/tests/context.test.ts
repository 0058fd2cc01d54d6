import { describe, expect, it } from 'vitest';
import { contextOf } from '../src/context';
import { type IDocument, takeSnapshot } from '../src/snapshot';

function documentWith(sources: string[], changes: Partial<IDocument> = {}) {
  const cells = sources.map(source => ({
    cell_type: 'code',
    getSource: () => source,
    getOutputs: () => String(Math.random()).slice(2, 7)
  }));
  return {
    editor: 'e-1',
    path: 'a.ipynb',
    language: 'python',
    kernel: 'k-1',
    cells,
    active: 1,
    offset: 0,
    ...changes
  };
}

function contextWith(sources: string[], changes?: Partial<IDocument>): string {
  return contextOf(takeSnapshot(documentWith(sources, changes), 'automatic'));
}

describe('contextOf', () => {
  it('is the same whatever the cell of the cursor and the outputs are', () => {
    expect(contextWith(['a', 'b', 'c'])).toBe(
      contextWith(['a', 'x', 'c'], { offset: 1 })
    );
  });

  it.each([
    [['a', 'b', 'x'], {}],
    [['a', 'b'], {}],
    [['a', 'b', 'c'], { kernel: null }],
    [['a', 'b', 'c'], { language: 'r' }],
    [['a', 'b', 'c'], { path: 'b.ipynb' }],
    [['a', 'b', 'c'], { active: 2 }]
  ])('is another one with %j and %j', (sources, changes) => {
    expect(contextWith(sources, changes)).not.toBe(
      contextWith(['a', 'b', 'c'])
    );
  });

  it('stays while one types below more than is sent', () => {
    const far = Array<string>(20).fill('x'.repeat(5000));
    expect(contextWith(['a', 'b', ...far])).toBe(
      contextWith(['a', 'b'.repeat(900), ...far])
    );
  });
});
