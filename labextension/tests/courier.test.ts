import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Courier } from '../src/courier';
import { whole } from '../src/reply';
import { carry, startThread } from '../src/thread';

const PATIENT = { timeout: 10_000 };

/** As the browser's `fetch`, which is nobody's method. */
function here(this: unknown): Promise<Response> {
  return this === undefined
    ? Promise.resolve(new Response('from the page'))
    : Promise.reject(new TypeError('Illegal invocation'));
}

/** A server that keeps each answer open, for the test to write it. */
let server: Server;
let url: string;
let answers: ServerResponse[];
let asked: { method?: string; url?: string; type?: string; body: string }[];
let closed: number;
let ports: MessageChannel;

beforeEach(async () => {
  answers = [];
  asked = [];
  closed = 0;
  ports = new MessageChannel();
  server = createServer((request, answer) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      const type = request.headers['content-type'];
      asked.push({ method: request.method, url: request.url, type, body });
      answers.push(answer);
    });
    answer.on('close', () => (closed += answer.writableFinished ? 0 : 1));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
});

afterEach(() => {
  ports.port1.close();
  ports.port2.close();
  server.closeAllConnections();
  server.close();
});

/** A courier whose thread runs, at the other end of a real channel. */
async function running(): Promise<Courier> {
  const courier = new Courier(ports.port1, here);
  carry(ports.port2);
  await vi.waitFor(async () => {
    const init = { signal: AbortSignal.abort() };
    await expect(courier.fetch(url, init)).rejects.toThrow(TypeError);
  }, PATIENT);
  return courier;
}

const answered = (count: number) =>
  vi.waitFor(() => expect(answers).toHaveLength(count), PATIENT);

describe('a courier', () => {
  it('asks what it is told, and gives the answer as it comes', async () => {
    const courier = await running();
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', body: '{"é": 1}', headers };
    const going = courier.fetch(url, init);
    await answered(1);
    expect(asked).toEqual([
      { method: 'POST', url: '/a', type: 'application/json', body: '{"é": 1}' }
    ]);
    answers[0]?.write('one');
    const { status, texts } = await going;
    expect(status).toBe(200);
    const pieces = texts[Symbol.asyncIterator]();
    expect((await pieces.next()).value).toBe('one');
    answers[0]?.end('two');
    expect((await pieces.next()).value).toBe('two');
    expect((await pieces.next()).done).toBe(true);
  });

  it('gives a character whole that comes in two pieces', async () => {
    const courier = await running();
    const going = courier.fetch(url, {});
    await answered(1);
    const [first, ...more] = new TextEncoder().encode('é!');
    answers[0]?.write(Uint8Array.of(first ?? 0));
    const { texts } = await going;
    const pieces = texts[Symbol.asyncIterator]();
    expect((await pieces.next()).value).toBe('');
    answers[0]?.end(Uint8Array.from(more));
    expect((await pieces.next()).value).toBe('é!');
  });

  it('gathers what comes within a frame, and loses nothing of it', async () => {
    const courier = await running();
    const going = courier.fetch(url, {});
    await answered(1);
    const said: string[] = [];
    for (let piece = 0; piece < 100; piece++) {
      said.push(`${piece},`);
      answers[0]?.write(`${piece},`);
      await new Promise(resolve => setImmediate(resolve));
    }
    answers[0]?.end();
    const pieces: string[] = [];
    for await (const piece of (await going).texts) {
      pieces.push(piece);
    }
    expect(pieces.join('')).toBe(said.join(''));
    expect(pieces.length).toBeLessThan(50);
  });

  it('keeps two requests apart', async () => {
    const courier = await running();
    const first = courier.fetch(url, {});
    await answered(1);
    const second = courier.fetch(url, {});
    await answered(2);
    answers[1]?.writeHead(404).end('second');
    const { status } = await second;
    expect([status, await whole(await second)]).toEqual([404, 'second']);
    answers[0]?.end('first');
    expect(await whole(await first)).toBe('first');
  });

  it('closes the connection of a request that is aborted', async () => {
    const courier = await running();
    const controller = new AbortController();
    const going = courier.fetch(url, { signal: controller.signal });
    await answered(1);
    controller.abort();
    await expect(going).rejects.toThrow(TypeError);
    await vi.waitFor(() => expect(closed).toBe(1), PATIENT);
  });

  it('closes the connection of an answer that nobody reads on', async () => {
    const courier = await running();
    const going = courier.fetch(url, {});
    await answered(1);
    answers[0]?.write('one');
    for await (const piece of (await going).texts) {
      expect(piece).toBe('one');
      break;
    }
    await vi.waitFor(() => expect(closed).toBe(1), PATIENT);
  });

  it('fails when there is no answer, or when it breaks off', async () => {
    const courier = await running();
    await expect(courier.fetch('http://127.0.0.1:1/', {})).rejects.toThrow(
      TypeError
    );
    const going = courier.fetch(url, {});
    await answered(1);
    answers[0]?.write('one');
    const reply = await going;
    answers[0]?.destroy();
    await expect(whole(reply)).rejects.toThrow(TypeError);
  });

  it('gives what came right before it broke off', async () => {
    const courier = new Courier(ports.port1, here);
    const tell = (news: object) => ports.port2.postMessage(news);
    ports.port2.onmessage = ({ data }: MessageEvent<{ id: number }>) => {
      const { id } = data;
      tell({ id, status: 200, text: 'all', isBroken: true, isLast: true });
    };
    const heard = once(ports.port1, 'message');
    tell({});
    await heard;
    const { texts } = await courier.fetch(url, {});
    const pieces = texts[Symbol.asyncIterator]();
    expect((await pieces.next()).value).toBe('all');
    await expect(pieces.next()).rejects.toThrow(TypeError);
  });

  it('gives an answer without a body', async () => {
    const courier = await running();
    const going = courier.fetch(url, {});
    await answered(1);
    answers[0]?.writeHead(204).end();
    expect([(await going).status, await whole(await going)]).toEqual([204, '']);
  });

  it('leaves it to the page until the thread runs, and where there is none', async () => {
    const silent = new Courier(ports.port1, here);
    for (const courier of [silent, new Courier(null, here)]) {
      const reply = await courier.fetch(url, {});
      expect(await whole(reply)).toBe('from the page');
    }
    expect(asked).toEqual([]);
  });
});

describe('the thread', () => {
  it('is none where the page can have none', () => {
    expect(startThread()).toBeNull();
  });

  it('is none where somebody else has replaced `fetch`', () => {
    vi.stubGlobal('Worker', class {});
    vi.stubGlobal('fetch', here.bind(undefined));
    expect(startThread()).not.toBeNull();
    vi.stubGlobal('fetch', here);
    expect(startThread()).toBeNull();
    vi.unstubAllGlobals();
  });

  it('stands alone as text', async () => {
    const courier = new Courier(ports.port1, here);
    const page = ports.port2;
    const heard = once(ports.port1, 'message');
    runInNewContext(`(${String(carry)})(page)`, {
      page,
      fetch,
      AbortController,
      TextDecoder,
      performance,
      setTimeout,
      clearTimeout
    });
    await heard;
    const going = courier.fetch(url, {});
    await answered(1);
    answers[0]?.end('done');
    expect(await whole(await going)).toBe('done');
  });
});
