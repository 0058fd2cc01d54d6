/**
 * The extension of the classic notebook: ghost text in CodeMirror 5, from the same provider as in JupyterLab.
 *
 * Here the parts are made and wired to the host, and nothing else is done. Where the server extension is missing it stays
 * silent.
 */

import events from 'base/js/events';
import Jupyter from 'base/js/namespace';
import { Announcer, listenedTo, type Watched } from '../src/announcer';
import { Client } from '../src/client';
import { offSentence } from '../src/glance';
import { Here } from '../src/here';
import { Meter } from '../src/meter';
import { Provider } from '../src/provider';
import { StatusModel } from '../src/status';
import { Switch } from '../src/switch';
import { addActions } from './actions';
import { addButton } from './button';
import { Completer } from './completer';
import { documentOf, focusedIn, offIn, sourceOf } from './document';
import { Editor } from './editor';
import { english } from './english';
import { addStyle } from './ghost';
import { isListOpen, watchList } from './list';
import { askServer, isServed } from './server';
import { readSettings } from './settings';
import { Warmer } from './warmer';

const ERROR_SHOWN = 5_000;

const TOOLBAR = '#maintoolbar-container';

/** Called by the classic notebook. */
export async function load_ipython_extension(): Promise<void> {
  const ask = askServer(Jupyter.notebook.base_url);
  if (!(await isServed(ask))) {
    console.info('CodeCompose: the server extension is not there.');
    return;
  }
  addStyle();
  start(new Client(ask, english));
}

function start(client: Client): void {
  const { notebook, notification_area } = Jupyter;
  const power = new Switch();
  const status = new StatusModel(client, document);
  const meter = new Meter(client);
  // As all of this, it lives as long as the page.
  // eslint-disable-next-line jupyter/require-disposable-ownership
  const provider = new Provider({
    client: meter,
    ahead: client,
    documentOf: (_, editor) =>
      editor instanceof Editor ? documentOf(notebook, editor.cm) : null
  });
  const completer = new Completer({
    provider,
    tell: message =>
      notification_area.widget('codecompose').warning(message, ERROR_SHOWN),
    isListOpen
  });
  const resume = (): void => {
    const cm = focusedIn(notebook);
    if (cm) {
      completer.suggest(cm);
    }
  };
  const warmer = new Warmer(
    client,
    () => {
      const cm = focusedIn(notebook) ?? notebook.get_cells()[0]?.code_mirror;
      return cm ? documentOf(notebook, cm) : null;
    },
    answer => status.hear(answer)
  );
  provider.isQuiet = () => !power.isOn || offIn(notebook, power) !== null;
  provider.ended.connect((_, last) => status.hear(last));
  provider.onShow = shown => meter.show(shown);
  power.changed.connect(() => completer.clear());
  const announcer = announce(completer);
  const here = new Here(() => offIn(notebook, power));
  power.changed.connect(here.update);
  here.changed.connect(() =>
    announcer.say(here.off ? offSentence(here.off, english) : '')
  );
  void readSettings(notebook.config, notebook.base_url).then(settings => {
    power.bind(settings);
    announcer.bind(settings);
  });
  addButton(document.querySelector(TOOLBAR), { status, power, here, meter });
  addActions(Jupyter, completer, power, here);
  watchList(() => completer.clear(), resume);

  const attach = (): void => {
    for (const cell of notebook.get_cells()) {
      sourceOf(cell);
      completer.attach(cell.code_mirror);
    }
    warmer.plan();
  };
  events.on('create.Cell', (_, data) => {
    if (data?.cell) {
      completer.attach(data.cell.code_mirror);
    }
  });
  events.on('execute.CodeCell', (_, data) => {
    if (data?.cell) {
      sourceOf(data.cell).markRun();
    }
  });
  events.on('finished_execute.CodeCell', () => {
    provider.expire();
    const cm = focusedIn(notebook);
    if (cm) {
      completer.wake(cm);
    }
  });
  events.on('kernel_ready.Kernel', () => provider.expire());
  events.on(
    'kernel_ready.Kernel finished_execute.CodeCell edit_mode.Cell',
    warmer.plan
  );
  events.on('notebook_loaded.Notebook', attach);
  events.on('notebook_loaded.Notebook select.Cell edit_mode.Cell', here.update);
  attach();
  void status.refresh();
}

/** Says to a screen reader what is grey. */
function announce(completer: Completer): Announcer {
  const { changed } = completer;
  const model = { suggestionsChanged: changed, filterTextChanged: changed };
  const watched = {
    model,
    get current() {
      return completer.current;
    },
    get editor() {
      return completer.editor;
    }
  };
  const announcer = new Announcer(listenedTo(), english);
  announcer.watch(watched as unknown as Watched);
  return announcer;
}
