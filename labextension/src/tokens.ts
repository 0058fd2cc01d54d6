/** What the plugins of this extension share with each other. */

import { Token } from '@lumino/coreutils';
import type { Completers } from './completer';
import type { Here } from './here';
import type { Meter } from './meter';
import type { StatusModel } from './status';
import type { Switch } from './switch';

export interface ICodeCompose {
  readonly status: StatusModel;
  readonly power: Switch;
  readonly here: Here;
  readonly meter: Meter;
  readonly completers: Completers;
}

export const ICodeCompose = new Token<ICodeCompose>(
  'jupyter-codecompose:ICodeCompose',
  'The state of CodeCompose: what the server says, what is on, and how long suggestions take.'
);
