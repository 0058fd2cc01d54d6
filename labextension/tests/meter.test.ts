import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Meter } from '../src/meter';
import type { Event, ISnapshot } from '../src/wire';
import { collect, FakeClient, settle } from './fakes';

const USED = { cells: 3, facts: 2, tokens: 100 };

describe('Meter', () => {
  let client: FakeClient;
  let meter: Meter;
  let cancel: AbortController;

  const ask = () => meter.complete({} as ISnapshot, cancel.signal);

  beforeEach(() => {
    vi.useFakeTimers();
    client = new FakeClient();
    meter = new Meter(client);
    cancel = new AbortController();
  });

  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    expect(meter.isBusy).toBe(false);
    vi.useRealTimers();
  });

  it('passes everything on, and tells how long it took', async () => {
    const events = collect<Event>(ask());
    await vi.advanceTimersByTimeAsync(40);
    client.last.say('a');
    await vi.advanceTimersByTimeAsync(20);
    client.last.say('b');
    client.last.send({ type: 'end', reason: 'stop', model: 'm', used: USED });
    expect((await events).map(event => event.type)).toEqual([
      'chunk',
      'chunk',
      'end'
    ]);
    expect(meter.last).toEqual({
      model: 'm',
      first: 40,
      whole: 60,
      used: USED
    });
  });

  it('does not count answers without text', async () => {
    const silent = collect<Event>(ask());
    client.last.end();
    await silent;
    const broken = collect<Event>(ask());
    client.last.say('a');
    client.last.send({ type: 'fault', code: 'down', message: 'Down.' });
    await broken;
    expect(meter.last).toBeNull();
  });

  it('is busy while somebody waits for long', async () => {
    const seen: boolean[] = [];
    meter.changed.connect(() => seen.push(meter.isBusy));
    const one = collect<Event>(ask());
    const first = client.last;
    const two = collect<Event>(ask());
    await vi.advanceTimersByTimeAsync(1_000);
    first.say('a');
    await settle();
    expect(meter.isBusy).toBe(true);
    cancel.abort();
    await Promise.all([one, two]);
    expect(seen).toEqual([true, true, true, false]);
  });

  it('lets a request be given up', async () => {
    const events = ask();
    const first = events.next();
    client.last.say('a');
    await first;
    await events.return();
    expect(meter.last).toBeNull();
  });
});
