/**
 * Gives our keys to our commands before the editor has them: in JupyterLab a shortcut comes after CodeMirror, which moves
 * the cursor by the same keys. Only while there is something to accept, and by the shortcuts that the person has set.
 *
 * It does not know what the commands do.
 */

import { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';

/** Before everybody else. */
const EARLY = { capture: true };

export class Keys implements IDisposable {
  /** `isWanted` tells whether there is something to accept; `page` is the browser's window. */
  constructor(
    page: EventTarget,
    commands: CommandRegistry,
    ours: readonly string[],
    isWanted: () => boolean
  ) {
    this._page = page;
    this._commands = commands;
    this._ours = ours;
    this._isWanted = isWanted;
    page.addEventListener('keydown', this._onKey, EARLY);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._page.removeEventListener('keydown', this._onKey, EARLY);
  }

  private _onKey = (event: Event): void => {
    const command = this._isWanted() && this._commandOf(event as KeyboardEvent);
    if (command) {
      event.preventDefault();
      event.stopImmediatePropagation();
      void this._commands.execute(command);
    }
  };

  private _commandOf(event: KeyboardEvent): string | undefined {
    const key = CommandRegistry.keystrokeForKeydownEvent(event);
    const target = event.target as Element;
    return this._commands.keyBindings.find(
      ({ command, keys, selector }) =>
        this._ours.includes(command) &&
        keys.length === 1 &&
        keys[0] === key &&
        target.closest(selector) !== null &&
        this._commands.isEnabled(command)
    )?.command;
  }

  private _page: EventTarget;
  private _commands: CommandRegistry;
  private _ours: readonly string[];
  private _isWanted: () => boolean;
  private _isDisposed = false;
}
