/**
 * The item in the status bar: one word on how things are, sentences in the tooltip, the rest in a popup behind it.
 *
 * It does not ask the server anything: `status.ts` does.
 */

import type { Popup } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { sentencesOf, wordOf } from './glance';
import { type IAction, openPopup } from './popup';
import type { ICodeCompose } from './tokens';

export class StatusItem extends Widget {
  constructor(
    codeCompose: ICodeCompose,
    actions: IAction[],
    trans: TranslationBundle
  ) {
    super({ node: document.createElement('button') });
    this._codeCompose = codeCompose;
    this._actions = actions;
    this._trans = trans;
    this.addClass('jp-CodeComposeStatus');
    this.node.setAttribute('aria-haspopup', 'dialog');
    this.node.setAttribute('aria-expanded', 'false');
    this.node.addEventListener('click', this);
    const { status, power, here, meter } = codeCompose;
    for (const { changed } of [status, power, here, meter]) {
      changed.connect(this.update, this);
    }
    this.update();
  }

  override dispose(): void {
    this._popup?.dispose();
    super.dispose();
  }

  /** A click opens the popup, and another one closes it. */
  handleEvent(): void {
    if (this._popup && !this._popup.isDisposed) {
      this._popup.dispose();
      return;
    }
    this._popup = openPopup(
      this,
      this._codeCompose,
      this._actions,
      this._trans
    );
  }

  protected override onUpdateRequest(): void {
    const word = wordOf(this._codeCompose, this._trans);
    this.node.textContent = this._trans.__('CodeCompose: %1', word);
    this.node.title = sentencesOf(this._codeCompose, this._trans).join('\n');
    this.node.dataset['state'] = this._codeCompose.status.status.state;
  }

  private _codeCompose: ICodeCompose;
  private _actions: IAction[];
  private _trans: TranslationBundle;
  private _popup: Popup | null = null;
}
