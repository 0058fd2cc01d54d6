/**
 * Where nothing is asked for but by hand: everywhere while paused, in a language or a document that is off, and at the
 * place of a suggestion that was just dismissed.
 *
 * A notebook keeps in its metadata that it is off, any other document as long as it is open.
 */

import { NotebookPanel } from '@jupyterlab/notebook';
import type { Widget } from '@lumino/widgets';
import { languageAt } from './documents';
import { isSwitchedOff, isTagged } from './exclusion';
import { isFlagOn, toggleFlag } from './flags';
import { type IOff, reasonOf } from './here';
import { type IEditor, type IPlace, isSamePlace, placeOf } from './place';
import type { Switch } from './switch';

export class Quiet {
  constructor(power: Switch) {
    this._power = power;
  }

  /** Whether it is quiet at the cursor of `editor`, in the document of `widget`. */
  covers(widget: Widget, editor: IEditor): boolean {
    return (
      !this._power.isOn ||
      !this._power.isLanguageOn(languageAt(editor)) ||
      !this.isDocumentOn(widget) ||
      (this._dismissed !== null &&
        isSamePlace(placeOf(editor), this._dismissed))
    );
  }

  /** Why it is quiet in the document of `widget`, a pause and what was dismissed apart. */
  reasonIn(widget: Widget, editor: IEditor): IOff | null {
    const language = languageAt(editor);
    return reasonOf(language, [
      ['excluded', isSwitchedOff(modelOf(widget)?.getMetadata('codecompose'))],
      ['cell', isTagged(cellOf(widget)?.getMetadata('tags'))],
      ['document', !this.isDocumentOn(widget)],
      ['language', !this._power.isLanguageOn(language)]
    ]);
  }

  isDocumentOn(widget: Widget): boolean {
    const model = modelOf(widget);
    return model ? isFlagOn(model, 'automatic') : !this._off.has(widget);
  }

  toggleDocument(widget: Widget): void {
    const model = modelOf(widget);
    if (model) {
      toggleFlag(model, 'automatic');
    } else if (!this._off.delete(widget)) {
      this._off.add(widget);
    }
  }

  /** Nothing more by itself at the cursor of `editor`, with the text as it is. */
  dismiss(editor: IEditor): void {
    this._dismissed = placeOf(editor);
  }

  private _power: Switch;
  private _off = new WeakSet<Widget>();
  private _dismissed: IPlace | null = null;
}

function modelOf(widget: Widget) {
  return widget instanceof NotebookPanel ? widget.content.model : null;
}

function cellOf(widget: Widget) {
  return widget instanceof NotebookPanel
    ? widget.content.activeCell?.model
    : null;
}
