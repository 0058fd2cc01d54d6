/**
 * Which characters of a reply may be shown, twin of `jupyter_codecompose/characters.py`. Pure.
 *
 * A suggestion must read as it will run, and be in the editor what it was in the reply: CodeMirror makes one newline of
 * all kinds, and an accept that counts other characters than the editor puts the cursor where nothing is.
 */

const NEWLINE = /\r\n|[\r\x85\u2028\u2029]/g;

/** Controls, what has no width, what turns the direction of the text, and halves of characters. */
const UNSAFE =
  /[^\P{Cc}\t\n]|[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** `text` with one kind of newline, and without what must not be shown. More of the text only adds to it. */
export function safe(text: string): string {
  return text.replace(NEWLINE, '\n').replace(UNSAFE, '');
}
