/**
 * The other providers of ghost text. The host asks all that are enabled at once, and others may cost money: they are not
 * made to answer where it is us who want to know.
 */

import type { ICompletionProviderManager } from '@jupyterlab/completer';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';

/** The host's settings of its inline completer. Loading them before the host does would take its providers away. */
const SETTINGS = '@jupyterlab/completer-extension:inline-completer';

type Enabled = Record<string, { enabled?: boolean } | undefined>;

/** Whether any other provider than `own` is enabled. */
export function areOthersAsked(
  own: string,
  { inlineProviders }: Pick<ICompletionProviderManager, 'inlineProviders'>,
  registry: Pick<ISettingRegistry, 'plugins'> | null
): boolean {
  const { providers } = registry?.plugins[SETTINGS]?.data.composite ?? {};
  const settings = (providers ?? {}) as Enabled;
  return !!inlineProviders?.some(
    ({ identifier }) => identifier !== own && settings[identifier]?.enabled
  );
}
