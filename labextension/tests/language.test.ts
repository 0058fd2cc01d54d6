import { expect, it } from 'vitest';
import { languageOf } from '../src/language';

it.each([
  ['text/x-python', 'python'],
  ['text/x-ipython', 'python'],
  ['text/x-ipythongfm', 'markdown'],
  ['text/x-rsrc', 'r'],
  ['text/x-csrc', 'csrc'],
  ['application/json; charset=utf-8', 'json'],
  ['text/plain', 'plain'],
  ['', 'text']
])('%j is %j', (mimeType, language) => {
  expect(languageOf(mimeType)).toBe(language);
});
