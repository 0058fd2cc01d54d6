import { afterEach, describe, expect, it, vi } from 'vitest';
import { documentOf, metadataOf, sourceOf } from '../classic/document';
import { editorOf } from '../classic/editor';
import { english } from '../classic/english';
import type { ICell, ICodeMirror, INotebook } from '../classic/host';
import { askServer, isServed } from '../classic/server';
import { isFlagOn, toggleFlag } from '../src/flags';
import { placeOf } from '../src/place';
import { takeSnapshot } from '../src/snapshot';

/** An editor of lines, with the cursor at its end. */
function codeMirror(text: string): ICodeMirror {
  const lines = text.split('\n');
  return {
    getValue: () => text,
    getCursor: () => ({
      line: lines.length - 1,
      ch: lines.at(-1)?.length ?? 0
    }),
    indexFromPos: ({ line, ch }: { line: number; ch: number }) =>
      lines.slice(0, line).join('\n').length + (line > 0 ? 1 : 0) + ch
  } as unknown as ICodeMirror;
}

interface ICellOptions {
  text?: string;
  kind?: string;
  count?: unknown;
  tags?: string[];
  outputs?: unknown[];
}

function cell(options: ICellOptions = {}): ICell & { text: string } {
  const { text = '', kind = 'code', count = null, tags, outputs } = options;
  return {
    text,
    cell_type: kind,
    code_mirror: codeMirror(text),
    metadata: tags ? { tags } : {},
    input_prompt_number: count,
    output_area: outputs ? { outputs } : null,
    get_text() {
      return this.text;
    }
  };
}

function notebook(
  cells: ICell[],
  metadata: Record<string, unknown> = {}
): INotebook {
  return {
    base_url: '/',
    notebook_path: 'a/b.ipynb',
    metadata,
    kernel: { id: 'k-1' },
    get_cells: () => cells
  } as unknown as INotebook;
}

describe('a notebook', () => {
  it('is told with its cells, its language and its kernel', () => {
    const outputs = [
      { output_type: 'stream', text: 'said\n' },
      { output_type: 'display_data', data: { 'image/png': 'iVBOR' } }
    ];
    const cells = [
      cell({ text: 'Words.', kind: 'markdown' }),
      cell({ text: '1 + 1', count: 3, outputs }),
      cell({ text: 'x = 1\ny', count: '*' })
    ];
    const last = cells[2]?.code_mirror as ICodeMirror;
    const metadata = { language_info: { name: 'julia' } };
    const document = documentOf(notebook(cells, metadata), last);
    expect(document && takeSnapshot(document, 'automatic')).toMatchObject({
      path: 'a/b.ipynb',
      language: 'julia',
      kernel: 'k-1',
      active: 2,
      cursor: 7,
      cells: [
        { kind: 'markdown', source: 'Words.', count: null },
        { kind: 'code', source: '1 + 1', outputs: 'said\n', count: 3 },
        { kind: 'code', source: 'x = 1\ny', outputs: '', count: null }
      ]
    });
  });

  it('takes the language of the kernel that it was made with', () => {
    const only = cell();
    const metadata = { kernelspec: { language: 'R' } };
    const document = documentOf(notebook([only], metadata), only.code_mirror);
    expect(document?.language).toBe('R');
  });

  it('has one name as long as the page is open', () => {
    const only = cell();
    const name = () => documentOf(notebook([only]), only.code_mirror)?.editor;
    expect(name()).toMatch(/^[0-9a-f-]{36}$/);
    expect(name()).toBe(name());
  });

  it('is not told with the cursor elsewhere, or where it is excluded', () => {
    const tagged = cell({ tags: ['no-complete'] });
    const other = cell();
    const off = { codecompose: { enabled: false } };
    expect(documentOf(notebook([other]), tagged.code_mirror)).toBeNull();
    expect(documentOf(notebook([tagged]), tagged.code_mirror)).toBeNull();
    expect(documentOf(notebook([other], off), other.code_mirror)).toBeNull();
  });

  it('names no kernel where its facts are off', () => {
    const only = cell();
    const one = notebook([only]);
    toggleFlag(metadataOf(one), 'kernel');
    expect(one.metadata).toEqual({ codecompose: { kernel: false } });
    expect(isFlagOn(metadataOf(one), 'automatic')).toBe(true);
    expect(documentOf(one, only.code_mirror)?.kernel).toBeNull();
    toggleFlag(metadataOf(one), 'kernel');
    expect(one.metadata).toEqual({});
    expect(documentOf(one, only.code_mirror)?.kernel).toBe('k-1');
  });
});

describe('a cell', () => {
  it('is edited when it is not what ran', () => {
    const ran = cell({ text: 'x = 1', count: 1 });
    const source = sourceOf(ran);
    expect(source.edited).toBe(false);
    ran.text = 'x = 2';
    expect(source.edited).toBe(true);
    source.markRun();
    expect(source.edited).toBe(false);
  });

  it('that never ran is not edited', () => {
    const fresh = cell({ text: 'x' });
    const source = sourceOf(fresh);
    fresh.text = 'y';
    expect(source.edited).toBe(false);
  });

  it('with the tag reads as empty', () => {
    const outputs = [{ output_type: 'stream', text: 'secret' }];
    const source = sourceOf(
      cell({ text: 's', tags: ['no-complete'], outputs })
    );
    expect([source.excluded, source.getSource(), source.getOutputs()]).toEqual([
      true,
      '',
      ''
    ]);
  });
});

it('the place of an editor is its text before and after the cursor', () => {
  const cm = codeMirror('x = 1\n🚀');
  expect(placeOf(editorOf(cm))).toEqual({
    editor: editorOf(cm),
    before: 'x = 1\n🚀',
    after: ''
  });
});

describe('the server', () => {
  afterEach(() => vi.unstubAllGlobals());

  function ask(status: number, cookie = '') {
    const fetch = vi.fn(() => Promise.resolve(new Response('', { status })));
    vi.stubGlobal('fetch', fetch);
    vi.stubGlobal('document', { cookie });
    return fetch;
  }

  it.each(['/', '/user/ada/', '/user/ada'])('is asked below %s', async base => {
    const fetch = ask(200, 'a=1; _xsrf=2|f00|1; b=2');
    await askServer(base)('complete', { method: 'POST', body: '{}' });
    const prefix = base.replace(/\/$/, '');
    expect(fetch).toHaveBeenCalledWith(
      `${prefix}/codecompose/complete`,
      expect.objectContaining({
        method: 'POST',
        body: '{}',
        headers: expect.objectContaining({
          'X-XSRFToken': '2|f00|1'
        }) as unknown
      })
    );
  });

  it.each([
    [200, true],
    [403, true],
    [404, false]
  ])('that answers %i is there: %s', async (status, isThere) => {
    ask(status);
    expect(await isServed(askServer('/'))).toBe(isThere);
  });
});

it('sentences have their values in them', () => {
  expect(english.__('%1 of %2', 1, 'two')).toBe('1 of two');
  expect(english._n('%1 cell', '%1 cells', 1)).toBe('1 cell');
  expect(english._n('%2: %1 cell', '%2: %1 cells', 3, 'here')).toBe(
    'here: 3 cells'
  );
});
