/**
 * Text of a server-sent event stream → events.
 *
 * The text may be cut anywhere. Lines are bounded. It does not know who sent them or why.
 */

import { decodeEvent, type Event } from './wire';

export const MAX_LINE = 65_536;

/**
 * The events in `texts`, up to and with the first `end` or `fault`; throws where that does not come, and `Garbled` where
 * something else does. Closing the generator closes `texts`.
 */
export async function* readEvents(
  texts: AsyncIterable<string>
): AsyncGenerator<Event, void, void> {
  const frames = new Frames();
  for await (const text of texts) {
    for (const data of frames.push(text)) {
      const event = decodeEvent(parse(data));
      yield event;
      if (event.type !== 'chunk') {
        return;
      }
    }
    if (frames.overflown) {
      break;
    }
  }
  throw new Error('The stream has no last word.');
}

/** Cuts text into lines, and lines into the data of events; comments and other fields are skipped. */
export class Frames {
  /** A line or an event was longer than the bound: what comes after cannot be trusted. */
  get overflown(): boolean {
    return this._overflown;
  }

  /** The events that `text` completes. */
  push(text: string): string[] {
    const events: string[] = [];
    const lines = (this._rest + text).split('\n');
    this._rest = lines.pop() ?? '';
    for (const line of lines) {
      this._take(line.endsWith('\r') ? line.slice(0, -1) : line, events);
    }
    this._overflown ||= this._rest.length > MAX_LINE;
    return this._overflown ? [] : events;
  }

  private _take(line: string, events: string[]): void {
    if (line.startsWith('data:')) {
      this._data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
      this._size += line.length;
      this._overflown ||= this._size > MAX_LINE;
    } else if (line === '' && this._data.length > 0) {
      events.push(this._data.join('\n'));
      this._data = [];
      this._size = 0;
    }
  }

  private _rest = '';
  private _data: string[] = [];
  private _size = 0;
  private _overflown = false;
}

/** The value that is written in `text` as JSON; undefined if none is. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
