import { describe, expect, it } from 'vitest';
import { restOf, typedSince } from '../src/suggestion';

const editor = {};
const at = (before: string, after = '') => ({ editor, before, after });

describe('typedSince', () => {
  it.each([
    [at('pri'), at('pri'), ''],
    [at('pri'), at('print'), 'nt'],
    [at('f(', ')'), at('f(x', ')'), 'x'],
    [at('pri'), at('pr'), null],
    [at('pri'), at('pra'), null],
    [at('f('), at('f(x', ')'), null],
    [at('a'), { ...at('ab'), editor: {} }, null]
  ])('%j → %j: %j', (from, now, typed) => {
    expect(typedSince(from, now)).toBe(typed);
  });
});

describe('restOf', () => {
  it.each([
    ['nt(x)', true, '', 'nt(x)'],
    ['nt(x)', true, 'nt', '(x)'],
    ['nt(x)', true, 'nt(x)', ''],
    ['nt(x)', true, 'nt(x) ', null],
    ['nt(x)', false, 'nt(x) ', ''],
    ['nt', false, 'na', null],
    ['', false, 'anything', ''],
    ['', true, 'anything', null]
  ])('%j, done: %j, typed %j: %j', (text, isDone, typed, rest) => {
    expect(restOf(text, isDone, typed)).toBe(rest);
  });

  it('gives, with what was typed, the text back', () => {
    const text = 'x = "🎉"\n    return x';
    for (let i = 0; i <= text.length; i++) {
      expect(restOf(text, true, text.slice(0, i))).toBe(text.slice(i));
    }
  });
});
