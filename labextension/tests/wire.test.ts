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
  type ISnapshot
} from '../src/wire';

describe('the messages that both languages read', () => {
  it.each(events)('decodes %j', event => {
    expect(decodeEvent(event)).toBe(event);
  });

  it.each(badEvents.map(event => [event]))('refuses %j', event => {
    expect(decodeEvent(event)).toMatchObject({
      type: 'fault',
      code: 'invalid'
    });
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
      expect(decodeSent(sent)).toMatchObject({ type: 'fault' });
    }
  );

  it.each([
    undefined,
    null,
    [],
    { ...statuses[0], state: 'well' },
    { state: 'off' }
  ])('refuses %j as a status', status => {
    expect(decodeStatus(status)).toMatchObject({ type: 'fault' });
  });

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
