/**
 * What JupyterLab's inline completer asks: one fetch for each key, then a stream for each answer that is not finished.
 *
 * The host has no cancel and drops an answer that is overtaken by a key, even if it still fits. So a generation lives
 * here, across fetches: the newest fetch joins it while the text typed since fits, and otherwise replaces it. Nothing
 * is thrown at the host, which would keep its streaming mark for ever. It does not know HTTP, notebooks or the status bar.
 */

import type {
  IInlineCompletionContext,
  IInlineCompletionItem,
  IInlineCompletionList,
  IInlineCompletionProvider,
  InlineCompletionTriggerKind
} from '@jupyterlab/completer';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { placeAfter, typedInto } from './ahead';
import { Cache } from './cache';
import { DEADLINE, type IClient } from './client';
import { isElsewhere } from './edit';
import { Generation, type IQuestion } from './generation';
import { type IEditor, type IPlace, placeOf } from './place';
import { Rhythm } from './rhythm';
import { type IDocument, takeSnapshot } from './snapshot';
import { typedSince } from './suggestion';
import { Turn } from './turn';
import type { IEnd, IFault, ISnapshot } from './wire';

/** The host's context, with the editor that it passes at run time but does not declare. */
export type Context = IInlineCompletionContext & { editor?: IEditor | null };

type Reply = { response: IInlineCompletionItem };
type Trigger = ISnapshot['trigger'];

const AUTOMATIC: InlineCompletionTriggerKind.Automatic = 1;

/** Without a key, in milliseconds, before an error is shown. */
const PAUSE = 500;

/** Without a key, in milliseconds, before what follows a suggestion is asked for: longer than a gap within a word. */
const QUIET = 250;

export interface IProviderOptions {
  client: Pick<IClient, 'complete'>;
  /** Who is asked for what may never be shown; `client` if nobody else. */
  ahead?: Pick<IClient, 'complete'>;
  documentOf: (context: Context, editor: IEditor) => IDocument | null;
  icon?: LabIcon;
}

export class Provider implements IInlineCompletionProvider, IDisposable {
  constructor(options: IProviderOptions) {
    this._client = options.client;
    this._forAhead = options.ahead ?? options.client;
    this._documentOf = options.documentOf;
    this.icon = options.icon;
  }

  readonly identifier = 'jupyter-codecompose';
  readonly name = 'CodeCompose';
  readonly icon: LabIcon | undefined;
  readonly schema: ISettingRegistry.IProperty = {
    default: {
      enabled: true,
      debouncerDelay: 0,
      timeout: DEADLINE,
      autoFillInMiddle: true
    }
  };

  /** Where to ask for nothing but what the person asks for by hand. */
  isQuiet: (context: Context, editor: IEditor) => boolean = () => false;

