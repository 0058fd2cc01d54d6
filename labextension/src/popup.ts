/**
 * The popup behind the item in the status bar: how things are, facts of the last answer, and what one can do.
 *
 * It takes the focus and gives it back; Escape, and whatever is done elsewhere, closes it. It stays as fresh as what it
 * tells of. It does not know what its actions do.
 */

import { type Popup, showPopup } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { factsOf, sentencesOf } from './glance';
import type { ICodeCompose } from './tokens';

/** Something to do. The popup is closed before, unless the action changes what it shows. */
export interface IAction {
  label: () => string;
  staysOpen?: boolean;
  isVisible?: () => boolean;
  run: () => Promise<unknown>;
}

/** Opens the popup above `anchor`. */
export function openPopup(
  anchor: Widget,
  codeCompose: ICodeCompose,
  actions: IAction[],
  trans: TranslationBundle
): Popup {
  const close = () => popup.dispose();
  const body = new Details(codeCompose, actions, close, trans);
  const popup = showPopup({
    body,
    anchor,
    align: 'right',
    hasDynamicSize: true
  });
  popup.node.addEventListener('focusout', ({ relatedTarget: next }) => {
    const isElsewhere =
      next instanceof Node &&
      !popup.node.contains(next) &&
      !anchor.node.contains(next);
    if (isElsewhere) {
      close();
    }
  });
  anchor.node.setAttribute('aria-expanded', 'true');
  popup.disposed.connect(() => {
    anchor.node.setAttribute('aria-expanded', 'false');
    if (popup.node.contains(document.activeElement)) {
      anchor.node.focus();
    }
  });
  body.node.focus();
  return popup;
}

class Details extends Widget {
  constructor(
    codeCompose: ICodeCompose,
    actions: IAction[],
    close: () => void,
    trans: TranslationBundle
  ) {
    super();
    this._codeCompose = codeCompose;
    this._trans = trans;
    this.addClass('jp-CodeComposePopup');
    this.node.tabIndex = -1;
    this.node.setAttribute('role', 'dialog');
    this.node.setAttribute('aria-label', trans.__('CodeCompose'));
    this._buttons = actions.map(action => [buttonOf(action, close), action]);
    const buttons = document.createElement('div');
    buttons.append(...this._buttons.map(([button]) => button));
    this.node.append(this._sentences, this._facts, buttons);
    const { status, power, here, meter } = codeCompose;
    for (const { changed } of [status, power, here, meter]) {
      changed.connect(this._draw, this);
    }
    this._draw();
  }

  /** The buttons stay, so that the focus does. */
  private _draw(): void {
    const sentences = sentencesOf(this._codeCompose, this._trans);
    this._sentences.replaceChildren(...sentences.map(text => node('p', text)));
    const facts = factsOf(this._codeCompose, this._trans);
    this._facts.replaceChildren(
      ...facts.flatMap(([name, value]) => [node('dt', name), node('dd', value)])
    );
    for (const [button, action] of this._buttons) {
      button.textContent = action.label();
      button.hidden = action.isVisible?.() === false;
    }
  }

  private _codeCompose: ICodeCompose;
  private _trans: TranslationBundle;
  private _sentences = document.createElement('div');
  private _facts = document.createElement('dl');
  private _buttons: [HTMLButtonElement, IAction][];
}

function buttonOf(action: IAction, close: () => void): HTMLButtonElement {
  const button = document.createElement('button');
  button.className = 'jp-mod-styled jp-mod-reject';
  button.addEventListener('click', () => {
    if (!action.staysOpen) {
      close();
    }
    void action.run();
  });
  return button;
}

function node(tag: 'p' | 'dt' | 'dd', text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
