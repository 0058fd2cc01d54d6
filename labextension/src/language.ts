/** MIME types → names of languages: `text/x-python` → `python`. It does not know which of them are understood. */

const NAMES = new Map([
  ['ipython', 'python'],
  ['ipythongfm', 'markdown'],
  ['gfm', 'markdown'],
  ['rsrc', 'r'],
  ['sh', 'shell'],
  ['', 'text']
]);

export function languageOf(mimeType: string): string {
  const name = mimeType
    .replace(/;.*$/, '')
    .replace(/^.*\//, '')
    .replace(/^x-/, '')
    .trim()
    .toLowerCase();
  return NAMES.get(name) ?? name;
}
