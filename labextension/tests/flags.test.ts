import { describe, expect, it } from 'vitest';
import { isFlagOn, type Metadata, toggleFlag } from '../src/flags';

class FakeMetadata implements Metadata {
  readonly values = new Map<string, unknown>();

  getMetadata(key: string): unknown {
    return this.values.get(key);
  }

  setMetadata(key: string, value: unknown): void {
    this.values.set(key, value);
  }

  deleteMetadata(key: string): void {
    this.values.delete(key);
  }
}

describe('a flag in the metadata', () => {
  it('is written down only while it is off', () => {
    const model = new FakeMetadata();
    expect(isFlagOn(model, 'kernel')).toBe(true);
    toggleFlag(model, 'kernel');
    expect(isFlagOn(model, 'kernel')).toBe(false);
    expect(isFlagOn(model, 'automatic')).toBe(true);
    expect([...model.values]).toEqual([['codecompose', { kernel: false }]]);
    toggleFlag(model, 'kernel');
    expect(model.values.size).toBe(0);
  });

  it('leaves the others alone', () => {
    const model = new FakeMetadata();
    model.setMetadata('codecompose', { enabled: false, automatic: false });
    toggleFlag(model, 'automatic');
    expect(model.getMetadata('codecompose')).toEqual({ enabled: false });
  });

  it.each([null, 'off', [], 3, { kernel: 'no' }])('is on with %j', found => {
    const model = new FakeMetadata();
    model.setMetadata('codecompose', found);
    expect(isFlagOn(model, 'kernel')).toBe(true);
  });
});
