/** How a language is named in MIME types and metadata: `text/x-python` → `python`. It does not know which are understood. */

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

/** The text at `key` of something whose type is not known. */
export function textIn(value: unknown, key: string): string | undefined {
  const text: unknown =
    typeof value === 'object' && value !== null
      ? Reflect.get(value, key)
      : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
