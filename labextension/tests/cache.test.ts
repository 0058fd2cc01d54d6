import { describe, expect, it } from 'vitest';
import { Cache } from '../src/cache';
import { Generation } from '../src/generation';
import type { Event } from '../src/wire';
import { settle, snapshotOf } from './fakes';

const EDITOR = {};

function question(before: string) {
  const place = { editor: EDITOR, before, after: '' };
  return { place, snapshot: snapshotOf([before]) };
}

async function* events(text: string): AsyncGenerator<Event> {
  await Promise.resolve();
  yield { type: 'chunk', text };
  yield { type: 'end', reason: 'stop' };
}

async function generation(before: string, text: string) {
  const made = new Generation(question(before), () => events(text));
  await settle();
  return made;
}

describe('Cache', () => {
  it('finds what answers, the last used first', async () => {
    const cache = new Cache();
    const long = await generation('a', 'bcd');
    const short = await generation('ab', 'c!');
    cache.keep(long);
    cache.keep(short);
    expect(cache.find(question('abc'))).toBe(short);
    expect(cache.find(question('a'))).toBe(long);
    expect(cache.find(question('abc'))).toBe(long);
    expect(cache.find(question('x'))).toBeNull();
    cache.clear();
    expect(cache.find(question('a'))).toBeNull();
  });

  it('does not answer where the document is another one', async () => {
    const cache = new Cache();
    cache.keep(await generation('a', 'b'));
    const other = snapshotOf(['a'], { path: 'b.ipynb' });
    expect(cache.find({ ...question('a'), snapshot: other })).toBeNull();
  });

  it('keeps the last 64', async () => {
    const cache = new Cache();
    for (let i = 0; i < 65; i++) {
      cache.keep(await generation(`x${i}\n`, 'b'));
    }
    expect(cache.find(question('x0\n'))).toBeNull();
    expect(cache.find(question('x1\n'))).not.toBeNull();
  });
});
