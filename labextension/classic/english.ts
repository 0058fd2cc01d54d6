/** The sentences of the shared code as they are written: the classic notebook has no catalogues but its own. */

import type { TranslationBundle } from '@jupyterlab/translation';

export const english = {
  __: filled,
  _n: (one: string, many: string, count: number, ...values: unknown[]) =>
    filled(count === 1 ? one : many, count, ...values)
} as unknown as TranslationBundle;

function filled(text: string, ...values: unknown[]): string {
  return text.replace(/%(\d)/g, (_, number) => String(values[number - 1]));
}
