/**
 * The next word or line of a suggestion. Pure, on strings.
 *
 * Blanks and line ends belong to what comes after them, so that the cursor never stops on a blank line, where the host
 * asks for nothing. It does not know languages.
 */

/** A name with the dot before it, a number, closers, an opener, operators, or signs like emoji; blanks before it. */
const WORD =
  /^\s*(?:\p{N}[\p{L}\p{M}\p{N}_]*(?:\.\p{N}+)?|\.?[\p{L}\p{M}\p{N}_]+|[\])}"'`]+|[([{]|[!#-&*-/:-@\\^|~]+|[^\p{ASCII}\p{L}\p{N}\s]+)/u;
const LINE = /^\s*[^\n]*/;

/** The next word of `text`, with the blanks before it; all of `text` if that is blank. */
export function nextWord(text: string): string {
  return WORD.exec(text)?.[0] ?? text;
}

/** The next line of `text` that is not blank, without its end. */
export function nextLine(text: string): string {
  return LINE.exec(text)?.[0] ?? text;
}
