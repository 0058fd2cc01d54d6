import { describe, expect, it } from 'vitest';
import { isElsewhere } from '../src/edit';

/** A text with its cursor as |. */
function at(marked: string) {
  const [before = '', after = ''] = marked.split('|');
  return { editor: {}, before, after };
}

describe('isElsewhere', () => {
  it.each([
    ['pr|', 'pri|'],
    ['x = |', 'x = y|\n'],
    ['|aa', 'a|aa'],
    ['foo|', 'foo(|)'],
    ['print|', 'pri|'],
    ['a|\nb', 'a\nb|'],
    ['a\nb|', 'a|'],
    ['a|\nb\nc', 'ax|\nb\nc'],
    ['x = 1|', '# x = 1|'],
    ['a|', 'a\na|'],
    ['ab\nb|', 'ab\nab|'],
    ['ab = a|', 'aab = a\na|'],
    ['|', '|'],
    ['a\n|', 'a\n|']
  ])('takes the change from %j to %j for this person’s', (old, now) => {
    expect(isElsewhere(at(old), at(now))).toBe(false);
  });

  it.each([
    ['a\nb|', 'ax\nb|'],
    ['a\nb|', '\na\nb|'],
    ['a|\nb', 'a|\nbx'],
    ['a\nb\nc\nd|', 'a\nc\nd|'],
    ['a|\nb\nc', 'a|\nb\nd'],
    ['a\n🙂\nb|', 'a\n🙃\nb|']
  ])('takes the change from %j to %j for somebody else’s', (old, now) => {
    expect(isElsewhere(at(old), at(now))).toBe(true);
  });
});
