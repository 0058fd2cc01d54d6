import { describe, expect, it } from 'vitest';
import { Here, type IOff, reasonOf } from '../src/here';

describe('Here', () => {
  it('tells when something else is off', () => {
    let off: IOff | null = null;
    const seen: (IOff | null)[] = [];
    const here = new Here(() => off);
    here.changed.connect(({ off }) => seen.push(off));
    here.update();
    off = { what: 'language', language: 'sql' };
    here.update();
    off = { ...off };
    here.update();
    off = { what: 'language', language: 'r' };
    here.update();
    off = null;
    here.update();
    expect(seen).toEqual([
      { what: 'language', language: 'sql' },
      { what: 'language', language: 'r' },
      null
    ]);
  });
});

describe('reasonOf', () => {
  it('is the first that holds', () => {
    expect(
      reasonOf('r', [
        ['excluded', false],
        ['cell', true],
        ['document', true]
      ])
    ).toEqual({ what: 'cell', language: 'r' });
    expect(reasonOf('r', [['cell', false]])).toBeNull();
  });
});
