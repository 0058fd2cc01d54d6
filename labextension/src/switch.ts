/**
 * Whether suggestions appear by themselves, and in which languages: kept in the user's settings where there are some.
 *
 * It does not know who obeys it.
 */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { type ISignal, Signal } from '@lumino/signaling';

export class Switch {
  get isOn(): boolean {
    return this._isOn;
  }

  get changed(): ISignal<this, boolean> {
    return this._changed;
  }

  /** Follows `settings` from now on. */
  bind(settings: ISettingRegistry.ISettings): void {
    this._settings = settings;
    settings.changed.connect(this._onSettings, this);
    this._onSettings(settings);
  }

  async toggle(): Promise<void> {
    const isOn = !this._isOn;
    this._set(isOn, this._languagesOff);
    await this._settings?.set('enabled', isOn);
  }

  /** Whether a language is on, by its name in small letters; paused or not. */
  isLanguageOn(language: string): boolean {
    return !this._languagesOff.includes(language);
  }

  async toggleLanguage(language: string): Promise<void> {
    const others = this._languagesOff.filter(off => off !== language);
    const off = this.isLanguageOn(language) ? [...others, language] : others;
    this._set(this._isOn, off);
    await this._settings?.set('languages_off', off);
  }

  private _onSettings(settings: ISettingRegistry.ISettings): void {
    const { enabled, languages_off: off } = settings.composite;
    this._set(
      enabled !== false,
      Array.isArray(off) ? off.map(name => String(name).toLowerCase()) : []
    );
  }

  private _set(isOn: boolean, languagesOff: string[]): void {
    const isSame =
      isOn === this._isOn && languagesOff.join() === this._languagesOff.join();
    this._isOn = isOn;
    this._languagesOff = languagesOff;
    if (!isSame) {
      this._changed.emit(isOn);
    }
  }

  private _isOn = true;
  private _languagesOff: string[] = [];
  private _settings: ISettingRegistry.ISettings | null = null;
  private _changed = new Signal<this, boolean>(this);
}
