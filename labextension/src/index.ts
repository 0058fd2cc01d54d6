/**
 * The plugins: suggestions, the item in the status bar, and the mended keys. Each can be disabled alone.
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
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';
import { announcedFactory, Announcer, listenedTo } from './announcer';
import { Client } from './client';
import { addCommands, PARTS, SHOW_SENT, TURN_ON } from './commands';
import { Completers } from './completer';
import { documentOf } from './documents';
import { offSentence } from './glance';
import { Here, type IOff } from './here';
import { codeComposeIcon } from './icon';
import { StatusItem } from './item';
import { Keys } from './keys';
import { Meter } from './meter';
import { areOthersAsked } from './others';
import { Pauses } from './pauses';
import type { IAction } from './popup';
import { Provider } from './provider';
import { Quiet } from './quiet';
import { hasPopup, sceneOf } from './scene';
import { askServer } from './server';
import { StatusModel } from './status';
import { Switch } from './switch';
import { ICodeCompose } from './tokens';
import type { Context } from './view';
import { Warmer } from './warmer';

const DOMAIN = 'jupyter-codecompose';

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
    const client = new Client(
      askServer(app.serviceManager.serverSettings),
      trans
    );
    const status = new StatusModel(client, document);
    const power = new Switch();
    const meter = new Meter(client);
    const provider = new Provider({
      client: meter,
      ahead: client,
      documentOf,
      icon: codeComposeIcon
    });
    provider.ended.connect((_, last) => status.hear(last));
    provider.onShow = shown => meter.show(shown);
    const quiet = new Quiet(power);
    provider.isQuiet = ({ widget }, editor) => quiet.covers(widget, editor);
    manager.registerInlineProvider(provider);
    const completers = new Completers();
    const here = watchHere(app, power, () => {
      const widget = app.shell.currentWidget;
      const editor = widget && completers.of(widget)?.editor;
      return editor ? quiet.reasonIn(widget, editor) : null;
    });
    const pauses = watchPauses(app, completers, {
      isQuiet: (context, editor) =>
        areOthersAsked(provider.identifier, manager, registry) ||
        provider.isQuiet(context, editor),
      ask: widget => provider.inPause(() => manager.inline?.invoke(widget.id))
    });
    if (tracker) {
      const warmer = new Warmer(tracker, client);
      warmer.answered.connect((_, answer) => status.hear(answer));
      warmer.executed.connect(() => {
        provider.expire();
        pauses.stir();
      });
    }
    void follow(power, registry);
    const controls = { client, completers, power, provider, quiet };
    addCommands(app, controls, trans, palette);
    new Keys(window, app.commands, PARTS, () => completers.active !== null);
    void status.refresh();
    return { status, power, here, meter, completers };
  }
};

const item: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-codecompose:status',
  description: 'Shows in the status bar how CodeCompose is.',
  autoStart: true,
  requires: [ICodeCompose],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    codeCompose: ICodeCompose,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const actions = actionsOf(app, codeCompose, trans);
    statusBar?.registerStatusItem('jupyter-codecompose:status', {
      item: new StatusItem(codeCompose, actions, trans),
      align: 'right',
      rank: 100
    });
  }
};

const tab: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-codecompose:tab',
  description:
    'Leaves the keys alone when there is nothing to accept, and tells screen readers when there is.',
  autoStart: true,
  requires: [ICodeCompose, ICompletionProviderManager],
  optional: [IInlineCompleterFactory, ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    codeCompose: ICodeCompose,
    manager: ICompletionProviderManager,
    factory: IInlineCompleterFactory | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ): void => {
    if (factory) {
      const trans = (translator ?? nullTranslator).load(DOMAIN);
      const announcer = new Announcer(listenedTo(), trans);
      void follow(announcer, registry);
      const { here } = codeCompose;
      here.changed.connect(() =>
        announcer.say(here.off ? offSentence(here.off, trans) : '')
      );
      // Not before: the host sets its own. Not later: restored notebooks take theirs once.
      void app.started.then(() =>
        manager.setInlineCompleterFactory(
          announcedFactory(codeCompose.completers.wrap(factory), announcer)
        )
      );
    }
  }
};

/** Asks in pauses, in the document in front. */
function watchPauses(
  app: JupyterFrontEnd,
  completers: Completers,
  { isQuiet, ask }: Pick<Provider, 'isQuiet'> & { ask(widget: Widget): void }
): Pauses {
  const inFront = () => {
    const widget = app.shell.currentWidget;
    const completer = completers.focused;
    if (!widget || !completer || completer !== completers.of(widget)) {
      return null;
    }
    const context = { widget } as Context;
    return sceneOf(completer, {
      isQuiet: editor => isQuiet(context, editor),
      readDocument: editor => documentOf(context, editor),
      ask: () => ask(widget)
    });
  };
  return new Pauses(window, inFront, hasPopup);
}

/** Looks again wherever the focus goes, and after each command: some switch something off or on. */
function watchHere(
  app: JupyterFrontEnd,
  power: Switch,
  look: () => IOff | null
): Here {
  const here = new Here(look);
  window.addEventListener('focusin', here.update);
  app.commands.commandExecuted.connect(here.update);
  power.changed.connect(here.update);
  return here;
}

/** What the popup offers to do. */
function actionsOf(
  app: JupyterFrontEnd,
  { status, power, here }: ICodeCompose,
  trans: TranslationBundle
): IAction[] {
  const turnOn = () => here.off && TURN_ON[here.off.what];
  return [
    {
      label: () => trans.__('Turn On Here'),
      isVisible: () => !!turnOn(),
      run: () => app.commands.execute(turnOn() ?? '')
    },
    {
      label: () =>
        status.status.state === 'failed'
          ? trans.__('Try Again')
          : power.isOn
            ? trans.__('Pause')
            : trans.__('Resume'),
      staysOpen: true,
      run: () =>
        status.status.state === 'failed' ? status.refresh() : power.toggle()
    },
    {
      label: () => trans.__('Show What Was Sent'),
      run: () => app.commands.execute(SHOW_SENT)
    },
    {
      label: () => trans.__('Settings'),
      run: () =>
        app.commands.execute('settingeditor:open', { query: 'CodeCompose' })
    }
  ];
}

async function follow(
  follower: { bind(settings: ISettingRegistry.ISettings): void },
  registry: ISettingRegistry | null
): Promise<void> {
  try {
    const settings = await registry?.load(plugin.id);
    if (settings) {
      follower.bind(settings);
    }
  } catch (reason) {
    console.warn('CodeCompose: its settings could not be read.', reason);
  }
}

const plugins: JupyterFrontEndPlugin<unknown>[] = [plugin, item, tab];
export default plugins;
export { ICodeCompose };
