import { describe, expect, it } from 'vitest';
import exclusion from '../../tests/contract/exclusion.json';
import { isSwitchedOff, isTagged } from '../src/exclusion';

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
});
