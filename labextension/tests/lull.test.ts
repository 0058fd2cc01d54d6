import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lull } from '../src/lull';

describe('a lull', () => {
  let ran: number;
  let lull: Lull;

  beforeEach(() => {
    vi.useFakeTimers();
    ran = 0;
    lull = new Lull(200, () => ran++);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('is over when nothing has stirred for so long, once', () => {
    for (let key = 0; key < 10; key++) {
      lull.stir();
      vi.advanceTimersByTime(150);
    }
    expect(ran).toBe(0);
    vi.advanceTimersByTime(49);
    expect(ran).toBe(0);
    vi.advanceTimersByTime(1);
    expect(ran).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(ran).toBe(1);
    lull.stir();
    vi.advanceTimersByTime(200);
    expect(ran).toBe(2);
  });

  it('has one timer, however often it is stirred', () => {
    for (let key = 0; key < 10; key++) {
      lull.stir();
    }
    expect(vi.getTimerCount()).toBe(1);
  });

  it('may be stirred by what it runs', () => {
    lull = new Lull(200, () => {
      if (++ran < 3) {
        lull.stir();
      }
    });
    lull.stir();
    vi.advanceTimersByTime(1_000);
    expect(ran).toBe(3);
  });

  it('never runs once it is disposed', () => {
    lull.stir();
    lull.dispose();
    lull.stir();
    vi.advanceTimersByTime(1_000);
    expect([ran, lull.isDisposed]).toEqual([0, true]);
  });
});
