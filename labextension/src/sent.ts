/**
 * What went to the worker last, in words and byte for byte.
 *
 * The text is the very body of the request, so it is not made prettier. It does not know how it is shown.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IClient } from './client';
import type { ISent } from './wire';

/** A sentence, and the text that it is about. */
export interface ILetter {
  sentence: string;
  text: string;
}

/** What was sent for `editor`, or why that is not known. */
export async function letterOf(
  client: Pick<IClient, 'sent'>,
  editor: string,
  trans: TranslationBundle
): Promise<ILetter> {
  const sent = await client.sent(editor);
  if ('code' in sent) {
    return { sentence: sent.message, text: '' };
  }
  return { sentence: sentenceOf(sent, trans), text: sent.body };
}

function sentenceOf({ body, masked }: ISent, trans: TranslationBundle): string {
  if (body === '') {
    return trans.__('Nothing of this document was sent to the worker yet.');
  }
  const bytes = new TextEncoder().encode(body).length;
  const families = Object.entries(masked).sort(([, a], [, b]) => b - a);
  const total = families.reduce((sum, [, count]) => sum + count, 0);
  const counts = families.map(([family, count]) => `${count} ${family}`);
  return total === 0
    ? trans.__('%1 bytes. No secrets were found in the document.', bytes)
    : trans.__(
        '%1 bytes. Secrets found in the document, and masked: %2.',
        bytes,
        counts.join(', ')
      );
}
