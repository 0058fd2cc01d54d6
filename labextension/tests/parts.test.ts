import { describe, expect, it } from 'vitest';
import { nextLine, nextWord } from '../src/parts';

/** A text, cut into its parts one after the other. */
function parts(text: string, partOf: (text: string) => string): string[] {
  const found: string[] = [];
  for (let rest = text; rest; rest = rest.slice(found.at(-1)?.length)) {
    found.push(partOf(rest));
  }
  return found;
}

describe('nextWord', () => {
  it.each([
    [
      'groupby("region").agg(',
      ['groupby', '(', '"', 'region', '")', '.agg', '(']
    ],
    [' = x_1 + 3.14', [' =', ' x_1', ' +', ' 3.14']],
    ['a >= b and c', ['a', ' >=', ' b', ' and', ' c']],
    ['f(a, *b)]', ['f', '(', 'a', ',', ' *', 'b', ')]']],
    [':\n    return x\n', [':', '\n    return', ' x', '\n']],
    ['größe.naïve', ['größe', '.naïve']],
    ['e\u0301te\u0301 x', ['e\u0301te\u0301', ' x']],
    ['说明 = 1', ['说明', ' =', ' 1']],
    ['👩‍🔬🚀 x', ['👩‍🔬🚀', ' x']],
    ['שלום עולם', ['שלום', ' עולם']],
    ['  ', ['  ']]
  ])('cuts %j', (text, words) => {
    expect(parts(text, nextWord)).toEqual(words);
  });

  it('comes to an end, and loses nothing', () => {
    const signs = Array.from({ length: 0x3000 }, (_, code) =>
      String.fromCharCode(code)
    );
    for (const sign of [...signs, '\ud800', '🚀']) {
      const text = `${sign} a${sign}b`;
      expect(parts(text, nextWord).join('')).toBe(text);
    }
  });
});

describe('nextLine', () => {
  it.each([
    ['x = 1', ['x = 1']],
    ['x:\n    y\n\n    z', ['x:', '\n    y', '\n\n    z']],
    ['\n', ['\n']],
    ['  y\n', ['  y', '\n']]
  ])('cuts %j', (text, lines) => {
    expect(parts(text, nextLine)).toEqual(lines);
  });
});
