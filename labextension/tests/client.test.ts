import { describe, expect, it } from 'vitest';
import { type Ask, Client } from '../src/client';
import { replyOf } from '../src/reply';
import { encodeSnapshot, type Event, type ISnapshot } from '../src/wire';
import { collect, READY, trans } from './fakes';

const SNAPSHOT: ISnapshot = {
  editor: 'e-1',
  path: 'a.ipynb',
  language: 'python',
  cells: [
    {
      kind: 'code',
      source: 'x',
      outputs: '',
      count: null,
      edited: false,
      excluded: false
    }
  ],
  active: 0,
  cursor: 1,
  kernel: null,
  trigger: 'automatic'
};

/** A server that answers nothing until it is aborted. */
const silent: Ask = (_route, init) =>
  new Promise((_resolve, reject) => {
    const fail = () => {
      reject(new TypeError('aborted'));
    };
    init.signal?.addEventListener('abort', fail);
    if (init.signal?.aborted) {
      fail();
    }
  });

function complete(
  ask: Ask,
  controller = new AbortController(),
  deadline?: number
): Promise<Event[]> {
  const client = new Client(ask, trans, deadline);
  return collect(client.complete(SNAPSHOT, controller.signal));
}

function answering(status: number, body: string): Ask {
  return () => Promise.resolve(replyOf(new Response(body, { status })));
}

describe('complete', () => {
  it('posts the snapshot and streams the events', async () => {
    const asked: [string, RequestInit][] = [];
    const events = await complete((route, init) => {
      asked.push([route, init]);
      return answering(
        200,
        'data: {"type":"chunk","text":"a"}\n\ndata: {"type":"end","reason":"stop"}\n\n'
      )(route, init);
    });
    expect(events.map(event => event.type)).toEqual(['chunk', 'end']);
    expect(asked[0]?.[0]).toBe('complete');
    expect(asked[0]?.[1].method).toBe('POST');
    expect(asked[0]?.[1].body).toBe(encodeSnapshot(SNAPSHOT));
  });

  it('says what a refusal means whose sentence breaks off', async () => {
    const broken = new ReadableStream({
      start: controller => controller.error(new TypeError('broken'))
    });
    const reply = replyOf(new Response(broken, { status: 413 }));
    expect(await complete(() => Promise.resolve(reply))).toMatchObject([
      { type: 'fault', code: 'invalid' }
    ]);
  });

  it.each([
    [403, '{}', 'refused', /log in/i],
    [404, '<html>', 'down', /not running/],
    [413, '', 'invalid', /too large/],
    [429, '{"message": "Too many requests."}', 'busy', /^Too many requests.$/],
    [400, '{"message": "cursor is 3"}', 'invalid', /^cursor is 3$/],
    [500, '{"message": ""}', 'internal', /failed/],
    [424, '', 'down', /reached/],
    [502, '<html>', 'down', /reached/],
    [503, 'null', 'down', /reached/],
    [504, '', 'down', /reached/]
  ])('makes one fault of a %i', async (status, body, code, message) => {
    const events = await complete(answering(status, body));
    expect(events).toEqual([
      { type: 'fault', code, message: expect.stringMatching(message) as string }
    ]);
  });

  it.each([
    ['data: {"type":"chunk","text":"a"}\n\n', 'down', /reached/],
    ['data: {"type":"chunk","text":"a"}\n\ndata: {\n\n', 'invalid', /Reload/]
  ])('says what is wrong after a chunk: %j', async (body, code, message) => {
    expect(await complete(answering(200, body))).toEqual([
      { type: 'chunk', text: 'a' },
      { type: 'fault', code, message: expect.stringMatching(message) as string }
    ]);
  });

  it('makes one fault of a server that cannot be reached', async () => {
    expect(await complete(() => Promise.reject(new TypeError()))).toMatchObject(
      [{ code: 'down' }]
    );
  });

  it('makes one fault of a server that does not answer', async () => {
    expect(await complete(silent, new AbortController(), 10)).toMatchObject([
      { code: 'busy' }
    ]);
  });

  it('ends without a word when it is aborted', async () => {
    const controller = new AbortController();
    const events = complete(silent, controller);
    controller.abort();
    expect(await events).toEqual([]);
    expect(await complete(silent, controller)).toEqual([]);
  });
});

describe('sent', () => {
  it('asks for one editor, and answers with what went out', async () => {
    const sent = { body: '{}', masked: { github: 1 } };
    const asked: string[] = [];
    const client = new Client((route, init) => {
      asked.push(`${init.method} ${route}`);
      return answering(200, JSON.stringify(sent))(route, init);
    }, trans);
    expect(await client.sent('a&b')).toEqual(sent);
    expect(asked).toEqual(['GET sent?editor=a%26b']);
  });

  it('answers with a fault when something is wrong', async () => {
    const client = new Client(answering(403, '{}'), trans);
    expect(await client.sent('e')).toMatchObject({ code: 'refused' });
  });
});

describe('status and warm', () => {
  it('answer with the status', async () => {
    const client = new Client(answering(200, JSON.stringify(READY)), trans);
    expect(await client.status()).toEqual(READY);
    expect(await client.warm(SNAPSHOT)).toEqual(READY);
  });

  it.each([
    [answering(200, '<html>'), 'invalid'],
    [answering(404, ''), 'down'],
    [silent, 'busy']
  ])('answer with a fault when something is wrong', async (ask, code) => {
    expect(await new Client(ask, trans, 10).status()).toMatchObject({
      type: 'fault',
      code
    });
  });
});
