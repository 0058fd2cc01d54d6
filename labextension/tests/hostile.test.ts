// @vitest-environment jsdom

/** What no worker should say and no page should do, against JupyterLab's own completer and editor. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Client } from '../src/client';
import { MAX_TEXT } from '../src/generation';
import { Provider } from '../src/provider';
import { replyOf } from '../src/reply';
import type { Event } from '../src/wire';
import { FakeEditor, FakeHost, settle, trans } from './fakes';
import { Lab } from './lab';

let lab: Lab;

beforeEach(async () => {
  vi.useFakeTimers();
  lab = new Lab();
  await lab.reset('x = ');
});

afterEach(() => {
  lab.dispose();
  vi.useRealTimers();
});

async function wait(milliseconds = 60): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  lab.flush();
}

/** A key, and an answer to it. */
async function answer(...events: Event[]): Promise<void> {
  lab.type('p');
  await wait();
  lab.client.last.send(...events);
  await wait();
}

const chunk = (text: string): Event => ({ type: 'chunk', text });
const end: Event = { type: 'end', reason: 'stop' };
const fault: Event = { type: 'fault', code: 'internal', message: 'It broke.' };

describe('A reply', () => {
  it.each([
    ['line ends of all kinds', 'a\r\nb\rc', 'a\nb\nc'],
    ['controls', 'a\u0000b\u001b[31mc', 'ab[31mc'],
    ['turned directions', 'a\u202eb\u2066c', 'abc'],
    ['half a character', 'a\ud83d', 'a'],
    ['HTML', '<img src=x onerror="alert(1)">', '<img src=x onerror="alert(1)">']
  ])('with %s is shown and accepted as one text', async (_, said, shown) => {
    await answer(chunk(said), end);
    expect(lab.ghost).toBe(shown);
    expect(lab.seen).toBe(shown);
    expect(document.querySelector('.jp-GhostText img')).toBeNull();
    lab.accept();
    expect(lab.text).toBe('x = p' + shown);
    expect(lab.cursor).toBe(lab.text.length);
  });

  it('may be cut inside a character and a line end', async () => {
    await answer(chunk('a\ud83d'), chunk('\ude42\r'), chunk('\nb'), end);
    expect(lab.ghost).toBe('a🙂\nb');
  });

  it('of 10 MB is cut, and no longer listened to', async () => {
    lab.type('p');
    await wait();
    const { last } = lab.client;
    last.send(chunk('a'.repeat(10_000_000)));
    await wait();
    expect(lab.ghost.length).toBe(MAX_TEXT);
    const more = vi.fn(() => chunk('b'));
    Object.defineProperty(more, 'type', { get: more });
    last.send(more as unknown as Event);
    await wait();
    expect(more).not.toHaveBeenCalled();
    expect(lab.ghost.length).toBe(MAX_TEXT);
  });

  it.each([
    ['nothing', [end]],
    ['only what must not be shown', [chunk('\u202e\u0000'), end]],
    ['an error', [fault]]
  ])('of %s leaves nothing, and Tab to others', async (_, events) => {
    await answer(...events);
    expect([lab.ghost, lab.completer.isActive]).toEqual(['', false]);
    lab.accept();
    expect(lab.text).toBe('x = p');
  });

  it('with an error in the middle keeps what came before', async () => {
    await answer(chunk('rint'), fault);
    expect(lab.ghost).toBe('rint');
    lab.accept();
    expect(lab.text).toBe('x = print');
  });
});

describe('While a stream runs', () => {
  beforeEach(() => answer(chunk('ri')));

  it('a colleague’s line does not disturb it, nor make a request', async () => {
    lab.edit(0, 0, 'import os\n');
    await wait();
    lab.edit(6, 9, 'r');
    await wait();
    lab.edit(0, 0, 'r');
    await wait();
    expect(lab.client.requests.length).toBe(1);
    expect(lab.ghost).toBe('ri');
    lab.client.last.send(chunk('nt'), end);
    await wait();
    expect(lab.ghost).toBe('rint');
    lab.type('r');
    await wait();
    expect(lab.ghost).toBe('int');
    lab.accept();
    expect(lab.text).toBe('rimportr\nx = print');
  });

  it('a closed notebook ends it', async () => {
    const request = lab.client.last;
    Object.defineProperty(lab.editor, 'isDisposed', { value: true });
    request.send(chunk('nt'));
    await wait();
    expect(request.signal.aborted).toBe(true);
  });
});

describe('What belonged to another state of things', () => {
  it.each([
    ['a renamed notebook', { path: 'b.ipynb' }],
    ['another language', { language: 'r' }],
    ['another kernel', { kernel: 'k-2' }]
  ])('is not used for %s', async (_, changes) => {
    const host = new FakeHost(new FakeEditor('pri'));
    void host.fetch();
    await settle();
    const request = host.client.last;
    request.say('nt');
    host.changes = changes;
    const items = host.type('n');
    await settle();
    expect(request.signal.aborted).toBe(true);
    expect(host.client.last.snapshot).toMatchObject(changes);
    host.client.last.say('T');
    host.client.last.end();
    expect(await items).toEqual([{ insertText: 'T' }]);
    host.provider.dispose();
  });

  it('is forgotten when it may no longer be sent', async () => {
    const host = new FakeHost(new FakeEditor('pri'));
    void host.fetch();
    await settle();
    vi.spyOn(
      host.provider as unknown as { _documentOf: () => null },
      '_documentOf'
    ).mockReturnValue(null);
    expect(await host.type('n')).toEqual([]);
    expect(host.client.last.signal.aborted).toBe(true);
    host.provider.dispose();
  });
});

describe('A page that is offline', () => {
  it('says so once, and goes on when it is back', async () => {
    const editor = new FakeEditor('pri');
    const host = new FakeHost(editor);
    let isOffline = true;
    const ask = () =>
      isOffline
        ? Promise.reject(new TypeError('Failed to fetch'))
        : Promise.resolve(
            replyOf(
              new Response(
                'data: {"type":"chunk","text":"nt"}\n\n' +
                  'data: {"type":"end","reason":"stop"}\n\n'
              )
            )
          );
    const client = new Client(ask, trans);
    vi.spyOn(host.client, 'complete').mockImplementation((snapshot, signal) =>
      client.complete(snapshot, signal)
    );
    const fetch = async () => {
      const items = host.fetch();
      await wait(600);
      return items;
    };
    expect(await fetch()).toMatchObject([
      { error: { message: 'Jupyter Server cannot be reached.' } }
    ]);
    editor.type('n');
    expect(await fetch()).toEqual([]);
    isOffline = false;
    editor.backspace();
    expect(await fetch()).toMatchObject([{ insertText: 'nt' }]);
    expect(host.provider).toBeInstanceOf(Provider);
    host.provider.dispose();
  });
});
