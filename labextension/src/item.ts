/**
 * The item in the status bar: one word on how things are, the whole sentence in the tooltip and behind a click.
 *
 * It does not ask the server anything: `status.ts` does.
 */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { StatusModel } from './status';
import type { Switch } from './switch';

export class StatusItem extends Widget {
  constructor(model: StatusModel, power: Switch, trans: TranslationBundle) {
    super({ node: document.createElement('button') });
    this._model = model;
    this._power = power;
    this._trans = trans;
    this.addClass('jp-CodeComposeStatus');
    // The status bar lays out its items; a button's own frame would not fit in.
    this.node.style.cssText =
      'border:none;background:none;color:inherit;font:inherit;cursor:pointer;padding:0 4px';
    this.node.setAttribute('aria-haspopup', 'dialog');
    this.node.addEventListener('click', this);
    model.changed.connect(this._draw, this);
    power.changed.connect(this._draw, this);
    this._draw();
  }

  override dispose(): void {
    this.node.removeEventListener('click', this);
    this._model.changed.disconnect(this._draw, this);
    this._power.changed.disconnect(this._draw, this);
    super.dispose();
  }

  handleEvent(): void {
    void this._explain();
  }

  private _draw(): void {
    this.node.textContent = this._trans.__('CodeCompose: %1', this._word());
    this.node.title = this._sentences().join('\n');
    this.node.dataset['state'] = this._model.status.state;
  }

  private _word(): string {
    const { state, progress, model } = this._model.status;
    const trans = this._trans;
    switch (state) {
      case 'off':
        return trans.__('idle');
      case 'starting':
        return trans.__('starting');
      case 'loading':
        return progress > 0
          ? trans.__('loading %1 %', Math.floor(100 * progress))
          : trans.__('loading');
      case 'failed':
        return trans.__('failed');
      case 'ready':
        return this._power.isOn
          ? model || trans.__('ready')
          : trans.__('paused');
    }
  }

  /** How things are, and what the server says of it; that stands alone where nothing works. */
  private _sentences(): string[] {
    const { state, message } = this._model.status;
    if (!message) {
      return [this._usual()];
    }
    return state === 'ready' ? [this._usual(), message] : [message];
  }

  private _usual(): string {
    const trans = this._trans;
    switch (this._model.status.state) {
      case 'off':
        return trans.__('The model starts with the first suggestion.');
      case 'starting':
        return trans.__('The model is starting.');
      case 'loading':
        return trans.__('The model is being loaded.');
      case 'failed':
        return trans.__('Suggestions do not work. See the log of the server.');
      case 'ready':
        return this._power.isOn
          ? trans.__('Suggestions appear as you type. Tab accepts one.')
          : trans.__('Suggestions come only when you ask for them: Alt+\\.');
    }
  }

  private async _explain(): Promise<void> {
    const trans = this._trans;
    const { model, version } = this._model.status;
    const facts = [
      ...this._sentences(),
      model && trans.__('Model: %1', model),
      version && trans.__('Version: %1', version)
    ];
    const body = new Widget();
    for (const fact of facts.filter(Boolean)) {
      const line = document.createElement('p');
      line.textContent = fact;
      body.node.appendChild(line);
    }
    const toggle = this._power.isOn ? trans.__('Pause') : trans.__('Resume');
    const result = await showDialog({
      title: this.node.textContent,
      body,
      buttons: [
        Dialog.createButton({ label: toggle, actions: ['toggle'] }),
        Dialog.okButton({ label: trans.__('Close') })
      ]
    });
    if (result.button.actions.includes('toggle')) {
      await this._power.toggle();
    }
  }

  private _model: StatusModel;
  private _power: Switch;
  private _trans: TranslationBundle;
}
