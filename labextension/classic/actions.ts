/** What a person can do, in the host's list of shortcuts and in its command palette. */

import { type Flag, toggleFlag } from '../src/flags';
import type { Switch } from '../src/switch';
import type { Completer } from './completer';
import { focusedIn, metadataOf } from './document';
import type { IJupyter, INotebook } from './host';

export function addActions(
  { keyboard_manager, notebook }: IJupyter,
  completer: Completer,
  power: Switch
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
  add(
    'toggle-notebook',
    'suggestions that appear by themselves: off or on for this notebook',
    () => toggle(notebook, 'automatic')
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
