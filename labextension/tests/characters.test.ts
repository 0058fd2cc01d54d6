import { describe, expect, it } from 'vitest';
import { safe } from '../src/characters';

describe('safe', () => {
  it.each([
    ['a\r\nb\rc\u2028d', 'a\nb\nc\nd'],
    ['a\u0000b\u001b[31m\u007f', 'ab[31m'],
    ['x\u202e\u2066y\u200b\ufeff', 'xy'],
    ['\ud83d', ''],
    ['\ude42\ud83d\ude42', '🙂'],
    ['\tfor x in "שלום":\n', '\tfor x in "שלום":\n'],
    ['<b onclick="x()">', '<b onclick="x()">']
  ])('makes of %j %j', (text, shown) => {
    expect(safe(text)).toBe(shown);
  });

  it('only adds to what it showed of the first part', () => {
    const text = 'a\r\nb\ud83d\ude42\u202ec\r';
    for (let length = 0; length <= text.length; length++) {
      expect(safe(text).startsWith(safe(text.slice(0, length)))).toBe(true);
    }
  });
});
