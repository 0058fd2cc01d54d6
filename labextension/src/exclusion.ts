/**
 * What an author excludes: cells by a tag, a notebook by its metadata, as `jupyter_codecompose/exclude.py` reads them too.
 *
 * Of such a cell no text leaves the page, and of such a notebook nothing. It does not know which paths are excluded: the
 * server decides that.
 */

/** A cell with this tag is never sent. */
export const TAG = 'no-complete';

/** Whether the `tags` in a cell's metadata exclude it. */
export function isTagged(tags: unknown): boolean {
  return Array.isArray(tags) && tags.includes(TAG);
}

/** The `tags` in a cell's metadata, with that tag or without it. */
export function toggledTags(tags: unknown): unknown[] {
  const others: unknown[] = Array.isArray(tags) ? tags : [];
  return isTagged(tags) ? others.filter(tag => tag !== TAG) : [...others, TAG];
}

/** Whether what a notebook's metadata says to `codecompose` excludes all of it. */
export function isSwitchedOff(ours: unknown): boolean {
  return (
    typeof ours === 'object' &&
    ours !== null &&
    Reflect.get(ours, 'enabled') === false
  );
}
