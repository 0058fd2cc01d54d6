/**
 * The host's inline completers, one for each open document, with mends that serve every provider.
 *
 * A completer is active only while there is something to accept: the host leaves it so when a suggestion was typed to its
 * end, or when an answer is empty or an error; then Tab, Escape and the rest are caught and do nothing. A suggestion goes
 * away when an answer is empty. What is accepted is put at the cursor, where the host may think of one further back, and is undone alone.
 */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type {
  IInlineCompleterFactory,
  InlineCompleter
} from '@jupyterlab/completer';
import type { Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import { beginStep } from './accept';

/** The host's class on an editor while its completer is active; its keys are bound to it. */
const ACTIVE = 'jp-mod-inline-completer-active';

/** What is grey; what only holds its room for a moment, lest the cell jumps, is the host's. */
const GHOST =
  '.jp-GhostText:not(.jp-GhostText-lineSpacer, .jp-GhostText-letterSpacer)';

export class Completers {
  /** Makes completers as `factory` does, mended and remembered here. */
  wrap(factory: IInlineCompleterFactory): IInlineCompleterFactory {
    return { factory: options => this._add(mend(factory.factory(options))) };
  }

  /** The one whose editor has the focus. */
  get focused(): InlineCompleter | null {
    return this._find(({ editor }) => editor?.hasFocus());
  }

  /** The one that has something to accept at the focus. */
  get active(): InlineCompleter | null {
    const focused = this.focused;
    return focused?.isActive ? focused : null;
  }

  /** The one whose editor stands in `widget`. */
  of(widget: Widget): InlineCompleter | null {
    return this._find(
      ({ editor }) => editor && widget.node.contains(editor.host)
    );
  }

  private _add(completer: InlineCompleter): InlineCompleter {
    this._all.add(completer);
    completer.disposed.connect(() => this._all.delete(completer));
    return completer;
  }

  private _find(
    isIt: (completer: InlineCompleter) => boolean | null | undefined
  ): InlineCompleter | null {
    return [...this._all].find(isIt) ?? null;
  }

  private _all = new Set<InlineCompleter>();
}

function mend(completer: InlineCompleter): InlineCompleter {
  mendActive(completer);
  mendAccept(completer);
  mendCursor(completer);
  return completer;
}

function mendActive(completer: InlineCompleter): void {
  const prototype = Object.getPrototypeOf(completer) as object;
  Object.defineProperty(completer, 'isActive', {
    configurable: true,
    get: () =>
      !!completer.current?.insertText &&
      Boolean(Reflect.get(prototype, 'isActive', completer))
  });
  let hasPiece = false;
  const settle = () => {
    const { current, editor } = completer;
    current?.stream.connect(settle);
    hasPiece = !!current?.lastStreamed;
    if (!current?.insertText) {
      editor?.host.classList.remove(ACTIVE);
    }
  };
  const model = completer.model;
  model?.suggestionsChanged.connect((_, { event }) => {
    if (event === 'set' && !model.completions?.items.length) {
      clear(completer);
    }
    settle();
  });
  model?.filterTextChanged.connect(() => {
    if (hasPiece) {
      // It may still stand there after it was typed: gone before the next frame, but not before the editor is done.
      queueMicrotask(() => clear(completer));
    }
    settle();
    // The host draws it only then, and puts its class back; all of it may still stand there after somebody else's edit.
    setTimeout(() => {
      if (!completer.current) {
        clear(completer);
      }
      settle();
    });
  });
}

/**
 * Takes away what is grey, if anything is: to draw is the dearest part of a key. Not a reset: another provider may still
 * add to the answer, or a stream go on.
 */
function clear(completer: InlineCompleter): void {
  const { model, editor } = completer;
  if (model && editor?.host.querySelector(GHOST)) {
    (model.suggestionsChanged as Signal<typeof model, { event: 'clear' }>).emit(
      { event: 'clear' }
    );
  } else {
    completer.update();
  }
}

function mendAccept(completer: InlineCompleter): void {
  const accept = completer.accept.bind(completer);
  completer.accept = () => {
    const { editor, model } = completer;
    if (editor && model) {
      model.cursor = editor.getCursorPosition();
      beginStep(editor);
    }
    accept();
  };
}

/** What is grey stays at the cursor: the host leaves it behind there, and takes any letter for one that was typed there. */
function mendCursor(completer: InlineCompleter): void {
  const { model } = completer;
  if (!model) {
    return;
  }
  // The host says that there always is one.
  const cursor = (): CodeEditor.IPosition | undefined => model.cursor;
  const isAt = (place?: CodeEditor.IPosition) =>
    place?.line === cursor()?.line && place?.column === cursor()?.column;
  model.filterTextChanged.connect(() => {
    const place = completer.editor?.getCursorPosition();
    const { completions } = model;
    // The last piece of a stream is drawn apart, and the host does not trim it.
    completions?.items.forEach(item => (item.lastStreamed = undefined));
    if (!isAt(place)) {
      model.cursor = place ?? model.cursor;
    } else if (completions) {
      // Somebody else typed these letters, somewhere. The editor may not be changed before it is done with that.
      queueMicrotask(() => {
        if (model.completions === completions) {
          model.reset();
        }
      });
    }
  });
  model.suggestionsChanged.connect(() => {
    model.cursor = completer.editor?.getCursorPosition() ?? model.cursor;
  });
  const handle = model.handleSelectionChange.bind(model);
  model.handleSelectionChange = range => {
    handle(range);
    if (model.completions && !isAt(range.end)) {
      model.reset();
    }
  };
}
