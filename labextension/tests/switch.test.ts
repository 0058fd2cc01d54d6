import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import { describe, expect, it } from 'vitest';
import { Switch } from '../src/switch';

class FakeSettings {
  composite: Record<string, unknown> = {};
  readonly changed = new Signal<this, void>(this);

  set(key: string, value: unknown): Promise<void> {
    this.composite = { ...this.composite, [key]: value };
    this.changed.emit();
    return Promise.resolve();
  }
}

describe('Switch', () => {
  it('keeps in the settings what is off', async () => {
    const settings = new FakeSettings();
    const power = new Switch();
    power.bind(settings as unknown as ISettingRegistry.ISettings);
    const told: boolean[] = [];
    power.changed.connect((_, isOn) => told.push(isOn));
    await power.toggle();
    await power.toggleLanguage('sql');
    expect(settings.composite).toEqual({
      enabled: false,
      languages_off: ['sql']
    });
    expect(power.isLanguageOn('sql')).toBe(false);
    expect(power.isLanguageOn('python')).toBe(true);
    await power.toggleLanguage('sql');
    await power.toggle();
    expect(settings.composite).toEqual({ enabled: true, languages_off: [] });
    expect(told).toEqual([false, false, false, true]);
  });

  it('reads what a person has written there', async () => {
    const settings = new FakeSettings();
    const power = new Switch();
    power.bind(settings as unknown as ISettingRegistry.ISettings);
    await settings.set('languages_off', ['SQL']);
    expect(power.isLanguageOn('sql')).toBe(false);
    await settings.set('languages_off', 'sql');
    expect(power.isLanguageOn('sql')).toBe(true);
  });

  it('works without settings', async () => {
    const power = new Switch();
    await power.toggle();
    await power.toggleLanguage('r');
    expect([power.isOn, power.isLanguageOn('r')]).toEqual([false, false]);
  });
});
