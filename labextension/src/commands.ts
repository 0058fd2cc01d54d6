/**
 * The commands: to take a part of a suggestion or none of it, and to say where suggestions may appear.
 *
 * Their keys and their menu are in `schema/plugin.json`. The host has its own to accept, to cycle, and to ask by hand.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ICellModel } from '@jupyterlab/cells';
import { type INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { acceptPart, dismiss } from './accept';
import type { IClient } from './client';
import type { Completers } from './completer';
import { showLetter } from './dialog';
import { languageAt, nameOf } from './documents';
import { isTagged, toggledTags } from './exclusion';
import { isFlagOn, toggleFlag } from './flags';
import { nextLine, nextWord } from './parts';
import type { Provider } from './provider';
import type { Quiet } from './quiet';
import { letterOf } from './sent';
import type { Switch } from './switch';

export const SHOW_SENT = 'codecompose:show-sent';

const ACCEPT_WORD = 'codecompose:accept-word';
const ACCEPT_LINE = 'codecompose:accept-line';
const DISMISS = 'codecompose:dismiss';

/** What turns on again what is off. */
export const TURN_ON = {
  cell: 'codecompose:toggle-cell',
  document: 'codecompose:toggle-document',
  language: 'codecompose:toggle-language',
  excluded: null
};

/** What is done with a suggestion while it is on the screen. */
export const PARTS = [ACCEPT_WORD, ACCEPT_LINE, DISMISS];

type Commands = Record<string, CommandRegistry.ICommandOptions>;

/** What the commands act on. */
export interface IControls {
  client: Pick<IClient, 'sent'>;
  completers: Completers;
  power: Switch;
  provider: Pick<Provider, 'dismiss' | 'forget'>;
  quiet: Quiet;
}

export function addCommands(
  app: JupyterFrontEnd,
  controls: IControls,
  trans: TranslationBundle,
  palette: ICommandPalette | null
): void {
  const all: Commands = {
    ...partCommands(controls, trans),
    ...placeCommands(app, controls, trans),
    ...contextCommands(app, controls, trans)
  };
  for (const [command, options] of Object.entries(all)) {
    app.commands.addCommand(command, {
      describedBy: { args: { type: 'object', properties: {} } },
      ...options
    });
    palette?.addItem({ command, category: trans.__('CodeCompose') });
  }
  controls.power.changed.connect(() => app.commands.notifyCommandChanged());
}

/** What is done with a suggestion. */
function partCommands(
  { completers, provider, quiet }: IControls,
  trans: TranslationBundle
): Commands {
  const isEnabled = () => completers.active !== null;
  const accept = (partOf: (text: string) => string) => () => {
    const completer = completers.active;
    if (completer) {
      acceptPart(completer, partOf);
    }
  };
  return {
    [ACCEPT_WORD]: {
      label: trans.__('Accept the Next Word'),
      isEnabled,
      execute: accept(nextWord)
    },
    [ACCEPT_LINE]: {
      label: trans.__('Accept the Next Line'),
      isEnabled,
      execute: accept(nextLine)
    },
    [DISMISS]: {
      label: trans.__('Dismiss the Suggestion'),
      isEnabled,
      execute: () => {
        const completer = completers.active;
        if (completer?.editor) {
          provider.dismiss();
          quiet.dismiss(completer.editor);
          dismiss(completer);
        }
      }
    }
  };
}

/** Where suggestions appear by themselves. */
function placeCommands(
  { shell }: JupyterFrontEnd,
  { completers, power, quiet }: IControls,
  trans: TranslationBundle
): Commands {
  const language = () => {
    const widget = shell.currentWidget;
    const editor = widget && completers.of(widget)?.editor;
    return editor ? languageAt(editor) : null;
  };
  return {
    'codecompose:toggle': {
      label: trans.__('Suggest Code While Typing'),
      caption: trans.__(
        'Pause or resume suggestions that appear by themselves'
      ),
      isToggleable: true,
      isToggled: () => power.isOn,
      execute: () => power.toggle()
    },
    [TURN_ON.document]: {
      label: trans.__('Suggest in This Document'),
      caption: trans.__('A notebook keeps it in its metadata'),
      isToggleable: true,
      isEnabled: () => shell.currentWidget !== null,
      isToggled: () =>
        shell.currentWidget !== null && quiet.isDocumentOn(shell.currentWidget),
      execute: () => {
        if (shell.currentWidget) {
          quiet.toggleDocument(shell.currentWidget);
        }
      }
    },
    [TURN_ON.language]: {
      label: () => {
        const name = language();
        return name
          ? trans.__('Suggest in This Language (%1)', name)
          : trans.__('Suggest in This Language');
      },
      caption: trans.__('The settings keep the languages that are off'),
      isToggleable: true,
      isEnabled: () => language() !== null,
      isToggled: () => power.isLanguageOn(language() ?? ''),
      execute: async () => {
        const name = language();
        if (name) {
          await power.toggleLanguage(name);
        }
      }
    }
  };
}

/** What is sent. */
function contextCommands(
  { shell }: JupyterFrontEnd,
  { client, provider }: IControls,
  trans: TranslationBundle
): Commands {
  return {
    [TURN_ON.cell]: {
      label: trans.__('Leave This Cell Out'),
      caption: trans.__(
        'Nothing of it is sent, and nothing is suggested in it: the tag no-complete'
      ),
      isToggleable: true,
      isEnabled: () => cellOf(shell) !== null,
      isToggled: () => isTagged(cellOf(shell)?.getMetadata('tags')),
      execute: () => {
        const cell = cellOf(shell);
        cell?.setMetadata('tags', toggledTags(cell.getMetadata('tags')));
        provider.forget();
      }
    },
    'codecompose:toggle-kernel': {
      label: trans.__('Use What the Kernel Knows'),
      caption: trans.__(
        'Names, types and columns of the running kernel, for this notebook'
      ),
      isToggleable: true,
      isEnabled: () => notebookOf(shell) !== null,
      isToggled: () => {
        const model = notebookOf(shell);
        return model !== null && isFlagOn(model, 'kernel');
      },
      execute: () => {
        const model = notebookOf(shell);
        if (model) {
          toggleFlag(model, 'kernel');
          provider.forget();
        }
      }
    },
    [SHOW_SENT]: {
      label: trans.__('Show What Was Sent'),
      caption: trans.__('The last request to the worker, byte for byte'),
      isEnabled: () => shell.currentWidget !== null,
      execute: async () => {
        const widget = shell.currentWidget;
        if (widget) {
          const letter = await letterOf(client, nameOf(widget), trans);
          await showLetter(trans.__('What Was Sent'), letter, trans);
        }
      }
    }
  };
}

type Shell = JupyterFrontEnd['shell'];

function notebookOf({ currentWidget }: Shell): INotebookModel | null {
  return currentWidget instanceof NotebookPanel
    ? currentWidget.content.model
    : null;
}

function cellOf({ currentWidget }: Shell): ICellModel | null {
  return currentWidget instanceof NotebookPanel
    ? (currentWidget.content.activeCell?.model ?? null)
    : null;
}
