/**
 * Tells a screen reader of a suggestion: once in a pause, and not while it grows or is typed along.
 *
 * It does not know where suggestions come from, nor how a person takes them.
 */

import type {
  IInlineCompleterFactory,
  InlineCompleter
} from '@jupyterlab/completer';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { Lull } from './lull';
import { type IEditor, type IPlace, placeOf } from './place';
import { typedSince } from './suggestion';

/** The part of the host's completer that is watched. */
export type Watched = Pick<InlineCompleter, 'current' | 'model'> & {
  readonly editor?: IEditor | null | undefined;
};

/** Milliseconds without any change that make a pause. */
export const PAUSE = 750;

export class Announcer implements IDisposable {
  /** `region` is where a screen reader listens. */
  constructor(region: Pick<Node, 'textContent'>, trans: TranslationBundle) {
    this._region = region;
    this._trans = trans;
  }

  /** Whether anything is said. */
  isOn = true;

  get isDisposed(): boolean {
    return this._lull.isDisposed;
  }

  /** Says something at once. */
  say(text: string): void {
    this._region.textContent = this.isOn ? text : '';
  }

  /** Follows `settings` from now on. */
  bind(settings: ISettingRegistry.ISettings): void {
    settings.changed.connect(this._onSettings, this);
    this._onSettings(settings);
  }

  /** Speaks for a completer, too, as long as both live. */
  watch(completer: Watched): void {
    const change = () => this._plan(completer);
    completer.model?.suggestionsChanged.connect(change, this);
    completer.model?.filterTextChanged.connect(change, this);
  }

  dispose(): void {
    this._lull.dispose();
    Signal.clearData(this);
  }

  private _onSettings(settings: ISettingRegistry.ISettings): void {
    this.isOn = settings.composite['announce'] !== false;
  }

  private _plan(completer: Watched): void {
    this._completer = completer;
    this._lull.stir();
  }

  private _speak(): void {
    const completer = this._completer;
    const current = completer?.current;
    if (current?.streaming) {
      this._lull.stir();
      return;
    }
    this._completer = null;
    const text = current?.insertText ?? '';
    const place = completer?.editor ? placeOf(completer.editor) : null;
    const typed = place && this._place && typedSince(this._place, place);
    // What is left of a suggestion is not a new one.
    if (text === '' || typed === null || this._said !== typed + text) {
      this._said = text;
      this._place = place;
      this.say(this._sentence(text));
    }
  }

  private _sentence(text: string): string {
    const lines = text.split('\n').filter(line => line.trim() !== '');
    const [first, ...more] = lines;
    if (first === undefined) {
      return '';
    }
    const line = first.trim();
    return more.length === 0
      ? this._trans.__('Suggestion: %1', line)
      : this._trans._n(
          'Suggestion: %2, and %1 more line',
          'Suggestion: %2, and %1 more lines',
          more.length,
          line
        );
  }

  private _region: Pick<Node, 'textContent'>;
  private _trans: TranslationBundle;
  private _lull = new Lull(PAUSE, () => this._speak());
  private _completer: Watched | null = null;
  private _said = '';
  private _place: IPlace | null = null;
}

/** A factory of completers for which `announcer` speaks. */
export function announcedFactory(
  { factory }: IInlineCompleterFactory,
  announcer: Announcer
): IInlineCompleterFactory {
  return {
    factory: options => {
      const completer = factory(options);
      announcer.watch(completer);
      return completer;
    }
  };
}

/** An element that a screen reader listens to, and that nobody sees. */
export function listenedTo(): HTMLElement {
  const region = document.createElement('div');
  region.className = 'jp-CodeComposeAnnouncer';
  region.setAttribute('aria-live', 'polite');
  document.body.append(region);
  return region;
}