  /** Emits the last word of each request that was not cancelled. */
  get ended(): ISignal<this, IEnd | IFault> {
    return this._ended;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Answers with the first text, not with an empty item to be filled by the stream: the host treats an empty item as a
   * suggestion and catches the Tab key for it. It waits as long as `timeout` in the schema says.
   */
  async fetch(
    _request: unknown,
    context: Context
  ): Promise<IInlineCompletionList> {
    try {
      return { items: await this._answer(context) };
    } catch (reason) {
      console.warn('CodeCompose: no suggestion.', reason);
      return { items: [] };
    }
  }

  async *stream(token: string): AsyncGenerator<Reply, undefined, unknown> {
    const shown = this._shown;
    if (shown?.token !== token) {
      return;
    }
    let text: string | null = shown.text;
    do {
      const old: string = text;
      text = await this._next(shown, old).catch(() => {
        // The editor is gone.
        shown.generation.dispose();
        return null;
      });
      if (text !== null && text !== old) {
        yield { response: { insertText: text, isIncomplete: true } };
      }
    } while (text !== null && !shown.generation.isDone);
    this._planAhead(shown);
  }

  /** Runs `ask`, which has the host ask by hand: it is the page that asks, in a pause, and not the person. */
  inPause(ask: () => void): void {
    this._isPause = true;
    try {
      ask();
    } finally {
      this._isPause = false;
    }
  }

  /** Ends what is shown, or waited for: the person does not want it. */
  dismiss(): void {
    this._turn.end();
    this._retire();
  }

  /** Ends what is in flight and forgets what was kept: the world has changed. */
  forget(): void {
    this._current?.dispose();
    this._current = null;
    this._dropAhead();
    this._cache.clear();
  }

  dispose(): void {
    this._isDisposed = true;
    this._turn.end();
    this.forget();
    Signal.clearData(this);
  }

  private async _answer(context: Context): Promise<IInlineCompletionItem[]> {
    const trigger = this._triggerOf(context);
    const isAutomatic = trigger !== 'invoke';
    const editor = context.editor;
    if (!editor || this.isDisposed || (isAutomatic && !editor.hasFocus())) {
      // Without the focus it is somebody else who types in this document.
      return [];
    }
    if (trigger === 'automatic') {
      this._rhythm.note(performance.now());
    }
    this._turn.end();
    const turn = (this._turn = new Turn());
    // The host asks before its editor has put the cursor where somebody else's edit takes it.
    await Promise.resolve();
    const document = this._documentOf(context, editor);
    if (!document) {
      this.forget();
      return [];
    }
    const question = {
      place: placeOf(editor),
      snapshot: takeSnapshot(document, trigger)
    };
    const isForeign = this._see(question.place) && trigger === 'automatic';
    const isQuiet = isForeign || (isAutomatic && this.isQuiet(context, editor));
    const view = { context, editor, turn };
    const answer =
      (await this._join(question, view, isQuiet)) ??
      (isQuiet ? null : await this._ask(question, view));
    return turn.isOver || !answer ? [] : this._show(answer, isAutomatic);
  }

  /** What is there already, or comes; null if there was nothing to join, or it came to something else than was typed. */
  private async _join(
    question: IQuestion,
    view: IFetch,
    isQuiet: boolean
  ): Promise<IAnswer | null> {
    if (isQuiet && !this._current?.answers(question)) {
      // What is on the screen goes on, but nothing comes up.
      this._retire();
      return null;
    }
    const generation = this._reuse(question);
    if (!generation) {
      return null;
    }
    const text = await this._next({ ...view, generation }, '');
    return text || generation.fault || generation.answers(question)
      ? { ...view, generation, text }
      : null;
  }

  /** A new generation's first text, unless a key or a move of the cursor comes first. */
  private async _ask(
    question: IQuestion,
    view: IFetch
  ): Promise<IAnswer | null> {
    const { editor, turn } = view;
    const { trigger } = question.snapshot;
    if (trigger === 'automatic' && this._rhythm.wait > 0) {
      await turn.sleep(this._rhythm.wait);
    }
    const isThere = typedSince(question.place, placeOf(editor)) === '';
    if (turn.isOver || !isThere) {
      return null;
    }
    this._retire();
    this._dropAhead();
    const generation = this._start(question, this._client);
    this._current = generation;
    const text = await this._next({ ...view, generation }, '');
    return { ...view, generation, text };
  }

  private async _show(
    answer: IAnswer,
    isAutomatic: boolean
  ): Promise<IInlineCompletionItem[]> {
    const { generation, text, turn } = answer;
    if (text === null) {
      return [];
    }
    if (text === '') {
      return this._explain(generation.fault, isAutomatic, turn);
    }
    if (generation.isDone) {
      this._planAhead(answer);
      return [{ insertText: text }];
    }
    const token = `${++this._tokens}`;
    this._shown = { ...answer, text, token };
    return [{ insertText: text, isIncomplete: true, token }];
  }

  /**
   * Waits for something else to show than `shown`, or for the end. Null if the turn is over, or if the editor no longer
   * is where the text fits; typing along it is fine.
   */
  private async _next(
    { generation, editor, turn }: IView,
    shown: string
  ): Promise<string | null> {
    for (;;) {
      if (turn.isOver || generation.isDisposed) {
        return null;
      }
      const rest = editor.isDisposed ? null : generation.rest(placeOf(editor));
      if (rest === null) {
        if (generation === this._current) {
          this._retire();
        }
        return null;
      }
      if (generation.isDone || (rest !== '' && rest !== shown)) {
        return rest;
      }
      await Promise.race([generation.changed(), turn.over]);
    }
  }

  private _triggerOf(context: Context): Trigger {
    if (context.triggerKind === AUTOMATIC) {
      return 'automatic';
    }
    return this._isPause ? 'pause' : 'invoke';
  }

  private _start(
    question: IQuestion,
    client: Pick<IClient, 'complete'>
  ): Generation {
    const generation = new Generation(question, signal =>
      client.complete(question.snapshot, signal)
    );
    void generation.ended.then(last => this._onEnded(generation, last));
    return generation;
  }

  private _onEnded(generation: Generation, last: IEnd | IFault | null): void {
    if (generation === this._ahead) {
      // Nobody waits for it: how it went is not told.
      this._ahead = null;
      if (generation.isWhole) {
        this._cache.keep(generation);
      }
      return;
    }
    if (last?.type === 'end') {
      this._told.clear();
    }
    if (last && !this.isDisposed) {
      this._ended.emit(last);
    }
  }

  /**
   * Asks for what follows what is shown as if that were accepted, after a moment without a key. Never before what is
   * shown has ended, since the newest request of an editor ends the others.
   */
  private async _lookAhead({ context, ...view }: IView): Promise<void> {
    const { generation, editor, turn } = view;
    await turn.sleep(QUIET);
    if (
      turn.isOver ||
      editor.isDisposed ||
      !generation.isWhole ||
      this.isQuiet(context, editor)
    ) {
      return;
    }
    const place = placeOf(editor);
    const text = generation.rest(place);
    const document = text && this._documentOf(context, editor);
    if (!document) {
      return;
    }
    const question = {
      place: placeAfter(place, text),
      snapshot: takeSnapshot(typedInto(document, text), 'automatic')
    };
    if (!this._ahead && !this._cache.find(question)) {
      this._ahead = this._start(question, this._forAhead);
    }
  }

  private _planAhead(view: IView): void {
    this._lookAhead(view).catch(() => {
      // The editor is gone; nobody waits for this.
    });
  }

  private _dropAhead(): void {
    this._ahead?.dispose();
    this._ahead = null;
  }

  /** The generation that answers `question`; those that cannot come to do so are over. */
  private _reuse(question: IQuestion): Generation | null {
    if (!this._current?.answers(question)) {
      this._retire();
      this._current = this._ahead?.answers(question)
        ? this._ahead
        : this._cache.find(question);
    }
    if (this._ahead === this._current) {
      this._ahead = null;
    } else if (
      this._ahead &&
      typedSince(question.place, this._ahead.place) === null
    ) {
      this._dropAhead();
    }
    return this._current;
  }

  /** Keeps the current generation if it is whole, ends it if it is not. */
  private _retire(): void {
    if (this._current?.isWhole) {
      this._cache.keep(this._current);
    } else {
      this._current?.dispose();
    }
    this._current = null;
  }

  /** Whether somebody else has changed the text since; what is shown then goes along. */
  private _see(place: IPlace): boolean {
    const old = this._seen;
    this._seen = place;
    if (old?.editor !== place.editor || !isElsewhere(old, place)) {
      return false;
    }
    const isSame = old.before === place.before || old.after === place.after;
    const typed = this._current && typedSince(this._current.place, old);
    if (isSame && typed !== null && place.before.endsWith(typed)) {
      this._current?.move(place, typed);
    }
    return true;
  }

  /**
   * An error at the cursor. Never to say that one has to wait; and while somebody types, only in a pause, and once for
   * each fault until a request succeeds.
   */
  private async _explain(
    fault: IFault | null,
    isAutomatic: boolean,
    turn: Turn
  ): Promise<IInlineCompletionItem[]> {
    if (!fault || fault.code === 'loading') {
      return [];
    }
    const { code, message } = fault;
    if (isAutomatic) {
      if (code === 'busy' || this._told.has(message)) {
        return [];
      }
      await turn.sleep(PAUSE);
      if (turn.isOver) {
        return [];
      }
    }
    this._told.add(message);
    return [{ insertText: '', error: { message } }];
  }

  private _client: Pick<IClient, 'complete'>;
  private _forAhead: Pick<IClient, 'complete'>;
  private _documentOf: IProviderOptions['documentOf'];
  private _turn = new Turn();
  private _current: Generation | null = null;
  private _ahead: Generation | null = null;
  private _cache = new Cache();
  private _rhythm = new Rhythm();
  private _seen: IPlace | null = null;
  private _shown: IShown | null = null;
  private _tokens = 0;
  private _isPause = false;
  private _told = new Set<string>();
  private _isDisposed = false;
  private _ended = new Signal<this, IEnd | IFault>(this);
}

/** One fetch of the host. */
interface IFetch {
  context: Context;
  editor: IEditor;
  turn: Turn;
}

/** A generation as one fetch looks at it. */
interface IView extends IFetch {
  generation: Generation;
}

/** What came of a fetch: null if the person is somewhere else. */
interface IAnswer extends IView {
  text: string | null;
}

/** What an unfinished answer to the host goes on from. */
interface IShown extends IView {
  token: string;
  text: string;
}
