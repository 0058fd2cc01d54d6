import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { expect, it } from 'vitest';
import { areOthersAsked } from '../src/others';

const SETTINGS = '@jupyterlab/completer-extension:inline-completer';

it.each([
  [['own'], { own: { enabled: true } }, false],
  [['own', 'paid'], { own: { enabled: true } }, false],
  [['own', 'paid'], { paid: { enabled: false } }, false],
  [['own', 'paid'], { own: { enabled: true }, paid: { enabled: true } }, true],
  [['own'], { uninstalled: { enabled: true } }, false],
  [['own', 'paid'], undefined, false]
])('of %j, with %j, another one is asked: %s', (names, providers, areAsked) => {
  const inlineProviders = names.map(identifier => ({
    identifier,
    name: identifier
  }));
  const plugins = { [SETTINGS]: { data: { composite: { providers } } } };
  const registry = { plugins } as unknown as ISettingRegistry;
  expect(areOthersAsked('own', { inlineProviders }, registry)).toBe(areAsked);
  expect(areOthersAsked('own', {}, registry)).toBe(false);
  expect(areOthersAsked('own', { inlineProviders }, null)).toBe(false);
});
