/**
 * All generations: the one that is shown or waited for, the one that is asked for ahead, and those that are kept.
 *
 * The newest one joins what still fits what was typed, and replaces what does not. It does not know the host.
 */

import { type ISignal, Signal } from '@lumino/signaling';
import { Cache } from './cache';
import type { IClient } from './client';
import { Generation, type IQuestion } from './generation';
import type { IEditor } from './place';
import { Prefetch } from './prefetch';
import type { Context, DocumentOf, IView } from './view';
import type { IEnd, IFault } from './wire';

type Completes = Pick<IClient, 'complete'>;

export interface IGenerationsOptions {
  client: Completes;
  /** Who is asked for what may never be shown; `client` if nobody else. */
  ahead?: Completes;
  documentOf: DocumentOf;
  /** Where nothing is asked for by itself. */
  isQuiet: (context: Context, editor: IEditor) => boolean;
}

export class Generations {
  constructor({ client, ahead, documentOf, isQuiet }: IGenerationsOptions) {
    this._client = client;
    this._prefetch = new Prefetch({
      documentOf,
      isQuiet,
      isKnown: question => this._cache.find(question) !== null,
      start: question => this._make(question, ahead ?? client)
    });
  }

  /** What is shown or waited for. */
  get current(): Generation | null {
    return this._current;
  }

  /** Emits the last word of each request that was not cancelled, that somebody waited for and the worker was asked. */
  get ended(): ISignal<this, IEnd | IFault> {
    return this._ended;
  }

  /** The generation that answers `question`; those that cannot come to do so are over. */
  reuse(question: IQuestion): Generation | null {
    const ahead = this._prefetch.take(question);
    if (!this._current?.answers(question)) {
      this.retire();
      this._current = ahead ?? this._cache.find(question);
    }
    if (this._current) {
      this._prefetch.use(this._current);
    }
    return this._current;
  }

  /** A new one in the place of all that are in flight. */
  start(question: IQuestion): Generation {
    this.retire();
    this._prefetch.drop();
    return (this._current = this._make(question, this._client));
  }

  /** Asks for what follows `view`, in a pause. */
  prefetch(view: IView): void {
    this._prefetch.plan(view);
  }

  /** Keeps the current generation if it is whole, ends it if it is not. */
  retire(): void {
    if (this._current?.isWhole && this._current !== this._expired) {
      this._cache.keep(this._current);
    } else {
      this._current?.dispose();
    }
    this._current = null;
  }

  /** Ends what is in flight and forgets what was kept. */
  clear(): void {
    this._current?.dispose();
    this.expire();
  }

  /** Forgets all that is whole. What is shown or waited for comes to its end, lest half of it stays, and is not kept. */
  expire(): void {
    if (this._current?.isDone) {
      this._current = null;
    }
    this._expired = this._current;
    this._prefetch.drop();
    this._cache.clear();
  }

  private _make(question: IQuestion, client: Completes): Generation {
    const generation = new Generation(question, signal =>
      client.complete(question.snapshot, signal)
    );
    void generation.ended.then(last => this._onEnded(generation, last));
    return generation;
  }

  private _onEnded(generation: Generation, last: IEnd | IFault | null): void {
    if (this._prefetch.end(generation)) {
      // Nobody waits for it: how it went is not told.
      if (generation.isWhole) {
        this._cache.keep(generation);
      }
    } else if (last && !('reason' in last && last.reason === 'silent')) {
      this._ended.emit(last);
    }
  }

  private _client: Completes;
  private _current: Generation | null = null;
  private _expired: Generation | null = null;
  private _prefetch: Prefetch;
  private _cache = new Cache();
  private _ended = new Signal<this, IEnd | IFault>(this);
}
