/**
 * What JupyterLab's inline completer asks: one fetch for each key, then a stream for each answer that is not finished.
 *
 * The host has no cancel and drops an answer that is overtaken by a key, even if it still fits. So generations live
 * across fetches: the newest fetch joins one while the text typed since fits, and otherwise replaces it. Nothing
 * is thrown at the host, which would keep its streaming mark for ever. It does not know HTTP, notebooks or the status bar.
 */

import type {
  IInlineCompletionItem,
  IInlineCompletionList,
  IInlineCompletionProvider,
  InlineCompletionTriggerKind
} from '@jupyterlab/completer';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { DEADLINE, type IClient } from './client';
import { Refusals } from './refusals';
import { isElsewhere } from './edit';
import { Faults } from './faults';
import type { Generation, IQuestion } from './generation';
import { Generations } from './generations';
import { type IEditor, type IPlace, placeOf } from './place';
import { Rhythm } from './rhythm';
import { takeSnapshot } from './snapshot';
import { typedSince } from './suggestion';
import { Turn } from './turn';
import type { Context, DocumentOf, IFetch, IView } from './view';
import type { IEnd, IFault, ISnapshot } from './wire';

type Reply = { response: IInlineCompletionItem };
type Trigger = ISnapshot['trigger'];

const AUTOMATIC: InlineCompletionTriggerKind.Automatic = 1;

/** How long to wait where asking is likely in vain, in milliseconds: longer than a gap within a word. */
const UNLIKELY = 250;

export interface IProviderOptions {
  client: Pick<IClient, 'complete'>;
  /** Who is asked for what may never be shown; `client` if nobody else. */
  ahead?: Pick<IClient, 'complete'>;
  documentOf: DocumentOf;
  icon?: LabIcon;
}

export class Provider implements IInlineCompletionProvider, IDisposable {
  constructor(options: IProviderOptions) {
    this._documentOf = options.documentOf;
    this.icon = options.icon;
    this._generations = new Generations({
      ...options,
      isQuiet: (context, editor) => this.isQuiet(context, editor)
    });
    this.ended.connect((_, { type }) => {
      if (type === 'end') {
        this._faults.clear();
      }
    });
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

  /** Is told what the host is given to show. */
  onShow: (generation: Generation) => void = () => undefined;

  /** Emits the last word of each request that was not cancelled. */
  get ended(): ISignal<Generations, IEnd | IFault> {
    return this._generations.ended;
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
    this._generations.prefetch(shown);
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
    this._generations.retire();
  }

  /** Ends what is in flight and forgets what was kept: it may no longer be shown. */
  forget(): void {
    this._generations.clear();
  }

  /** Forgets what was kept: the world has changed. What the person waits for goes on. */
  expire(): void {
    this._generations.expire();
  }

  dispose(): void {
    this._isDisposed = true;
    this._turn.end();
    this.forget();
    Signal.clearData(this._generations);
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
    const isAway = watchFocus(editor);
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
    if (this._generations.current?.isTyped(question.place)) {
      this._refusals.agree();
    }
    const answer =
      (await this._join(question, view, isQuiet)) ??
      (isQuiet ? null : await this._ask(question, view));
    if (turn.isOver || !answer || isAway()) {
      return [];
    }
    const items = await this._show(answer, isAutomatic);
    return isAway() ? [] : items;
  }

  /** What is there already, or comes; null if there was nothing to join, or it came to something else than was typed. */
  private async _join(
    question: IQuestion,
    view: IFetch,
    isQuiet: boolean
  ): Promise<IAnswer | null> {
    if (isQuiet && !this._generations.current?.answers(question)) {
      // What is on the screen goes on, but nothing comes up.
      this._generations.retire();
      return null;
    }
    const generation = this._generations.reuse(question);
    if (!generation) {
      return null;
    }
    const text = await this._next({ ...view, generation }, '');
    if (text) {
      this._refusals.agree();
    }
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
    const wait = trigger === 'automatic' ? this._waitAt(question.place) : 0;
    if (wait > 0) {
      await turn.sleep(wait);
    }
    const isThere = typedSince(question.place, placeOf(editor)) === '';
    if (turn.isOver || !isThere) {
      return null;
    }
    this._refusals.ask(question.place);
    const generation = this._generations.start(question);
    const text = await this._next({ ...view, generation }, '');
    return { ...view, generation, text };
  }

  private _waitAt(place: IPlace): number {
    return this._refusals.covers(place) ? UNLIKELY : this._rhythm.wait;
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
      return this._faults.explain(generation.fault, isAutomatic, turn);
    }
    this.onShow(generation);
    if (generation.isDone) {
      this._generations.prefetch(answer);
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
        if (generation === this._generations.current) {
          this._generations.retire();
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

  /** Whether somebody else has changed the text since; what is shown then goes along. */
  private _see(place: IPlace): boolean {
    const old = this._seen;
    this._seen = place;
    if (old?.editor !== place.editor || !isElsewhere(old, place)) {
      return false;
    }
    const isSame = old.before === place.before || old.after === place.after;
    const { current } = this._generations;
    const typed = current && typedSince(current.place, old);
    if (isSame && typed !== null && place.before.endsWith(typed)) {
      current?.move(place, typed);
    }
    return true;
  }

  private _documentOf: DocumentOf;
  private _generations: Generations;
  private _turn = new Turn();
  private _rhythm = new Rhythm();
  private _refusals = new Refusals();
  private _faults = new Faults();
  private _seen: IPlace | null = null;
  private _shown: IShown | null = null;
  private _tokens = 0;
  private _isPause = false;
  private _isDisposed = false;
}

/**
 * Whether the focus has gone from `editor` to something else on the page. The host would show there what was asked for
 * here. While another window has the focus, the person is still here.
 */
function watchFocus(editor: IEditor): () => boolean {
  const had = editor.hasFocus();
  return () => had && !editor.hasFocus() && document.hasFocus();
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
