/**
 * Whose edit was it? Pure, on strings.
 *
 * The host tells a change of the text, and not who made it. Whoever types at this page changes the line of the cursor;
 * somebody else who works in the same cell changes another one.
 */

import type { IPlace } from './place';

/**
 * Whether the text was changed in another line than the cursor's. Where the same letters stand in a row one cannot tell
 * which of them is new: then every place it may have is looked at.
 */
export function isElsewhere(old: IPlace, now: IPlace): boolean {
  const before = old.before + old.after;
  const after = now.before + now.after;
  const shorter = Math.min(before.length, after.length);
  const head = commonHead(before, after, shorter);
  const tail = commonTail(before, after, shorter);
  const first = Math.min(head, shorter - tail);
  const last = after.length - Math.min(tail, shorter - head);
  const cursor = now.before.length;
  return lineAt(old) === lineAt(now) && (cursor < first || last < cursor);
}

/** The cursor's line, with the cursor as a newline. */
function lineAt({ before, after }: IPlace): string {
  const left = before.slice(before.lastIndexOf('\n') + 1);
  return `${left}\n${after.split('\n', 1)[0] ?? ''}`;
}

function commonHead(one: string, other: string, most: number): number {
  let length = 0;
  while (length < most && one[length] === other[length]) {
    length++;
  }
  return length;
}

function commonTail(one: string, other: string, most: number): number {
  let length = 0;
  while (length < most && one.at(-1 - length) === other.at(-1 - length)) {
    length++;
  }
  return length;
}
