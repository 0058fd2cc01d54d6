/**
 * A dialog with a text to read. All of it is text nodes, whatever it holds.
 */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { ILetter } from './sent';

/** Shows a letter until it is closed. */
export async function showLetter(
  title: string,
  { sentence, text }: ILetter,
  trans: TranslationBundle
): Promise<void> {
  const body = new Widget();
  body.addClass('jp-CodeComposeLetter');
  body.node.append(paragraph('p', sentence));
  if (text) {
    const written = paragraph('pre', text);
    written.tabIndex = 0;
    body.node.append(written);
  }
  const close = Dialog.okButton({ label: trans.__('Close') });
  await showDialog({ title, body, buttons: [close] });
}

function paragraph(tag: 'p' | 'pre', text: string): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}
