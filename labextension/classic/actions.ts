/** What a person can do, in the host's list of shortcuts and in its command palette. */

import { type Flag, toggleFlag } from '../src/flags';
import type { Here } from '../src/here';
import type { Switch } from '../src/switch';
import type { Completer } from './completer';
import { focusedIn, languageIn, metadataOf } from './document';
import type { IJupyter, INotebook } from './host';

export function addActions(
  { keyboard_manager, notebook }: IJupyter,
  completer: Completer,
  power: Switch,
  here: Here
): void {
  const { actions, edit_shortcuts } = keyboard_manager;
  const add = (name: string, help: string, handler: () => void) =>
    actions.register({ help, handler }, name, 'codecompose');
  const invoke = add('suggest', 'suggest code at the cursor', () => {
    const cm = focusedIn(notebook);
    if (cm) {
      completer.invoke(cm);
    }
  });
  edit_shortcuts.add_shortcut('alt-\\', invoke);
  add(
    'toggle',
    'pause or resume suggestions that appear by themselves',
    () => void power.toggle()
  );
  add('toggle-notebook', 'suggest in this document: off or on', () => {
    toggle(notebook, 'automatic');
    here.update();
  });
  add(
    'toggle-language',
    'suggest in this language: off or on',
    () => void power.toggleLanguage(languageIn(notebook))
  );
  add(
    'toggle-kernel',
    'what the kernel knows: off or on for this notebook',
    () => toggle(notebook, 'kernel')
  );
}

function toggle(notebook: INotebook, flag: Flag): void {
  toggleFlag(metadataOf(notebook), flag);
  notebook.set_dirty(true);
}
