import type { InlineCompleter } from '@jupyterlab/completer';
import { expect, it } from 'vitest';
import { mendFactory } from '../src/completer';

class FakeCompleter {
  current: { insertText: string } | null = null;
  hasClass = true;

  get isActive(): boolean {
    return this.hasClass;
  }
}

it('is active only while there is something to accept', () => {
  const completer = new FakeCompleter();
  const factory = { factory: () => completer as unknown as InlineCompleter };
  expect(mendFactory(factory).factory({})).toBe(completer);
  expect(completer.isActive).toBe(false);
  completer.current = { insertText: '' };
  expect(completer.isActive).toBe(false);
  completer.current = { insertText: 'x' };
  expect(completer.isActive).toBe(true);
  completer.hasClass = false;
  expect(completer.isActive).toBe(false);
});
