/**
 * Grey text at the cursor of a CodeMirror 5 editor: drawn into it, never part of its document.
 *
 * It does not know what the text is for.
 */

import type { ICodeMirror, IMark } from './host';

export const GHOST = 'codecompose-ghost';

/** The theme's own colour, paler: readable on light and on dark. */
const STYLE = `
.${GHOST} { opacity: 0.62; white-space: pre; }
.CodeMirror pre.${GHOST}-below { margin: 0; }
@media (prefers-contrast: more) { .${GHOST} { opacity: 0.8; } }
/* Heard, not seen. */
.jp-CodeComposeAnnouncer { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (forced-colors: active) { .${GHOST} { color: GrayText; opacity: 1; } }
`;

/** Draws `text` at the cursor; gives the function that takes it away. */
export function drawGhost(cm: ICodeMirror, text: string): () => void {
  const [first = '', ...below] = text.split('\n');
  return cm.operation(() => {
    const at = cm.getCursor();
    const marks: IMark[] = [
      cm.setBookmark(at, { widget: grey(first), insertLeft: true })
    ];
    if (below.length > 0) {
      const tail = cm.getLine(at.line).slice(at.ch);
      if (tail !== '') {
        // It will stand behind the last line of the suggestion, so it is shown there.
        const end = { line: at.line, ch: at.ch + tail.length };
        marks.push(cm.markText(at, end, { collapsed: true }));
      }
      marks.push(cm.addLineWidget(at.line, block(below.join('\n'), tail)));
    }
    return () => cm.operation(() => marks.forEach(mark => mark.clear()));
  });
}

/** Adds the style to the page. */
export function addStyle(): void {
  const style = document.createElement('style');
  style.textContent = STYLE;
  document.head.append(style);
}

function grey(text: string): HTMLElement {
  const node = document.createElement('span');
  node.className = GHOST;
  node.textContent = text;
  return node;
}

function block(text: string, tail: string): HTMLElement {
  const node = document.createElement('pre');
  node.className = `CodeMirror-line-like ${GHOST}-below`;
  // A line that holds nothing has no height.
  node.append(grey(text), tail || '\u200b');
  return node;
}
