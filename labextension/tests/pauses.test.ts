import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type IScene, Pauses, pauseOf } from '../src/pauses';
import { placeOf } from '../src/place';
import type { IDocument, ISource } from '../src/snapshot';
import { FakeEditor } from './fakes';

function code(text: string, more: Partial<ISource> = {}): ISource {
  return { cell_type: 'code', getSource: () => text, ...more };
}

/** A document of some cells, with the cursor in the last one, where `|` stands. */
function at(marked: string, above: ISource[] = []): IDocument {
  const [before = '', after = ''] = marked.split('|');
  return {
    editor: 'e-1',
    path: 'a.ipynb',
    language: 'python',
    kernel: null,
    cells: [...above, code(before + after)],
    active: above.length,
    offset: before.length
  };
}

describe('pauseOf', () => {
  it.each([
    '# the mean of each column\n|',
    '    # twice\n    |\n',
    '// sum\n|',
    'for x in y:\n    |',
    'f(\n    |\n)',
    'if (x) {\n  |\n}'
  ])('is short after a line that leads on: %j', marked => {
    expect(pauseOf(at(marked))).toBe(200);
  });

  it.each(['x = 1\n|', 'x = 1\n\n|\ny = 2', '|\nx = 1', '   |\nx = 1'])(
    'is longer on another empty line: %j',
    marked => {
      expect(pauseOf(at(marked))).toBe(600);
    }
  );

  it.each(['x|', '|x', 'x = 1\n|y', 'x\n    |)'])(
    'is left to the host where something stands: %j',
    marked => {
      expect(pauseOf(at(marked))).toBe(null);
    }
  );

  it('needs a cell above that has run, for a cell that is empty', () => {
    expect(pauseOf(at('|'))).toBe(null);
    expect(pauseOf(at('|', [code('x = 1')]))).toBe(null);
    expect(pauseOf(at('|', [code('x = 1', { count: 3 })]))).toBe(600);
    expect(pauseOf(at(' \n|', [code('x', { count: 3 })]))).toBe(600);
    const edited = code('x = 1', { count: 3, edited: true });
    expect(pauseOf(at('|', [edited]))).toBe(null);
  });

  it('is never in prose', () => {
    const document = at('# Title\n|');
    const cells = [{ ...document.cells[0], cell_type: 'markdown' }];
    expect(pauseOf({ ...document, cells: cells as ISource[] })).toBe(null);
  });
});

/** An editor in front, of which each thing can be changed. */
class FakeScene implements IScene {
  readonly editor = new FakeEditor('# sum\n');
  hasGhost = false;
  hasPopup = false;
  quiet = false;
  isReadable = true;
  asked = 0;

  get place() {
    return placeOf(this.editor);
  }

  isQuiet(): boolean {
    return this.quiet;
  }

  readDocument(): IDocument | null {
    return this.isReadable
      ? at(
          `${this.editor.text.slice(0, this.editor.cursor)}|${this.editor.text.slice(this.editor.cursor)}`
        )
      : null;
  }

  ask(): void {
    this.asked++;
  }
}

describe('Pauses', () => {
  let page: EventTarget;
  let scene: FakeScene;
  let front: FakeScene | null;
  let pauses: Pauses;

  beforeEach(() => {
    vi.useFakeTimers();
    page = new EventTarget();
    front = scene = new FakeScene();
    pauses = new Pauses(
      page,
      () => front,
      () => scene.hasPopup
    );
  });

  afterEach(() => {
    pauses.dispose();
    vi.useRealTimers();
  });

  const stir = (event = 'selectionchange') =>
    page.dispatchEvent(new Event(event));

  it('asks once, when nothing has moved for a while', () => {
    stir();
    vi.advanceTimersByTime(150);
    stir('keydown');
    vi.advanceTimersByTime(199);
    expect(scene.asked).toBe(0);
    vi.advanceTimersByTime(1);
    expect(scene.asked).toBe(1);
    stir();
    vi.advanceTimersByTime(5_000);
    expect(scene.asked).toBe(1);
  });

  it('waits longer where less is to be expected', () => {
    scene.editor.type('x = 1\n');
    stir();
    vi.advanceTimersByTime(599);
    expect(scene.asked).toBe(0);
    vi.advanceTimersByTime(1);
    expect(scene.asked).toBe(1);
  });

  it('asks again when the cursor has been elsewhere', () => {
    stir();
    vi.advanceTimersByTime(200);
    scene.editor.cursor = 2;
    stir();
    vi.advanceTimersByTime(200);
    scene.editor.cursor = 6;
    stir();
    vi.advanceTimersByTime(200);
    expect(scene.asked).toBe(2);
  });

  it.each([
    () => (front = null),
    () => (scene.hasGhost = true),
    () => (scene.hasPopup = true),
    () => (scene.quiet = true),
    () => (scene.isReadable = false)
  ])('keeps silent: %s', change => {
    stir();
    change();
    vi.advanceTimersByTime(5_000);
    expect(scene.asked).toBe(0);
  });

  it('asks anywhere when the Tab popup has closed', () => {
    scene.editor.type('tab');
    scene.hasPopup = true;
    stir('keydown');
    vi.advanceTimersByTime(5_000);
    expect(scene.asked).toBe(0);
    stir('keydown');
    scene.hasPopup = false;
    vi.advanceTimersByTime(200);
    expect(scene.asked).toBe(1);
    stir('keydown');
    vi.advanceTimersByTime(5_000);
    expect(scene.asked).toBe(1);
  });

  it('is silent once it is disposed', () => {
    stir();
    pauses.dispose();
    stir();
    vi.advanceTimersByTime(5_000);
    expect(scene.asked).toBe(0);
  });
});
