/**
 * What the person has set: in the classic notebook's own configuration, and in JupyterLab, whose `languages_off` and
 * `announce` hold here as well.
 *
 * A change is kept in the classic notebook's.
 */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import type { IConfig } from './host';
import { forgery } from './server';

/** Where the host keeps what was set. */
const SECTION = 'CodeCompose';

const ID = 'jupyter-codecompose:plugin';

/** The settings, as JupyterLab's registry gives them. */
export async function readSettings(
  config: IConfig,
  baseUrl: string
): Promise<ISettingRegistry.ISettings> {
  const [theirs] = await Promise.all([readLab(baseUrl), config.loaded]);
  const ours = (config.data[SECTION] ?? {}) as Record<string, unknown>;
  const composite = {
    enabled: ours['enabled'],
    languages_off: ours['languages_off'] ?? theirs['languages_off'],
    announce: theirs['announce']
  };
  const settings = {
    composite,
    changed: new Signal({}),
    // The host says what went wrong.
    set: (key: string, value: unknown) =>
      config.update({ [SECTION]: { [key]: value } }).catch(() => undefined)
  };
  return settings as unknown as ISettingRegistry.ISettings;
}

/** What is set in JupyterLab; nothing where there is none. */
async function readLab(baseUrl: string): Promise<Record<string, unknown>> {
  const root = baseUrl.replace(/\/$/, '');
  const url = `${root}/lab/api/settings/${ID}`;
  try {
    // A hub reads the cookie of a page's own request only with this header.
    const response = await fetch(url, {
      credentials: 'same-origin',
      headers: forgery()
    });
    const read: unknown = response.ok ? await response.json() : {};
    return (Reflect.get(read as object, 'settings') ?? {}) as Record<
      string,
      unknown
    >;
  } catch {
    return {};
  }
}
