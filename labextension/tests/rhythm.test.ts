import { describe, expect, it } from 'vitest';
import { Rhythm } from '../src/rhythm';

/** The waits after keys with these gaps between them. */
function waits(gaps: number[]): number[] {
  const rhythm = new Rhythm();
  let now = 1000;
  return [0, ...gaps].map(gap => {
    rhythm.note((now += gap));
    return rhythm.wait;
  });
}

const many = (gap: number) => Array<number>(30).fill(gap);

describe('Rhythm', () => {
  it('asks at once at the first key, and after a pause', () => {
    expect(waits([500])).toEqual([0, 0]);
    expect(waits([...many(30), 500]).at(-1)).toBe(0);
  });

  it.each([80, 120, 200])('asks at once at a key each %j ms', gap => {
    expect(Math.max(...waits(many(gap)))).toBe(0);
  });

  it.each([10, 30])('waits longer than a key that is held down', gap => {
    const wait = waits(many(gap)).at(-1);
    expect(wait).toBeGreaterThan(gap);
    expect(wait).toBeLessThanOrEqual(60);
  });

  it('goes with the person, after a while', () => {
    expect(waits([...many(30), ...many(120)]).at(-1)).toBe(0);
    expect(waits([...many(120), ...many(30)]).at(-1)).toBeGreaterThan(30);
  });
});
