/**
 * The inline completer that the classic notebook does not have: asks at each change, draws what comes, takes the keys.
 *
 * Where the suggestions come from, how long to wait and what to reuse, the provider knows, which serves JupyterLab too.
 * A key is taken only while something is grey; every other key stays the host's.
 */

import { type ISignal, Signal } from '@lumino/signaling';
import { nextLine, nextWord } from '../src/parts';
import { type IEditor, type IPlace, isSamePlace, placeOf } from '../src/place';
import type { Provider } from '../src/provider';
import { restOf, typedSince } from '../src/suggestion';
import type { Context } from '../src/view';
import { editorOf } from './editor';
import { drawGhost } from './ghost';
import type { ICodeMirror } from './host';

export interface ICompleterOptions {
  provider: Pick<Provider, 'fetch' | 'stream' | 'dismiss'>;
  /** Shows a sentence to the person. */
  tell: (message: string) => void;
  /** Whether the host's list of completions is open. */
  isListOpen: () => boolean;
}

const INVOKE = 0;
const AUTOMATIC = 1;

/** What the host closes by itself when it is typed. */
const BRACKETS = '()[]{}\'"';

export class Completer {
  constructor(options: ICompleterOptions) {
    this._options = options;
  }

  /** What is grey, for those who do not see it. */
  get current(): { insertText: string; streaming: boolean } {
    return { insertText: this._rest, streaming: this._isGrowing };
  }

  /** Where it is grey. */
  get editor(): IEditor | null {
    return this._shown && editorOf(this._shown.cm);
  }

  /** Emits when something else is grey, or nothing. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Follows an editor from now on. */
  attach(cm: ICodeMirror): void {
    if (this._attached.has(cm)) {
      return;
    }
    this._attached.add(cm);
    cm.on('changes', (_, changes) => {
      this._settle(cm);
      if (changes.some(change => change.origin !== 'setValue')) {
        this.suggest(cm);
      }
    });
    cm.on('cursorActivity', () => this._settle(cm));
    cm.on('focus', () => this.wake(cm));
    cm.on('blur', () => this.clear());
    const node = cm.getWrapperElement();
    // Before the host, which has its own use for these keys and leaves none of them to CodeMirror.
    node.addEventListener('keydown', event => this._onKey(cm, event), true);
    node.addEventListener('keypress', event => this._onChar(cm, event), true);
  }

  /** Suggests something by itself, if that is wanted here. */
  suggest(cm: ICodeMirror): void {
    if (!cm.hasFocus() || cm.somethingSelected()) {
      return;
    }
    const place = placeOf(editorOf(cm));
    if (
      this._options.isListOpen() ||
      (this._dismissed && isSamePlace(place, this._dismissed))
    ) {
      this.clear();
    } else {
      void this._ask(cm, AUTOMATIC);
    }
  }

  /** Suggests something where nobody has typed yet: in an empty cell. */
  wake(cm: ICodeMirror): void {
    if (cm.getValue() === '') {
      this.suggest(cm);
    }
  }

  /** Suggests something because it was asked for. */
  invoke(cm: ICodeMirror): void {
    if (cm.hasFocus()) {
      this._dismissed = null;
      void this._ask(cm, INVOKE);
    }
  }

  /** Takes away what is grey, and what would come. */
  clear(): void {
    this._hide();
    this._options.provider.dismiss();
  }

  private async _ask(cm: ICodeMirror, triggerKind: 0 | 1): Promise<void> {
    const round = ++this._round;
    const editor = editorOf(cm);
    const context = { triggerKind, editor } as unknown as Context;
    const { provider, tell } = this._options;
    const [item] = (await provider.fetch({}, context)).items;
    if (round !== this._round) {
      return;
    }
    this._isGrowing = !!item?.isIncomplete;
    this._show(cm, item?.insertText ?? '');
    if (item?.error?.message) {
      tell(item.error.message);
    }
    if (item?.isIncomplete && item.token) {
      for await (const reply of provider.stream(item.token)) {
        if (round !== this._round) {
          return;
        }
        this._show(cm, reply.response.insertText);
      }
      this._isGrowing = false;
    }
  }

