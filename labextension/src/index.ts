/**
 * The plugins: suggestions, the item in the status bar, and the mended Tab key. Each can be disabled alone.
 *
 * Here the parts are made and wired to JupyterLab or Notebook 7, and nothing else is done.
 */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import {
  ICompletionProviderManager,
  IInlineCompleterFactory
} from '@jupyterlab/completer';
import { URLExt } from '@jupyterlab/coreutils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ServerConnection } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { type Ask, Client } from './client';
import { mendFactory } from './completer';
import { showLetter } from './dialog';
import { documentOf, nameOf } from './documents';
import { codeComposeIcon } from './icon';
import { StatusItem } from './item';
import { Provider } from './provider';
import { letterOf } from './sent';
import { StatusModel } from './status';
import { Switch } from './switch';
import { ICodeCompose } from './tokens';
import { Warmer } from './warmer';

const DOMAIN = 'jupyter-codecompose';
const TOGGLE = 'codecompose:toggle';
const SHOW_SENT = 'codecompose:show-sent';

const plugin: JupyterFrontEndPlugin<ICodeCompose> = {
  id: 'jupyter-codecompose:plugin',
  description: 'Suggests code as ghost text.',
  autoStart: true,
  provides: ICodeCompose,
  requires: [ICompletionProviderManager],
  optional: [INotebookTracker, ISettingRegistry, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    manager: ICompletionProviderManager,
    tracker: INotebookTracker | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): ICodeCompose => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const client = new Client(askServer(app), trans);
    const status = new StatusModel(client, document);
    const power = new Switch();
    const provider = new Provider({
      client,
      documentOf,
      icon: codeComposeIcon
    });
    provider.ended.connect((_, last) => status.hear(last));
    power.changed.connect((_, isOn) => {
      provider.isAutomatic = isOn;
    });
    manager.registerInlineProvider(provider);
    if (tracker) {
      const warmer = new Warmer(tracker, client);
      warmer.answered.connect((_, answer) => status.hear(answer));
      warmer.executed.connect(() => provider.forget());
    }
    void follow(power, registry);
    addToggle(app, power, trans, palette);
    addShowSent(app, client, trans, palette);
    void status.refresh();
    return { status, power };
  }
};

const item: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-codecompose:status',
  description: 'Shows in the status bar how CodeCompose is.',
  autoStart: true,
  requires: [ICodeCompose],
  optional: [IStatusBar, ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    codeCompose: ICodeCompose,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { status, power } = codeCompose;
    statusBar?.registerStatusItem('jupyter-codecompose:status', {
      item: new StatusItem(status, power, trans),
      align: 'right',
      rank: 100
    });
  }
};

const tab: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-codecompose:tab',
  description: 'Leaves the Tab key alone when there is nothing to accept.',
  autoStart: true,
  requires: [ICompletionProviderManager],
  optional: [IInlineCompleterFactory],
  activate: (
    app: JupyterFrontEnd,
    manager: ICompletionProviderManager,
    factory: IInlineCompleterFactory | null
  ): void => {
    if (factory) {
      // Not before: the host sets its own. Not later: restored notebooks take theirs once.
      void app.started.then(() =>
        manager.setInlineCompleterFactory(mendFactory(factory))
      );
    }
  }
};

function askServer(app: JupyterFrontEnd): Ask {
  const settings = app.serviceManager.serverSettings;
  return (route, init) =>
    ServerConnection.makeRequest(
      URLExt.join(settings.baseUrl, 'codecompose', route),
      init,
      settings
    );
}

async function follow(
  power: Switch,
  registry: ISettingRegistry | null
): Promise<void> {
  try {
    const settings = await registry?.load(plugin.id);
    if (settings) {
      power.bind(settings);
    }
  } catch (reason) {
    console.warn('CodeCompose: its settings could not be read.', reason);
  }
}

function addToggle(
  app: JupyterFrontEnd,
  power: Switch,
  trans: TranslationBundle,
  palette: ICommandPalette | null
): void {
  app.commands.addCommand(TOGGLE, {
    label: trans.__('Suggest Code While Typing'),
    caption: trans.__('Pause or resume suggestions that appear by themselves'),
    describedBy: { args: { type: 'object', properties: {} } },
    isToggleable: true,
    isToggled: () => power.isOn,
    execute: () => power.toggle()
  });
  power.changed.connect(() => app.commands.notifyCommandChanged(TOGGLE));
  palette?.addItem({ command: TOGGLE, category: trans.__('CodeCompose') });
}

function addShowSent(
  app: JupyterFrontEnd,
  client: Client,
  trans: TranslationBundle,
  palette: ICommandPalette | null
): void {
  app.commands.addCommand(SHOW_SENT, {
    label: trans.__('Show What Was Sent'),
    caption: trans.__('The last request to the worker, byte for byte'),
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: () => app.shell.currentWidget !== null,
    execute: async () => {
      const widget = app.shell.currentWidget;
      if (widget) {
        const letter = await letterOf(client, nameOf(widget), trans);
        await showLetter(trans.__('What Was Sent'), letter, trans);
      }
    }
  });
  palette?.addItem({ command: SHOW_SENT, category: trans.__('CodeCompose') });
}

const plugins: JupyterFrontEndPlugin<unknown>[] = [plugin, item, tab];
export default plugins;
export { ICodeCompose };
