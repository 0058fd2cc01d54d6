import { describe, expect, it } from 'vitest';
import { letterOf } from '../src/sent';
import type { IFault, ISent } from '../src/wire';
import { FakeClient, trans } from './fakes';

function letter(answer: ISent | IFault) {
  const client = new FakeClient();
  client.letter = answer;
  return letterOf(client, 'e-1', trans);
}

describe('letterOf', () => {
  it('gives the body as it is, and its length in bytes', async () => {
    const body = '{"text": "<b>é</b>\\n"}';
    expect(await letter({ body, masked: {} })).toEqual({
      sentence: '23 bytes. No secrets were found in the document.',
      text: body
    });
  });

  it('counts what was masked, the most frequent first', async () => {
    const masked = { github: 1, assignment: 3 };
    expect((await letter({ body: '{}', masked })).sentence).toBe(
      '2 bytes. Secrets found in the document, and masked: 3 assignment, 1 github.'
    );
  });

  it('says that nothing was sent', async () => {
    const { sentence, text } = await letter({ body: '', masked: {} });
    expect(sentence).toMatch(/^Nothing/);
    expect(text).toBe('');
  });

  it('says why it does not know', async () => {
    const fault: IFault = { type: 'fault', code: 'down', message: 'Down.' };
    expect(await letter(fault)).toEqual({ sentence: 'Down.', text: '' });
  });
});
