import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Generation } from '../src/generation';
import type { IFault } from '../src/wire';
import { collect, FakeEditor, FakeHost, settle } from './fakes';

const FAULT: IFault = { type: 'fault', code: 'internal', message: 'It broke.' };

describe('Provider', () => {
  let host: FakeHost;

  beforeEach(() => {
    vi.useFakeTimers();
    host = new FakeHost(new FakeEditor('pri'));
  });

  afterEach(() => {
    host.provider.dispose();
    vi.useRealTimers();
  });

  /** A fetch that has come past the debounce. */
  async function ask() {
    const items = host.fetch();
    await vi.advanceTimersByTimeAsync(60);
    return { items, request: host.client.last };
  }

  /** A fetch that was answered with `text`, and its stream. */
  async function streaming(text: string) {
    const { items, request } = await ask();
    request.say(text);
    const [item] = await items;
    return { item, request, stream: host.stream(item) };
  }

  it('answers with the first text, then streams all of it so far', async () => {
    const { item, request, stream } = await streaming('nt');
    expect(item).toMatchObject({ insertText: 'nt', isIncomplete: true });
    request.say('(x', ')');
    await settle();
    request.end();
    await stream.done;
    expect(stream.texts.at(-1)).toBe('nt(x)');
    expect(host.client.requests.length).toBe(1);
  });

  it('answers with a finished text at once', async () => {
    const { items, request } = await ask();
    request.say('nt()');
    request.end();
    expect(await items).toMatchObject([{ insertText: 'nt()' }]);
  });

  it('answers with nothing when there is nothing', async () => {
    const { items, request } = await ask();
    request.send({ type: 'end', reason: 'silent' });
    expect(await items).toEqual([]);
  });

  it('asks at once, and waits only where keys come faster than answers', async () => {
    void host.type('n');
    await settle();
    expect(host.client.requests.length).toBe(1);
    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(30);
      void host.type('x');
      await settle();
    }
    expect(host.client.requests.length).toBeLessThan(5);
    void host.fetch(0);
    await settle();
    expect(host.client.last.snapshot.trigger).toBe('invoke');
    expect(host.client.last.snapshot.cursor).toBe(24);
  });

  it('waits where the last ones were refused and a word begins', async () => {
    for (const letter of 'xq') {
      const items = host.type(letter);
      await vi.advanceTimersByTimeAsync(600);
      host.client.last.say('a');
      host.client.last.end();
      await items;
    }
    void host.type('(');
    await vi.advanceTimersByTimeAsync(200);
    expect(host.client.requests.length).toBe(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(host.client.requests.length).toBe(3);
    void host.type('(');
    void host.fetch(0);
    await settle();
    expect(host.client.requests.length).toBe(4);
  });

  it('tells what it gives to be shown, and how it was made', async () => {
    const shown: Generation[] = [];
    host.provider.onShow = generation => shown.push(generation);
    const { items, request } = await ask();
    request.send({ type: 'end', reason: 'silent' });
    await items;
    expect(shown).toEqual([]);
    const later = host.type('v');
    await settle();
    await vi.advanceTimersByTimeAsync(30);
    host.client.last.say('a');
    await later;
    expect(shown.map(({ figures }) => figures)).toEqual([null]);
    await vi.advanceTimersByTimeAsync(20);
    host.client.last.end();
    await settle();
    expect(shown[0]?.figures).toEqual({
      model: 'fake',
      first: 30,
      whole: 50,
      used: null
    });
  });

  it('makes one request for two fetches', async () => {
    const { items, request } = await ask();
    const later = host.type('n');
    expect(await items).toEqual([]);
    request.say('nt(');
    expect(await later).toMatchObject([{ insertText: 't(' }]);
    expect(host.client.requests.length).toBe(1);
    expect(request.signal.aborted).toBe(false);
  });

  it('joins when the typing is ahead of the text', async () => {
    const { request } = await ask();
    request.say('n');
    await settle();
    const later = host.type('nt');
    request.say('t(x)');
    expect(await later).toMatchObject([{ insertText: '(x)' }]);
    expect(host.client.requests.length).toBe(1);
  });

  it.each([['x('], ['']])(
    'asks again when what it joined came to %j',
    async text => {
      const { request } = await ask();
      const later = host.type('n');
      await settle();
      request.say(text);
      request.end();
      await vi.advanceTimersByTimeAsync(60);
      expect(host.client.requests.length).toBe(2);
      host.client.last.say('t(');
      host.client.last.end();
      expect(await later).toMatchObject([{ insertText: 't(' }]);
    }
  );

  it('never writes letters twice when they are typed during a stream', async () => {
    const { request, stream } = await streaming('nt');
    host.editor.type('n'); // The host asks later, or never.
    request.say('(x)');
    await settle();
    request.end();
    await stream.done;
    expect(
      stream.texts.every(
        text => 'rint(x)'.endsWith(text) && !text.startsWith('n')
      )
    ).toBe(true);
    expect(stream.texts.at(-1)).toBe('t(x)');
  });

  it('hands a stream over to the next fetch', async () => {
    const { request, stream } = await streaming('nt');
    const [item] = await host.type('n');
    await stream.done;
    expect(item).toMatchObject({ insertText: 't', isIncomplete: true });
    const next = host.stream(item);
    request.say('(x)');
    request.end();
    await next.done;
    expect(next.texts).toEqual(['t(x)']);
  });

  it.each([
    [
      'typing something else',
      (editor: FakeEditor) => {
        editor.type('v');
      }
    ],
    [
      'deleting',
      (editor: FakeEditor) => {
        editor.backspace();
      }
    ],
    [
      'moving away',
      (editor: FakeEditor) => {
        editor.cursor = 0;
      }
    ],
    [
      'an edit from elsewhere',
      (editor: FakeEditor) => {
        editor.text += '\nz';
      }
    ]
  ])('ends the stream and the request on %s', async (_, edit) => {
    const { request, stream } = await streaming('nt');
    edit(host.editor);
    request.say('(x)');
    await stream.done;
    expect(stream.texts).toEqual([]);
    expect(request.signal.aborted).toBe(true);
  });

  it('ends the request as soon as a key does not fit', async () => {
    const { request, stream } = await streaming('nt');
    void host.type('v');
    await stream.done;
    expect(request.signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(60);
    expect(host.client.requests.length).toBe(2);
    expect(host.client.last.snapshot.cells[0]?.source).toBe('priv');
  });

  it('goes on with the rest after a part was accepted', async () => {
    const { request } = await streaming('nt(');
    const rest = host.type('nt(');
    request.say('x)');
    expect(await rest).toMatchObject([{ insertText: 'x)' }]);
    expect(host.client.requests.length).toBe(1);
  });

  it('asks again after all of it was accepted', async () => {
    const { items, request } = await ask();
    request.say('nt()');
    request.end();
    await items;
    void host.type('nt()');
    await vi.advanceTimersByTimeAsync(60);
    expect(host.client.last.snapshot.cursor).toBe(7);
    expect(host.client.requests.length).toBe(2);
  });

  it('remembers what it suggested when one comes back to it', async () => {
    const { items, request } = await ask();
    request.say('nt()');
    request.end();
    await items;
    void host.type('v');
    await vi.advanceTimersByTimeAsync(60);
    host.editor.backspace();
    expect(await host.fetch()).toEqual([{ insertText: 'nt()' }]);
    expect(host.client.requests.map(made => made.signal.aborted)).toEqual([
      false,
      true
    ]);
    host.provider.forget();
    void host.fetch();
    await vi.advanceTimersByTimeAsync(60);
    expect(host.client.requests.length).toBe(3);
  });

  it('keeps nothing but what is in flight when the world has changed', async () => {
    const { item, request, stream } = await streaming('nt');
    host.provider.expire();
    request.say('(x)');
    request.end();
    await stream.done;
    expect(item).toMatchObject({ insertText: 'nt' });
    expect(stream.texts.at(-1)).toBe('nt(x)');
    void host.type('v');
    await vi.advanceTimersByTimeAsync(60);
    host.editor.backspace();
    void host.fetch();
    await vi.advanceTimersByTimeAsync(60);
    expect(host.client.requests.length).toBe(3);
  });

  it('gives nothing for an editor that was left, unless another window has the focus', async () => {
    for (const [isWindow, count] of [
      [true, 0],
      [false, 1]
    ] as const) {
      vi.stubGlobal('document', { hasFocus: () => isWindow });
      host.provider.forget();
      host.editor.isFocused = true;
      const { items, request } = await ask();
      host.editor.isFocused = false;
      request.say('nt()');
      request.end();
      expect(await items).toHaveLength(count);
    }
    vi.unstubAllGlobals();
  });

  it('counts what was accepted as no refusal', async () => {
    const { items, request } = await ask();
    request.say('nt = ');
    request.end();
    await items;
    const next = host.type('nt = ');
    await vi.advanceTimersByTimeAsync(600);
    host.client.last.say('a');
    host.client.last.end();
    await next;
    void host.type('(');
    await vi.advanceTimersByTimeAsync(200);
    expect(host.client.requests.length).toBe(3);
  });

  it('ends what is in flight when another editor is used', async () => {
    const { request } = await streaming('nt');
    void host.fetch(1, new FakeEditor('x = '));
    await vi.advanceTimersByTimeAsync(60);
    expect(request.signal.aborted).toBe(true);
    expect(host.client.last.snapshot.cells[0]?.source).toBe('x = ');
  });

  it('brings back what was there before a letter that did not fit', async () => {
    const { items, request } = await ask();
    request.say('nt()');
    request.end();
    await items;
    expect(await host.type('n')).toEqual([{ insertText: 't()' }]);
    void host.type('x');
    await vi.advanceTimersByTimeAsync(60);
    host.editor.backspace();
    expect(await host.fetch()).toEqual([{ insertText: 't()' }]);
    host.editor.backspace();
    expect(await host.fetch()).toEqual([{ insertText: 'nt()' }]);
    host.editor.backspace();
    void host.fetch();
    await settle();
    expect(host.client.requests.length).toBe(3);
  });

  it('does not ask again where it was told nothing, but by hand it does', async () => {
    const { items, request } = await ask();
    request.send({ type: 'end', reason: 'silent' });
    await items;
    expect(await host.fetch()).toEqual([]);
    expect(host.client.requests.length).toBe(1);
    void host.fetch(0);
    await settle();
    expect(host.client.requests.length).toBe(2);
  });

  it('brings nothing up where it is quiet, however often it is asked', async () => {
    const { items, request } = await ask();
    request.say('nt()');
    request.end();
    await items;
    host.provider.dismiss();
    host.provider.isQuiet = () => true;
    expect(await host.fetch()).toEqual([]);
    expect(await host.fetch()).toEqual([]);
    expect(host.client.requests.length).toBe(1);
    host.provider.isQuiet = () => false;
    expect(await host.fetch()).toEqual([{ insertText: 'nt()' }]);
  });

  it('keeps what it suggested while other cells hold the same', async () => {
    const { items, request } = await ask();
    request.say('nt()');
    request.end();
    await items;
    const other = new FakeEditor('x = ');
    void host.fetch(1, other);
    await vi.advanceTimersByTimeAsync(60);
    host.client.last.end();
    expect(await host.fetch()).toEqual([{ insertText: 'nt()' }]);
    host.others = ['import os'];
    void host.fetch();
    await vi.advanceTimersByTimeAsync(60);
    expect(host.client.requests.length).toBe(3);
  });

  it.each([
    ['a line to the right', 'pri', ')', 'nt(x', 1],
    ['a block', 'if x:', '', '\n    y\n', 1],
    [
      'a line at its end, where asking by hand may get a block',
      'pri',
      '',
      'n',
      2
    ]
  ])(
    'by hand joins what types along: %s',
    async (_, before, after, said, count) => {
      host.editor.text = before + after;
      host.editor.cursor = before.length;
      const { request } = await ask();
      request.say(said);
      await settle();
      const byHand = host.fetch(0);
      await settle();
      host.client.last.say('1');
      host.client.last.end();
      await byHand;
      expect(host.client.requests.length).toBe(count);
    }
  );

  it('does not answer to the typing of others, nor when paused', async () => {
    host.editor.isFocused = false;
    expect(await host.fetch()).toEqual([]);
    host.editor.isFocused = true;
    host.provider.isQuiet = () => true;
    expect(await host.fetch()).toEqual([]);
    expect(host.client.requests.length).toBe(0);
    void host.fetch(0);
    await settle();
    expect(host.client.requests.length).toBe(1);
  });

  it('shows a fault once until a request succeeds', async () => {
    const fail = async (fault = FAULT) => {
      const { items, request } = await ask();
      request.send(fault);
      await vi.advanceTimersByTimeAsync(500);
      return items;
    };
    const shown = [{ insertText: '', error: { message: 'It broke.' } }];
    expect(await fail()).toEqual(shown);
    expect(await fail()).toEqual([]);
    expect(await fail({ ...FAULT, message: 'Something else.' })).not.toEqual(
      []
    );
    expect(await fail()).toEqual([]);
    for (const [reason, again] of [
      ['silent', []],
      ['stop', shown]
    ] as const) {
      const { request } = await ask();
      request.send({ type: 'end', reason });
      await settle();
      host.editor.type('n');
      expect(await fail()).toEqual(again);
    }
    for (const code of ['loading', 'busy'] as const) {
      expect(await fail({ ...FAULT, code, message: 'Wait.' })).toEqual([]);
    }
  });

  it('shows no fault while somebody types', async () => {
    const { items, request } = await ask();
    request.send(FAULT);
    await vi.advanceTimersByTimeAsync(400);
    void host.type('n');
    expect(await items).toEqual([]);
  });

  it('always says why when it was asked to', async () => {
    for (let i = 0; i < 2; i++) {
      const items = host.fetch(0);
      await settle();
      host.client.last.send(FAULT);
      expect(await items).toMatchObject([{ error: { message: 'It broke.' } }]);
    }
  });

  it('keeps the text that came before a fault', async () => {
    const { request, stream } = await streaming('nt(');
    request.say('x');
    request.send(FAULT);
    await stream.done;
    expect(stream.texts.at(-1)).toBe('nt(x');
  });

  it('tells how requests ended, but not the cancelled ones', async () => {
    const heard: string[] = [];
    host.provider.ended.connect((_, last) => heard.push(last.type));
    await ask();
    host.editor.type('v');
    const { request } = await ask();
    request.send(FAULT);
    await settle();
    expect(heard).toEqual(['fault']);
  });

  it('never throws at the host', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const text = vi.spyOn(host.editor.model.sharedModel, 'getSource');
    text.mockImplementation(() => {
      throw new Error('The editor is gone.');
    });
    expect(await host.fetch()).toEqual([]);
    text.mockRestore();
    const { request, stream } = await streaming('nt');
    vi.spyOn(host.editor, 'getCursorPosition').mockImplementation(() => {
      throw new Error('The editor is gone.');
    });
    request.say('(x)');
    await stream.done;
    expect(stream.texts).toEqual([]);
    expect(await collect(host.provider.stream('unknown'))).toEqual([]);
  });

  it('ends everything when it is disposed', async () => {
    const { request, stream } = await streaming('nt');
    host.provider.dispose();
    await stream.done;
    expect(request.signal.aborted).toBe(true);
    expect(await host.fetch()).toEqual([]);
  });
});
