/**
 * Does a suggestion still answer what is in the editor? Pure, on strings.
 *
 * Typing along a suggestion moves through it: no new request is needed while it fits, finished or not. It does not know
 * where the text comes from.
 */

import type { IPlace } from './place';

/** What was typed at `from` to come to `now`, or null if that is not how one came there. */
export function typedSince(from: IPlace, now: IPlace): string | null {
  return from.editor === now.editor &&
    from.after === now.after &&
    now.before.startsWith(from.before)
    ? now.before.slice(from.before.length)
    : null;
}

/**
 * What is left of `text` after `typed`: null if they differ. While more of the text may come, typing may be ahead of it.
 */
export function restOf(
  text: string,
  isDone: boolean,
  typed: string
): string | null {
  if (text.startsWith(typed)) {
    return text.slice(typed.length);
  }
  return !isDone && typed.startsWith(text) ? '' : null;
}
