import { afterEach, describe, expect, it, vi } from 'vitest';
import { documentOf, metadataOf, offIn, sourceOf } from '../classic/document';
import { editorOf } from '../classic/editor';
import { english } from '../classic/english';
import type { ICell, ICodeMirror, INotebook } from '../classic/host';
import { askServer, isServed } from '../classic/server';
import { readSettings } from '../classic/settings';
import { isFlagOn, toggleFlag } from '../src/flags';
import { placeOf } from '../src/place';
import { takeSnapshot } from '../src/snapshot';
import { Switch } from '../src/switch';

/** An editor of lines, with the cursor at its end. */
function codeMirror(text: string, mode?: string): ICodeMirror {
  const lines = text.split('\n');
  return {
    getValue: () => text,
    getMode: () => ({ name: mode }),
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
  mode?: string;
  count?: unknown;
  tags?: string[];
  outputs?: unknown[];
}

function cell(options: ICellOptions = {}): ICell & { text: string } {
  const { text = '', kind = 'code', mode, count = null } = options;
  const { tags, outputs } = options;
  return {
    text,
    cell_type: kind,
    code_mirror: codeMirror(text, mode),
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
    get_cells: () => cells,
    get_selected_cell: () => cells.at(-1) ?? null
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

describe('what is off', () => {
  const power = new Switch();
  const python = { mode: 'ipython' };

  it('is nothing at first', () => {
    expect(offIn(notebook([cell(python)]), power)).toBeNull();
    expect(offIn(notebook([]), power)).toBeNull();
  });

  it.each([
    ['excluded', { codecompose: { enabled: false } }, ['no-complete']],
    ['cell', { codecompose: { automatic: false } }, ['no-complete']],
    ['document', { codecompose: { automatic: false } }, []]
  ])('is the %s', (what, metadata, tags) => {
    const all = notebook([cell({ ...python, tags })], metadata);
    expect(offIn(all, power)).toEqual({ what, language: 'python' });
  });

  it.each([
    ['ipython', 'python'],
    ['ipythongfm', 'markdown'],
    ['r', 'r']
  ])('is a language by the mode of its editor: %s', async (mode, language) => {
    const all = notebook([cell({ mode })]);
    await power.toggleLanguage(language);
    expect(offIn(all, power)).toEqual({ what: 'language', language });
    await power.toggleLanguage(language);
    expect(offIn(all, power)).toBeNull();
  });
});

describe('the settings', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  async function bound(lab: Response | Error, data: Record<string, unknown>) {
    const asked: string[] = [];
    vi.stubGlobal('document', { cookie: '_xsrf=2|f00|1' });
    vi.stubGlobal('fetch', (url: string, { headers }: RequestInit) => {
      asked.push(`${url} ${new Headers(headers).get('X-XSRFToken')}`);
      return lab instanceof Error ? Promise.reject(lab) : Promise.resolve(lab);
    });
    const kept: unknown[] = [];
    const update = (values: unknown) => Promise.resolve(kept.push(values));
    const config = { loaded: Promise.resolve(), data, update };
    const power = new Switch();
    const settings = await readSettings(config, '/base/');
    power.bind(settings);
    const isAnnounced = settings.composite['announce'] !== false;
    return { power, kept, asked, isAnnounced };
  }

  const lab = (settings: unknown) => new Response(JSON.stringify({ settings }));

  it("take JupyterLab's languages that are off", async () => {
    const { power, asked } = await bound(lab({ languages_off: ['SQL'] }), {});
    expect(asked).toEqual([
      '/base/lab/api/settings/jupyter-codecompose:plugin 2|f00|1'
    ]);
    expect(power.isLanguageOn('sql')).toBe(false);
    expect([power.isOn, power.isLanguageOn('python')]).toEqual([true, true]);
  });

  it.each([true, false])(
    'take whether suggestions are said: %s',
    async said => {
      const { isAnnounced } = await bound(lab({ announce: said }), {});
      expect(isAnnounced).toBe(said);
    }
  );

  it('are kept, and then come first', async () => {
    const { power, kept } = await bound(lab({ languages_off: ['sql'] }), {
      CodeCompose: { enabled: false, languages_off: ['r'] }
    });
    expect(power.isOn).toBe(false);
    expect(power.isLanguageOn('r')).toBe(false);
    expect(power.isLanguageOn('sql')).toBe(true);
    await power.toggleLanguage('r');
    await power.toggle();
    expect(kept).toEqual([
      { CodeCompose: { languages_off: [] } },
      { CodeCompose: { enabled: true } }
    ]);
  });

  it.each([
    ['cannot be reached', new TypeError('No network.')],
    ['is not there', new Response('', { status: 404 })],
    ['says something else', new Response('<html>')]
  ])('do without JupyterLab where it %s', async (_, answer) => {
    const { power } = await bound(answer, {});
    expect([power.isOn, power.isLanguageOn('sql')]).toEqual([true, true]);
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
    editor: expect.any(Object) as object,
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
    vi.stubGlobal('location', { origin: 'http://host' });
    return fetch;
  }

  it.each(['/', '/user/ada/', '/user/ada'])('is asked below %s', async base => {
    const fetch = ask(200, 'a=1; _xsrf=2|f00|1; b=2');
    await askServer(base)('complete', { method: 'POST', body: '{}' });
    const prefix = base.replace(/\/$/, '');
    expect(fetch).toHaveBeenCalledWith(
      `http://host${prefix}/codecompose/complete`,
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

  it('that cannot be reached now may be there', async () => {
    expect(await isServed(() => Promise.reject(new TypeError()))).toBe(true);
  });
});

it('sentences have their values in them', () => {
  expect(english.__('%1 of %2', 1, 'two')).toBe('1 of two');
  expect(english._n('%1 cell', '%1 cells', 1)).toBe('1 cell');
  expect(english._n('%2: %1 cell', '%2: %1 cells', 3, 'here')).toBe(
    'here: 3 cells'
  );
});
