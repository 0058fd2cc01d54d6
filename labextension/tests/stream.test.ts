import { describe, expect, it } from 'vitest';
import { replyOf } from '../src/reply';
import { Frames, MAX_LINE, readEvents } from '../src/stream';
import { type Event, Garbled } from '../src/wire';
import { collect } from './fakes';

const CHUNK: Event = { type: 'chunk', text: 'naïve "🎉"\n' };
const END: Event = { type: 'end', reason: 'stop' };
const frame = (event: Event) => `data: ${JSON.stringify(event)}\n\n`;
const encode = (text: string) => new TextEncoder().encode(text);

class Body {
  cancelled = false;
  readonly texts: AsyncIterable<string>;

  constructor(parts: Uint8Array[], isOpen = false) {
    const stream = new ReadableStream<Uint8Array>({
      start: controller => {
        parts.forEach(part => {
          controller.enqueue(part);
        });
        if (!isOpen) {
          controller.close();
        }
      },
      cancel: () => {
        this.cancelled = true;
      }
    });
    this.texts = replyOf(new Response(stream)).texts;
  }
}

async function read(...parts: (string | Uint8Array)[]): Promise<Event[]> {
  const bytes = parts.map(part =>
    typeof part === 'string' ? encode(part) : part
  );
  return collect(readEvents(new Body(bytes).texts));
}

describe('readEvents', () => {
  it('reads the same events wherever the bytes are cut', async () => {
    const bytes = encode(
      ': hello\n\n' + frame(CHUNK) + frame(CHUNK) + frame(END)
    );
    for (let i = 0; i <= bytes.length; i++) {
      expect(await read(bytes.slice(0, i), bytes.slice(i))).toEqual([
        CHUNK,
        CHUNK,
        END
      ]);
    }
    expect(
      await read(...Array.from(bytes, byte => Uint8Array.of(byte)))
    ).toEqual([CHUNK, CHUNK, END]);
  });

  it('understands CRLF, fields it has no use for, and no space after the colon', async () => {
    expect(
      await read(
        'event: x\r\nid: 1\r\ndata:{"type":"chunk",\r\ndata:"text":"a"}\r\n\r\n' +
          frame(END)
      )
    ).toEqual([{ type: 'chunk', text: 'a' }, END]);
  });

  it('stops at the last word and closes the connection', async () => {
    const body = new Body([encode(frame(END) + frame(CHUNK))], true);
    expect(await collect(readEvents(body.texts))).toEqual([END]);
    expect(body.cancelled).toBe(true);
  });

  it('closes the connection when it is closed itself', async () => {
    const body = new Body([encode(frame(CHUNK))], true);
    const events = readEvents(body.texts);
    await events.next();
    await events.return();
    expect(body.cancelled).toBe(true);
  });

  it.each(['', frame(CHUNK), 'data: {"type":"end","reason":"stop"}', '<html>'])(
    'throws when the last word is missing: %j',
    async text => {
      await expect(read(text)).rejects.toThrow('no last word');
    }
  );

  it('throws at garbage', async () => {
    const garbage = read('data: {\n\n' + frame(END));
    await expect(garbage).rejects.toThrow(Garbled);
  });

  it('does not buffer a line that never ends', async () => {
    const part = encode('data: ' + 'x'.repeat(MAX_LINE));
    const body = new Body([part, part, part], true);
    await expect(collect(readEvents(body.texts))).rejects.toThrow();
    expect(body.cancelled).toBe(true);
  });
});

describe('Frames', () => {
  it('bounds an event of many lines', () => {
    const frames = new Frames();
    frames.push('data: 1234567890\n'.repeat(MAX_LINE));
    expect(frames.overflown).toBe(true);
  });
});
