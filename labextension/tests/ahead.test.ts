import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { placeAfter, typedInto } from '../src/ahead';
import { takeSnapshot } from '../src/snapshot';
import { FakeEditor, FakeHost, settle } from './fakes';

describe('typedInto', () => {
  it('is the document after the text was typed', () => {
    const cell = (text: string) => ({
      cell_type: 'code',
      getSource: () => text
    });
    const document = {
      editor: 'e-1',
      path: 'a.ipynb',
      language: 'python',
      kernel: null,
      cells: [cell('import os'), cell('pr()')],
      active: 1,
      offset: 2
    };
    const snapshot = takeSnapshot(typedInto(document, 'int'), 'automatic');
    expect(snapshot.cells.map(cell => cell.source)).toEqual([
      'import os',
      'print()'
    ]);
    expect(snapshot.cursor).toBe(5);
    expect(document.cells[1]?.getSource()).toBe('pr()');
  });

  it('is at the place after the text', () => {
    const editor = {};
    expect(placeAfter({ editor, before: 'a', after: 'd' }, 'bc')).toEqual({
      editor,
      before: 'abc',
      after: 'd'
    });
  });
});

describe('The suggestion after the next', () => {
  let host: FakeHost;
  let ended: string[];

  beforeEach(async () => {
    vi.useFakeTimers();
    host = new FakeHost(new FakeEditor('pri'));
    ended = [];
    host.provider.ended.connect((_, last) => ended.push(last.type));
    const items = host.fetch();
    await settle();
    host.client.last.say('nt');
    host.client.last.end();
    await items;
  });

  afterEach(() => {
    host.provider.dispose();
    vi.useRealTimers();
  });

  /** The request for what follows. */
  async function wait() {
    await vi.advanceTimersByTimeAsync(250);
    return host.client.last;
  }

  it('is asked for once nobody types, as if this one were accepted', async () => {
    expect(host.client.requests.length).toBe(1);
    const { snapshot } = await wait();
    expect(snapshot.cells[0]?.source).toBe('print');
    expect(snapshot.cursor).toBe(5);
    expect(snapshot.trigger).toBe('automatic');
    await vi.advanceTimersByTimeAsync(1000);
    expect(host.client.requests.length).toBe(2);
  });

  it('is there at once when this one is accepted', async () => {
    const ahead = await wait();
    ahead.say('(x)');
    ahead.end();
    await settle();
    expect(await host.type('nt')).toEqual([{ insertText: '(x)' }]);
    expect(host.client.requests.length).toBe(2);
    await wait();
    expect(host.client.last.snapshot.cells[0]?.source).toBe('print(x)');
  });

  it('is joined when it is not there yet', async () => {
    const ahead = await wait();
    const items = host.type('nt');
    await settle();
    ahead.say('(x');
    expect(await items).toMatchObject([
      { insertText: '(x', isIncomplete: true }
    ]);
    expect(ended).toEqual(['end']);
    ahead.end();
    await settle();
    expect(ended).toEqual(['end', 'end']);
  });

  it('lives while what is typed agrees, and ends with what does not', async () => {
    const ahead = await wait();
    await host.type('n');
    expect(ahead.signal.aborted).toBe(false);
    void host.type('x');
    await settle();
    expect(ahead.signal.aborted).toBe(true);
  });

  it('says nothing of how it went, and is asked for again when it failed', async () => {
    const ahead = await wait();
    ahead.send({ type: 'fault', code: 'internal', message: 'It broke.' });
    await settle();
    expect(ended).toEqual(['end']);
    void host.type('nt');
    await settle();
    expect(host.client.requests.length).toBe(3);
  });

  it('is not asked for where it is quiet, nor after everything was forgotten', async () => {
    host.provider.isQuiet = () => true;
    await wait();
    expect(host.client.requests.length).toBe(1);
    host.provider.isQuiet = () => false;
    await host.type('n');
    const ahead = await wait();
    host.provider.forget();
    expect(ahead.signal.aborted).toBe(true);
  });

  /** Asks anew, and gives what was suggested. */
  async function suggest(text: string) {
    const items = host.type(text);
    await settle();
    host.client.last.say('nt');
    host.client.last.end();
    await items;
  }

  it('is asked for later each time that nobody came to it', async () => {
    const waits = [];
    for (let turn = 0; turn < 8; turn++) {
      const before = host.client.requests.length;
      const began = Date.now();
      while (host.client.requests.length === before) {
        await vi.advanceTimersByTimeAsync(25);
      }
      waits.push(Date.now() - began);
      host.client.last.end();
      await suggest(`\nx${turn}`);
    }
    expect(waits.slice(0, 3)).toEqual([250, 375, 575]);
    expect(waits.at(-1)).toBe(2000);
  });

  it('is asked for soon again after it was wanted', async () => {
    const ahead = await wait();
    ahead.say('(x)');
    ahead.end();
    await settle();
    await host.type('nt');
    await wait();
    expect(host.client.requests.length).toBe(3);
  });

  it('does not mind when the editor is gone', async () => {
    host.editor.isDisposed = true;
    await wait();
    expect(host.client.requests.length).toBe(1);
  });
});
