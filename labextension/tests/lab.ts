/** JupyterLab's own inline completer and CodeMirror editor around the provider: one cell, no kernel, nothing drawn. */

import './dom';
import type { YFile } from '@jupyter/ydoc';
import { deleteCharBackward } from '@codemirror/commands';
import type { EditorView } from '@codemirror/view';
import { CodeEditor } from '@jupyterlab/codeeditor';
import { CodeMirrorEditor, ybinding } from '@jupyterlab/codemirror';
import {
  Completer,
  CompleterModel,
  CompletionHandler,
  InlineCompleter,
  ProviderReconciliator
} from '@jupyterlab/completer';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { Completers } from '../src/completer';
import { DEADLINE } from '../src/client';
import { offsetOf } from '../src/place';
import { Provider } from '../src/provider';
import { FakeClient, settle } from './fakes';

export class Lab {
  constructor() {
    const host = document.createElement('div');
    document.body.append(host);
    const { ysource: ytext, undoManager } = this._shared;
    this.editor = new CodeMirrorEditor({
      host,
      model: this.model,
      extensions: [ybinding({ ytext, undoManager })]
    });
    Object.defineProperty(this.editor.editor, 'hasFocus', { value: true });
    this.completer = new Completers()
      .wrap({
        factory: options =>
          new InlineCompleter({ ...options, trans: nullTranslator.load('') })
      })
      .factory({ editor: this.editor, model: new InlineCompleter.Model() });
    this.completer.configure({
      ...InlineCompleter.defaultSettings,
      minLines: 0,
      maxLines: 0
    });
    // Where its buttons hover takes a third of the time, and there is no place.
    Object.defineProperty(this.completer, '_setGeometry', { value: () => {} });
    Widget.attach(this.completer, document.body);
    const popup = new Completer({ editor: null, model: new CompleterModel() });
    this.handler = new CompletionHandler({
      completer: popup,
      inlineCompleter: this.completer,
      reconciliator: this._reconciliator()
    });
    this.handler.editor = this.editor;
  }

  readonly model = new CodeEditor.Model();
  client = new FakeClient();
  provider = this._provider();
  readonly editor: CodeMirrorEditor;
  readonly completer: InlineCompleter;
  readonly handler: CompletionHandler;

  get text(): string {
    return this.model.sharedModel.getSource();
  }

  get cursor(): number {
    return offsetOf(this.editor);
  }

  /** What Tab would accept; '' if it would not. */
  get ghost(): string {
    return this.completer.isActive
      ? (this.completer.current?.insertText ?? '')
      : '';
  }

  /** What is grey in the editor. */
  get seen(): string {
    const nodes = this._view.dom.querySelectorAll(
      '.jp-GhostText:not(.jp-GhostText-lineSpacer):not(.jp-GhostText-letterSpacer)'
    );
    return Array.from(nodes, node => node.textContent).join('');
  }

  /** Begins anew, with another text and the cursor at its end. */
  async reset(text: string): Promise<void> {
    this.provider.dispose();
    this.model.sharedModel.setSource('');
    await settle();
    this.client = new FakeClient();
    this.provider = this._provider();
    this.handler.reconciliator = this._reconciliator();
    this.model.sharedModel.setSource(text);
    this._shared.clearUndoHistory();
    this.move(text.length);
    this.completer.model?.reset();
    await settle();
  }

  type(text: string): void {
    this._shared.undoManager.stopCapturing();
    const view = this._view;
    view.dispatch(view.state.replaceSelection(text), {
      userEvent: 'input.type'
    });
  }

  backspace(): void {
    this._shared.undoManager.stopCapturing();
    deleteCharBackward(this._view);
  }

  undo(): void {
    this.editor.undo();
  }

  move(offset: number): void {
    this._view.dispatch({ selection: { anchor: offset } });
  }

  /** Somebody else's edit. */
  edit(start: number, end: number, text: string): void {
    const shared = this._shared;
    shared.ydoc.transact(() => {
      shared.ysource.delete(start, end - start);
      shared.ysource.insert(start, text);
    }, 'somebody else');
  }

  accept(): void {
    this._shared.undoManager.stopCapturing();
    if (this.completer.isActive) {
      this.completer.accept();
    }
  }

  /** Lets the host draw. */
  flush(): void {
    MessageLoop.flush();
  }

  dispose(): void {
    this.provider.dispose();
    this.handler.dispose();
    this.completer.dispose();
    this.editor.dispose();
    this.model.dispose();
  }

  private _provider(): Provider {
    return new Provider({
      client: this.client,
      documentOf: (_, editor) => ({
        editor: 'e-1',
        path: 'a.ipynb',
        language: 'python',
        kernel: null,
        cells: [
          {
            cell_type: 'code',
            getSource: () => editor.model.sharedModel.getSource()
          }
        ],
        active: 0,
        offset: offsetOf(editor)
      })
    });
  }

  private _reconciliator(): ProviderReconciliator {
    return new ProviderReconciliator({
      context: { widget: this.completer, editor: this.editor },
      providers: [],
      inlineProviders: [this.provider],
      inlineProvidersSettings: {
        [this.provider.identifier]: {
          enabled: true,
          debouncerDelay: 0,
          timeout: DEADLINE,
          autoFillInMiddle: true
        }
      },
      timeout: DEADLINE
    });
  }

  private get _shared(): YFile {
    return this.model.sharedModel as YFile;
  }

  private get _view(): EditorView {
    return this.editor.editor;
  }
}
