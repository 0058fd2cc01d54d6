import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type IPage, StatusModel } from '../src/status';
import type { IFault } from '../src/wire';
import { FakeClient, READY } from './fakes';

class FakePage extends EventTarget implements IPage {
  hidden = false;

  show(isShown: boolean): void {
    this.hidden = !isShown;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

const LOADING: IFault = {
  type: 'fault',
  code: 'loading',
  message: 'Wait.',
  progress: 0.4
};
const DOWN: IFault = { type: 'fault', code: 'down', message: 'Down.' };

describe('StatusModel', () => {
  let client: FakeClient;
  let page: FakePage;
  let model: StatusModel;

  beforeEach(() => {
    vi.useFakeTimers();
    client = new FakeClient();
    page = new FakePage();
    model = new StatusModel(client, page);
  });

  afterEach(() => {
    model.dispose();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('asks, later and later, until the server is ready, and then no more', async () => {
    client.answer = { ...READY, state: 'loading' };
    await model.refresh();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(client.asked).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.asked).toBeGreaterThan(12);
    expect(client.asked).toBeLessThan(20);
    client.answer = READY;
    await vi.advanceTimersByTimeAsync(5_000);
    const asked = client.asked;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.asked).toBe(asked);
    expect(model.status).toEqual(READY);
  });

  it('asks seldom while the server is broken', async () => {
    client.answer = DOWN;
    await model.refresh();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(client.asked).toBeLessThan(25);
    expect(model.status).toMatchObject({ state: 'failed', message: 'Down.' });
  });

  it('does not ask while nobody looks', async () => {
    model.hear(LOADING);
    page.show(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.asked).toBe(0);
    page.show(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(client.asked).toBe(1);
  });

  it('learns from every answer', () => {
    const seen: string[] = [];
    model.changed.connect((_, status) => seen.push(status.state));
    model.hear(LOADING);
    expect(model.status).toMatchObject({ progress: 0.4, message: 'Wait.' });
    model.hear({ type: 'end', reason: 'stop', model: 'tiny' });
    model.hear({ type: 'end', reason: 'stop', model: 'tiny' });
    expect(model.status).toMatchObject({
      state: 'ready',
      model: 'tiny',
      message: ''
    });
    model.hear({ ...DOWN, code: 'internal' });
    expect(model.status).toMatchObject({ state: 'ready', message: 'Down.' });
    model.hear(DOWN);
    model.hear(READY);
    expect(seen).toEqual(['loading', 'ready', 'ready', 'failed', 'ready']);
  });

  it('tells how far a download is', () => {
    const message = 'The model is loading: downloading X, 310 of 990 MB.';
    model.hear({ ...READY, state: 'loading', progress: 0.31, message });
    expect(model.status).toMatchObject({ progress: 0.31, message });
  });

  it('keeps the note of a model that is ready', () => {
    const note = 'Not for commercial use.';
    model.hear({ ...READY, message: note });
    model.hear({ ...DOWN, code: 'busy' });
    expect(model.status).toMatchObject({ state: 'ready', message: 'Down.' });
    model.hear({ type: 'end', reason: 'stop', model: 'tiny' });
    expect(model.status).toMatchObject({ message: note, model: 'tiny' });
    model.hear({ ...READY, state: 'starting' });
    model.hear(READY);
    expect(model.status.message).toBe('');
  });

  it('asks for the note when a suggestion shows that the model is ready', async () => {
    client.answer = { ...READY, message: 'Not for commercial use.' };
    model.hear(LOADING);
    model.hear({ type: 'end', reason: 'stop', model: 'tiny' });
    await vi.advanceTimersByTimeAsync(0);
    expect(client.asked).toBe(1);
    expect(model.status.message).toBe('Not for commercial use.');
    model.hear({ type: 'end', reason: 'stop', model: 'tiny' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.asked).toBe(1);
  });

  it('is silent once disposed', async () => {
    const answer = model.refresh();
    model.dispose();
    await answer;
    page.show(true);
    expect(model.status.state).toBe('starting');
    expect(model.isDisposed).toBe(true);
  });
});
