/**
 * What a notebook's metadata switches off: `{"codecompose": {"automatic": false, "kernel": false}}`.
 *
 * What is on is not written down. `enabled`, which excludes the whole notebook, is read in `exclusion.ts` and left alone.
 */

import type { INotebookModel } from '@jupyterlab/notebook';

/** Suggestions that appear by themselves, or what the kernel knows. */
export type Flag = 'automatic' | 'kernel';

export type Metadata = Pick<
  INotebookModel,
  'getMetadata' | 'setMetadata' | 'deleteMetadata'
>;

const KEY = 'codecompose';

export function isFlagOn(model: Metadata, flag: Flag): boolean {
  return flagsOf(model)[flag] !== false;
}

export function toggleFlag(model: Metadata, flag: Flag): void {
  const { [flag]: old, ...others } = flagsOf(model);
  const flags = old === false ? others : { ...others, [flag]: false };
  if (Object.keys(flags).length > 0) {
    model.setMetadata(KEY, flags);
  } else {
    model.deleteMetadata(KEY);
  }
}

function flagsOf(model: Metadata): Record<string, unknown> {
  const flags: unknown = model.getMetadata(KEY);
  return typeof flags === 'object' && flags !== null && !Array.isArray(flags)
    ? (flags as Record<string, unknown>)
    : {};
}
