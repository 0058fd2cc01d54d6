import { describe, expect, it } from 'vitest';
import { Refusals } from '../src/refusals';

const EDITOR = {};
const at = (before: string, editor: object = EDITOR) => ({
  editor,
  before,
  after: ''
});

function refusedAt(...befores: string[]): Refusals {
  const refusals = new Refusals();
  befores.forEach(before => refusals.ask(at(before)));
  return refusals;
}

describe('Refusals', () => {
  it.each(['x = f', 'x = f(', 'x = f()', 'x = é '])(
    'covers a word that begins, or a sign, after two refusals: %j',
    before => {
      expect(refusedAt('x', 'x ').covers(at(before))).toBe(true);
      expect(refusedAt('x').covers(at(before))).toBe(false);
    }
  );

  it.each(['x = fr', 'x = é1', 'x = _a'])(
    'covers no place in a word: %j',
    before => {
      expect(refusedAt('x', 'x ', 'x =').covers(at(before))).toBe(false);
    }
  );

  it('ends when one was typed along', () => {
    const refusals = refusedAt('x', 'x ');
    refusals.agree();
    expect(refusals.covers(at('x = f'))).toBe(false);
    refusals.ask(at('x = f('));
    expect(refusals.covers(at('x = f(a,'))).toBe(false);
    refusals.ask(at('x = f(a,'));
    expect(refusals.covers(at('x = f(a, '))).toBe(true);
  });

  it('ends with the line, and with the editor', () => {
    expect(refusedAt('x', 'x ').covers(at('x = 1\ny'))).toBe(false);
    expect(refusedAt('x', 'x ').covers(at('x = f', {}))).toBe(false);
    expect(refusedAt('x', 'x ', 'x = 1\ny').covers(at('x = 1\ny '))).toBe(
      false
    );
  });
});
