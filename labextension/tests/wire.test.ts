import { describe, expect, it } from 'vitest';
import badEvents from '../../tests/contract/bad_events.json';
import sents from '../../tests/contract/sent.json';
import events from '../../tests/contract/events.json';
import snapshots from '../../tests/contract/snapshot.json';
import statuses from '../../tests/contract/status.json';
import { takeSnapshot } from '../src/snapshot';
import {
  decodeEvent,
  decodeSent,
  decodeStatus,
  encodeSnapshot,
  Garbled,
  type ISnapshot
} from '../src/wire';

/** What a cell that does not say so is, in `jupyter_codecompose/wire.py`. */
const GRANTED = { outputs: '', count: null, edited: false, excluded: false };

describe('the messages that both languages read', () => {
  it.each(events)('decodes %j', event => {
    expect(decodeEvent(event)).toBe(event);
  });

  it.each(badEvents.map(event => [event]))('refuses %j', event => {
    expect(() => decodeEvent(event)).toThrow(Garbled);
  });

  it.each(statuses)('decodes %j', status => {
    expect(decodeStatus(status)).toBe(status);
  });

  it.each(sents)('decodes %j', sent => {
    expect(decodeSent(sent)).toBe(sent);
  });

  it.each([undefined, { body: '' }, { body: '', masked: { github: 'one' } }])(
    'refuses %j as what was sent',
    sent => {
      expect(() => decodeSent(sent)).toThrow(Garbled);
    }
  );

  it.each([
    undefined,
    null,
    [],
    { ...statuses[0], state: 'well' },
    { state: 'off' }
  ])('refuses %j as a status', status => {
    expect(() => decodeStatus(status)).toThrow(Garbled);
  });

  it.each(snapshots)(
    'leaves out of %j what the server takes for granted',
    sent => {
      const snapshot = sent as unknown as ISnapshot;
      const { cells, ...rest } = snapshot;
      const read = JSON.parse(encodeSnapshot(snapshot)) as ISnapshot;
      expect(read).toMatchObject(rest);
      expect(read.cells.map(cell => ({ ...GRANTED, ...cell }))).toEqual(
        cells.map(cell => ({ ...GRANTED, ...cell }))
      );
      expect(Object.values(read.cells).flatMap(Object.values)).not.toContain(
        false
      );
    }
  );

  it.each(snapshots)('makes snapshots like %j', snapshot => {
    const { cells, active, cursor, trigger, ...rest } = snapshot;
    const source = Array.from(cells[active]?.source ?? '');
    const made = takeSnapshot(
      {
        ...rest,
        active,
        offset: source.slice(0, cursor).join('').length,
        cells: cells.map(cell => ({
          cell_type: cell.kind,
          count: cell.count,
          edited: cell.edited,
          excluded: cell.excluded,
          getSource: () => cell.source
        }))
      },
      trigger as ISnapshot['trigger']
    );
    const bare = cells.map(cell => ({ ...cell, outputs: '' }));
    expect(made).toEqual({ ...snapshot, cells: bare });
  });
});
