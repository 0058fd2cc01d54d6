/** What the plugins of this extension share with each other. */

import { Token } from '@lumino/coreutils';
import type { StatusModel } from './status';
import type { Switch } from './switch';

export interface ICodeCompose {
  readonly status: StatusModel;
  readonly power: Switch;
}

export const ICodeCompose = new Token<ICodeCompose>(
  'jupyter-codecompose:ICodeCompose',
  'The state of CodeCompose: what the server says, and whether suggestions appear by themselves.'
);
