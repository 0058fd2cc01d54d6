/** Stand-ins that behave: an editor that can be typed into, a server that answers when told. */

import type { IInlineCompletionItem } from '@jupyterlab/completer';
import type { TranslationBundle } from '@jupyterlab/translation';
import { PromiseDelegate } from '@lumino/coreutils';
import type { IClient } from '../src/client';
import type { IEditor } from '../src/place';
import { Provider } from '../src/provider';
import { type IDocument, takeSnapshot } from '../src/snapshot';
import type { Context } from '../src/view';
import type { Event, IFault, ISent, ISnapshot, IStatus } from '../src/wire';

export const READY: IStatus = {
  state: 'ready',
  progress: 1,
  message: '',
  model: 'fake',
  version: '0.1.0'
};

const filled = (text: string, ...values: unknown[]) =>
  text.replace(/%(\d)/g, (_, number) => String(values[Number(number) - 1]));

export const trans = {
  __: filled,
  _n: (one: string, many: string, count: number, ...values: unknown[]) =>
    filled(count === 1 ? one : many, count, ...values)
} as unknown as TranslationBundle;

export class FakeEditor implements IEditor {
  constructor(text = '') {
    this.text = text;
    this.cursor = text.length;
  }

  text: string;
  cursor: number;
  isFocused = true;
  isDisposed = false;
  readonly model = { sharedModel: { getSource: () => this.text } };

  type(text: string): void {
    this.text =
      this.text.slice(0, this.cursor) + text + this.text.slice(this.cursor);
    this.cursor += text.length;
  }

  backspace(): void {
    this.text =
      this.text.slice(0, this.cursor - 1) + this.text.slice(this.cursor);
    this.cursor -= 1;
  }

  hasFocus(): boolean {
    return this.isFocused;
  }

  getCursorPosition() {
    return { line: 0, column: this.cursor };
  }

  getOffsetAt(position: { column: number }): number {
    return position.column;
  }
}

/** One request, as the server sees it. */
export class FakeRequest {
  constructor(
    readonly snapshot: ISnapshot,
    readonly signal: AbortSignal
  ) {
    signal.addEventListener('abort', () => this._wake());
  }

  send(...events: Event[]): void {
    this._events.push(...events);
    this._wake();
  }

  say(...pieces: string[]): void {
    this.send(...pieces.map(text => ({ type: 'chunk' as const, text })));
  }

  end(): void {
    this.send({ type: 'end', reason: 'stop', model: 'fake' });
  }

  async *events(): AsyncGenerator<Event, void, void> {
    while (!this.signal.aborted) {
      const event = this._events.shift();
      if (!event) {
        await this._more.promise;
        continue;
      }
      yield event;
      if (event.type !== 'chunk') {
        return;
      }
    }
  }

  private _wake(): void {
    const more = this._more;
    this._more = new PromiseDelegate<void>();
    more.resolve();
  }

  private _events: Event[] = [];
  private _more = new PromiseDelegate<void>();
}

export class FakeClient implements IClient {
  readonly requests: FakeRequest[] = [];
  answer: IStatus | IFault = READY;
  letter: ISent | IFault = { body: '', masked: {} };
  asked = 0;

  get last(): FakeRequest {
    const last = this.requests.at(-1);
    if (!last) {
      throw new Error('Nothing was requested.');
    }
    return last;
  }

  complete(
    snapshot: ISnapshot,
    signal: AbortSignal
  ): AsyncGenerator<Event, void, void> {
    const request = new FakeRequest(snapshot, signal);
    this.requests.push(request);
    return request.events();
  }

  sent(): Promise<ISent | IFault> {
    return Promise.resolve(this.letter);
  }

  status(): Promise<IStatus | IFault> {
    this.asked++;
    return Promise.resolve(this.answer);
  }

  warm(): Promise<IStatus | IFault> {
    return this.status();
  }
}

/** The host's side: fetches at each key, and runs the stream of each answer as JupyterLab does. */
export class FakeHost {
  readonly client = new FakeClient();
  readonly provider = new Provider({
    client: this.client,
    documentOf: (_context, editor) => ({
      editor: 'e-1',
      path: 'a.ipynb',
      language: 'python',
      kernel: null,
      cells: [editor.model.sharedModel, ...this.others.map(holding)].map(
        ({ getSource }) => ({ cell_type: 'code', getSource })
      ),
      active: 0,
      offset: editor.getOffsetAt(editor.getCursorPosition()),
      ...this.changes
    })
  });

  /** What the cells below hold. */
  others: string[] = [];

  /** What is another than usual in the document. */
  changes: Partial<IDocument> = {};

  constructor(readonly editor: FakeEditor) {}

  fetch(
    kind: 0 | 1 = 1,
    editor = this.editor
  ): Promise<IInlineCompletionItem[]> {
    const context = { triggerKind: kind, editor } as unknown as Context;
    return this.provider.fetch({}, context).then(list => list.items);
  }

  type(text: string): Promise<IInlineCompletionItem[]> {
    this.editor.type(text);
    return this.fetch();
  }

  /** Everything that the stream of `item` yields, as it comes. */
  stream(item: IInlineCompletionItem | undefined): {
    texts: string[];
    done: Promise<void>;
  } {
    const texts: string[] = [];
    const run = async () => {
      for await (const reply of this.provider.stream(item?.token ?? '')) {
        texts.push(reply.response.insertText);
      }
    };
    return { texts, done: run() };
  }
}

function holding(text: string) {
  return { getSource: () => text };
}

/** A snapshot of code cells, the cursor in the first. */
export function snapshotOf(
  sources: string[],
  changes: Partial<IDocument> = {}
): ISnapshot {
  const document = {
    editor: 'e-1',
    path: 'a.ipynb',
    language: 'python',
    kernel: 'k-1',
    cells: sources.map(source => ({
      cell_type: 'code',
      ...holding(source)
    })),
    active: 0,
    offset: 0,
    ...changes
  };
  return takeSnapshot(document, 'automatic');
}

/** Lets everything run that does not wait for a timer. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) {
    await Promise.resolve();
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) {
    all.push(item);
  }
  return all;
}
