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
import { DEADLINE, type IClient } from './client';
import { Generation } from './generation';
import { type IEditor, type IPlace, placeOf } from './place';
import { type IDocument, takeSnapshot } from './snapshot';
import { Turn } from './turn';
import type { IEnd, IFault, ISnapshot } from './wire';

/** The host's context, with the editor that it passes at run time but does not declare. */
export type Context = IInlineCompletionContext & { editor?: IEditor | null };

type Reply = { response: IInlineCompletionItem };

const AUTOMATIC: InlineCompletionTriggerKind.Automatic = 1;
const MAX_RECENT = 8;

/** After the last key, in milliseconds; the host's own debounce is 0, so that joining needs no wait at all. */
const DEBOUNCE = 25;

/** Without a key, in milliseconds, before an error is shown. */
const PAUSE = 500;

export interface IProviderOptions {
  client: IClient;
  documentOf: (context: Context, editor: IEditor) => IDocument | null;
  icon?: LabIcon;
}

export class Provider implements IInlineCompletionProvider, IDisposable {
  constructor(options: IProviderOptions) {
    this._client = options.client;
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

  /** Whether to answer to typing; when not, only to an explicit request. */
  isAutomatic = true;

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
  }

  /** Ends what is in flight and forgets what was kept: the world has changed. */
  forget(): void {
    this._current?.dispose();
    this._current = null;
    this._recent = [];
  }

  dispose(): void {
    this._isDisposed = true;
    this._turn.end();
    this.forget();
    Signal.clearData(this);
  }

  private async _answer(context: Context): Promise<IInlineCompletionItem[]> {
    const isAutomatic = context.triggerKind === AUTOMATIC;
    const editor = context.editor;
    if (!editor || this.isDisposed || (isAutomatic && !this.isAutomatic)) {
      return [];
    }
    if (isAutomatic && !editor.hasFocus()) {
      // Somebody else is typing in this document.
      return [];
    }
    this._turn.end();
    const turn = (this._turn = new Turn());
    let generation = this._reuse(placeOf(editor));
    let text =
      generation && (await this._next({ generation, editor, turn }, ''));
    if (!text && !generation?.fault && !turn.isOver) {
      // There was nothing to join, or it came to something else than was typed.
      generation = await this._ask(context, editor, turn);
      text = generation && (await this._next({ generation, editor, turn }, ''));
    }
    if (!generation || text === null) {
      return [];
    }
    if (text === '') {
      return this._explain(generation.fault, isAutomatic, turn);
    }
    if (generation.isDone) {
      return [{ insertText: text }];
    }
    const token = `${++this._tokens}`;
    this._shown = { generation, editor, turn, token, text };
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
      const rest = generation.rest(placeOf(editor));
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

  /** A new generation, unless a key comes first. */
  private async _ask(
    context: Context,
    editor: IEditor,
    turn: Turn
  ): Promise<Generation | null> {
    const isAutomatic = context.triggerKind === AUTOMATIC;
    if (isAutomatic) {
      await turn.sleep(DEBOUNCE);
    }
    return turn.isOver
      ? null
      : this._start(context, editor, isAutomatic ? 'automatic' : 'invoke');
  }

  private _start(
    context: Context,
    editor: IEditor,
    trigger: ISnapshot['trigger']
  ): Generation | null {
    const document = this._documentOf(context, editor);
    if (!document) {
      return null;
    }
    const snapshot = takeSnapshot(document, trigger);
    const generation = new Generation(placeOf(editor), signal =>
      this._client.complete(snapshot, signal)
    );
    this._current = generation;
    void generation.ended.then(last => {
      if (last?.type === 'end') {
        this._told.clear();
      }
      if (last && !this.isDisposed) {
        this._ended.emit(last);
      }
    });
    return generation;
  }

  /** The generation that answers at `place`; a current one that does not is over. */
  private _reuse(place: IPlace): Generation | null {
    if (this._current && this._current.place.editor !== place.editor) {
      // What was suggested here before may not fit what was done elsewhere.
      this.forget();
    }
    if (this._current?.answers(place)) {
      return this._current;
    }
    this._retire();
    return this._recent.find(kept => kept.answers(place)) ?? null;
  }

  /** Keeps the current generation if it is whole, ends it if it is not. */
  private _retire(): void {
    const current = this._current;
    this._current = null;
    if (current?.isDone && current.text !== '' && !current.fault) {
      this._recent = [current, ...this._recent].slice(0, MAX_RECENT);
    } else {
      current?.dispose();
    }
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

  private _client: IClient;
  private _documentOf: IProviderOptions['documentOf'];
  private _turn = new Turn();
  private _current: Generation | null = null;
  private _recent: Generation[] = [];
  private _shown: IShown | null = null;
  private _tokens = 0;
  private _told = new Set<string>();
  private _isDisposed = false;
  private _ended = new Signal<this, IEnd | IFault>(this);
}

/** A generation as one fetch looks at it. */
interface IView {
  generation: Generation;
  editor: IEditor;
  turn: Turn;
}

/** What an unfinished answer to the host goes on from. */
interface IShown extends IView {
  token: string;
  text: string;
}
