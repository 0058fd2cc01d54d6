/**
 * Whether suggestions appear by themselves: kept in the user's settings where there are settings.
 *
 * It does not know who obeys it.
 */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

export class Switch implements IDisposable {
  get isOn(): boolean {
    return this._isOn;
  }

  get changed(): ISignal<this, boolean> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Follows `settings` from now on. */
  bind(settings: ISettingRegistry.ISettings): void {
    this._settings = settings;
    settings.changed.connect(this._onSettings, this);
    this._onSettings(settings);
  }

  async toggle(): Promise<void> {
    const isOn = !this._isOn;
    this._set(isOn);
    await this._settings?.set('enabled', isOn);
  }

  dispose(): void {
    this._isDisposed = true;
    this._settings?.changed.disconnect(this._onSettings, this);
    Signal.clearData(this);
  }

  private _onSettings(settings: ISettingRegistry.ISettings): void {
    this._set(settings.composite['enabled'] !== false);
  }

  private _set(isOn: boolean): void {
    if (isOn !== this._isOn) {
      this._isOn = isOn;
      this._changed.emit(isOn);
    }
  }

  private _isOn = true;
  private _isDisposed = false;
  private _settings: ISettingRegistry.ISettings | null = null;
  private _changed = new Signal<this, boolean>(this);
}
