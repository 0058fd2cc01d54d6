/**
 * Whether suggestions appear by themselves where the cursor is, and if not, why: apart from the switch, which is for all.
 *
 * It does not know what to look at, nor who looks.
 */

import { type ISignal, Signal } from '@lumino/signaling';

/** What is off: this cell, this document, its language; or all that the author of a notebook has excluded. */
export interface IOff {
  readonly what: 'cell' | 'document' | 'language' | 'excluded';
  readonly language: string;
}

export class Here {
  constructor(look: () => IOff | null) {
    this._look = look;
  }

  /** What is off, if anything is. */
  get off(): IOff | null {
    return this._off;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Looks again. */
  update = (): void => {
    const old = this._off;
    this._off = this._look();
    if (
      old?.what !== this._off?.what ||
      old?.language !== this._off?.language
    ) {
      this._changed.emit();
    }
  };

  private _look: () => IOff | null;
  private _off: IOff | null = null;
  private _changed = new Signal<this, void>(this);
}

/** The first of all reasons that holds, which has to be the one that leaves the least. */
export function reasonOf(
  language: string,
  reasons: readonly (readonly [IOff['what'], boolean])[]
): IOff | null {
  const found = reasons.find(([, holds]) => holds);
  return found ? { what: found[0], language } : null;
}
