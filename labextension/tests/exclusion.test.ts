import { describe, expect, it } from 'vitest';
import exclusion from '../../tests/contract/exclusion.json';
import { isSwitchedOff, isTagged, toggledTags } from '../src/exclusion';

describe('what an author excludes, as the server reads it too', () => {
  it.each(exclusion.cells)('reads the cell %j', ({ metadata, excluded }) => {
    const tags: unknown = Reflect.get(metadata, 'tags');
    expect(isTagged(tags)).toBe(excluded);
  });

  it.each(exclusion.notebooks)(
    'reads the notebook %j',
    ({ metadata, excluded }) => {
      const ours: unknown = Reflect.get(metadata, 'codecompose');
      expect(isSwitchedOff(ours)).toBe(excluded);
    }
  );

  it.each([undefined, 'no-complete', [], ['a', 'b']])(
    'is told by a tag beside the others: %j',
    tags => {
      const others = Array.isArray(tags) ? (tags as unknown[]) : [];
      const more = toggledTags(tags);
      expect(more).toEqual([...others, 'no-complete']);
      expect(toggledTags(more)).toEqual(others);
    }
  );
});
