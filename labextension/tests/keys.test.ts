// @vitest-environment jsdom
import { CommandRegistry } from '@lumino/commands';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Keys } from '../src/keys';

describe('Keys', () => {
  const done: string[] = [];
  let editor: HTMLElement;
  let commands: CommandRegistry;
  let keys: Keys;
  let hasGhost: boolean;

  beforeEach(() => {
    done.length = 0;
    hasGhost = true;
    document.body.innerHTML = '<div class="active"><div></div></div>';
    editor = document.body.firstElementChild?.firstElementChild as HTMLElement;
    editor.addEventListener('keydown', () => done.push('editor'));
    commands = new CommandRegistry();
    for (const id of ['ours', 'theirs']) {
      commands.addCommand(id, { execute: () => done.push(id) });
    }
    commands.addKeyBinding({
      command: 'ours',
      keys: ['Ctrl ArrowRight'],
      selector: '.active'
    });
    commands.addKeyBinding({
      command: 'theirs',
      keys: ['Ctrl ArrowLeft'],
      selector: '.active'
    });
    keys = new Keys(window, commands, ['ours'], () => hasGhost);
  });

  afterEach(() => keys.dispose());

  /** Presses a key with Ctrl; gives what was done for it. */
  function press(key: string, keyCode: number): string[] {
    const init = { key, keyCode, ctrlKey: true, bubbles: true };
    editor.dispatchEvent(
      new KeyboardEvent('keydown', { ...init, cancelable: true })
    );
    return done.splice(0);
  }

  it('come before those of the editor', () => {
    expect(press('ArrowRight', 39)).toEqual(['ours']);
  });

  it('leave other keys, and other commands, alone', () => {
    expect(press('ArrowLeft', 37)).toEqual(['editor']);
    expect(press('ArrowUp', 38)).toEqual(['editor']);
  });

  it('leave theirs alone where there is nothing to accept', () => {
    hasGhost = false;
    expect(press('ArrowRight', 39)).toEqual(['editor']);
    hasGhost = true;
    editor.parentElement?.classList.remove('active');
    expect(press('ArrowRight', 39)).toEqual(['editor']);
  });

  it('end with what is disposed', () => {
    keys.dispose();
    expect(press('ArrowRight', 39)).toEqual(['editor']);
  });
});
