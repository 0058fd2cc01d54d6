/**
 * What follows a suggestion, asked for in a pause as if that were accepted, so that it is there when it is.
 *
 * One at a time. Who never accepts shall cost little: the pause that it takes grows with each that nobody came to, and
 * is short again after one that somebody did. It does not know what is on the screen, nor what is kept.
 */

import { placeAfter, typedInto } from './ahead';
import type { Generation, IQuestion } from './generation';
import { type IEditor, placeOf } from './place';
import { takeSnapshot } from './snapshot';
import { typedSince } from './suggestion';
import type { Context, DocumentOf, IView } from './view';

/** The shortest pause, in milliseconds without a key: longer than a gap within a word. */
const PAUSE = 250;
const GROWTH = 1.5;
const MAX_PAUSE = 2_000;

export interface IPrefetchOptions {
  documentOf: DocumentOf;
  /** Where nothing is asked for by itself. */
  isQuiet: (context: Context, editor: IEditor) => boolean;
  /** Whether there is an answer already. */
  isKnown: (question: IQuestion) => boolean;
  start: (question: IQuestion) => Generation;
}

export class Prefetch {
  constructor(options: IPrefetchOptions) {
    this._options = options;
  }

  /** Asks for what follows what is shown, after a pause. */
  plan(view: IView): void {
    this._look(view).catch(() => {
      // The editor is gone; nobody waits for this.
    });
  }

  /** The one in flight, if it answers: then it is the caller's. It ends where typing has gone elsewhere. */
  take(question: IQuestion): Generation | null {
    const current = this._current;
    if (current?.answers(question)) {
      this._current = null;
      return current;
    }
    if (current && typedSince(question.place, current.place) === null) {
      this.drop();
    }
    return null;
  }

  /** Takes note that `generation` is wanted now. */
  use(generation: Generation): void {
    if (this._unused.delete(generation)) {
      this._pause = PAUSE;
    }
  }

  /** Takes note that `generation` is over; gives whether it was the one in flight. */
  end(generation: Generation): boolean {
    if (generation !== this._current) {
      return false;
    }
    this._current = null;
    return true;
  }

  /** Ends the one in flight. */
  drop(): void {
    this._current?.dispose();
    this._current = null;
  }

  /** Never before what is shown has ended, since the newest request of an editor ends the others. */
  private async _look({ context, ...view }: IView): Promise<void> {
    const { generation, editor, turn } = view;
    const { documentOf, isQuiet, isKnown, start } = this._options;
    await turn.sleep(this._pause);
    if (
      turn.isOver ||
      editor.isDisposed ||
      !generation.isWhole ||
      isQuiet(context, editor)
    ) {
      return;
    }
    const place = placeOf(editor);
    const text = generation.rest(place);
    const document = text && documentOf(context, editor);
    if (!document) {
      return;
    }
    const question = {
      place: placeAfter(place, text),
      snapshot: takeSnapshot(typedInto(document, text), 'automatic')
    };
    if (!this._current && !isKnown(question)) {
      this._current = start(question);
      this._unused.add(this._current);
      this._pause = Math.min(this._pause * GROWTH, MAX_PAUSE);
    }
  }

  private _options: IPrefetchOptions;
  private _current: Generation | null = null;
  private _unused = new WeakSet<Generation>();
  private _pause = PAUSE;
}
