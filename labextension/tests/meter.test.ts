import { PromiseDelegate } from '@lumino/coreutils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IFigures } from '../src/generation';
import { Meter } from '../src/meter';
import type { Event, ISnapshot } from '../src/wire';
import { collect, FakeClient, settle } from './fakes';

const USED = { cells: 3, facts: 2, tokens: 100 };
const FIGURES: IFigures = { model: 'm', first: 40, whole: 60, used: USED };

/** What is shown, as far as it matters here. */
class Shown {
  figures: IFigures | null = null;
  private _ended = new PromiseDelegate<null>();
  readonly ended = this._ended.promise;

  end(figures: IFigures | null): void {
    this.figures = figures;
    this._ended.resolve(null);
  }
}

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

  it('passes everything on', async () => {
    const events = collect<Event>(ask());
    client.last.say('a', 'b');
    client.last.end();
    expect((await events).map(event => event.type)).toEqual([
      'chunk',
      'chunk',
      'end'
    ]);
    expect(meter.last).toBeNull();
  });

  it('has the figures of what was shown last, once that is whole', async () => {
    let changes = 0;
    meter.changed.connect(() => changes++);
    const one = new Shown();
    meter.show(one);
    meter.show(one);
    await settle();
    expect([meter.last, changes]).toEqual([null, 0]);
    one.end(FIGURES);
    await settle();
    expect([meter.last, changes]).toEqual([FIGURES, 1]);
  });

  it('has none of what was overtaken, or has failed', async () => {
    const [one, two, three] = [new Shown(), new Shown(), new Shown()];
    meter.show(one);
    meter.show(two);
    one.end({ ...FIGURES, model: 'overtaken' });
    two.end(FIGURES);
    await settle();
    meter.show(three);
    three.end(null);
    await settle();
    expect(meter.last).toEqual(FIGURES);
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