  private _show(cm: ICodeMirror, text: string): void {
    const isOpen = this._options.isListOpen();
    const rest = isOpen || cm.somethingSelected() ? '' : text;
    if (rest === this._rest && this._shown?.cm === cm) {
      return;
    }
    cm.operation(() => {
      this._erase();
      this._shown = { cm, place: placeOf(editorOf(cm)), text: rest };
      this._draw(rest);
    });
  }

  /** Lets what is grey follow the cursor as far as its own letters were typed; what else was done takes it away. */
  private _settle(cm: ICodeMirror): void {
    const shown = this._shown;
    if (!shown || shown.cm !== cm) {
      return;
    }
    const typed = typedSince(shown.place, placeOf(editorOf(cm)));
    const rest = typed === null ? null : restOf(shown.text, true, typed);
    if (rest === null || cm.somethingSelected()) {
      this._hide();
    } else if (rest !== this._rest) {
      cm.operation(() => {
        this._erase();
        this._draw(rest);
      });
    }
  }

  private _accept(cm: ICodeMirror, text: string): void {
    const cursor = cm.getCursor();
    // One step to undo: this origin is not joined with what was typed before.
    cm.replaceRange(text, cursor, cursor, 'complete');
  }

  private _onKey(cm: ICodeMirror, event: KeyboardEvent): void {
    if (this._rest === '' || this._shown?.cm !== cm || event.isComposing) {
      return;
    }
    const isPlain = !event.shiftKey && !event.altKey;
    const hasCommand = event.ctrlKey !== event.metaKey;
    const isAlone = isPlain && !event.ctrlKey && !event.metaKey;
    if (event.key === 'Tab' && isAlone) {
      take(event);
      this._accept(cm, this._rest);
    } else if (event.key === 'Escape' && isAlone) {
      take(event);
      this._dismissed = placeOf(editorOf(cm));
      this.clear();
    } else if (event.key === 'ArrowRight' && isPlain && hasCommand) {
      take(event);
      this._accept(cm, nextWord(this._rest));
    } else if (event.key === 'ArrowDown' && isPlain && hasCommand) {
      take(event);
      this._accept(cm, nextLine(this._rest));
    }
  }

  /** The host must not close a bracket that the suggestion closes. */
  private _onChar(cm: ICodeMirror, event: KeyboardEvent): void {
    if (
      this._shown?.cm === cm &&
      event.key.length === 1 &&
      BRACKETS.includes(event.key) &&
      this._rest.startsWith(event.key)
    ) {
      take(event);
      const cursor = cm.getCursor();
      cm.replaceRange(event.key, cursor, cursor, '+input');
    }
  }

  private _draw(text: string): void {
    this._rest = text;
    if (text !== '' && this._shown) {
      this._undraw = drawGhost(this._shown.cm, text);
    }
    this._changed.emit();
  }

  private _hide(): void {
    this._round++;
    this._isGrowing = false;
    this._erase();
    this._shown = null;
    this._changed.emit();
  }

  private _erase(): void {
    this._undraw?.();
    this._undraw = null;
    this._rest = '';
  }

  private _options: ICompleterOptions;
  private _attached = new WeakSet<ICodeMirror>();
  private _round = 0;
  private _shown: IShown | null = null;
  /** What of it is grey. */
  private _rest = '';
  private _undraw: (() => void) | null = null;
  private _isGrowing = false;
  private _dismissed: IPlace | null = null;
  private _changed = new Signal<this, void>(this);
}

/** A suggestion, and where it was made. */
interface IShown {
  cm: ICodeMirror;
  place: IPlace;
  text: string;
}

function take(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}
