/** What the parts of the provider hand to each other: a fetch of the host, and a generation as that fetch looks at it. */

import type { IInlineCompletionContext } from '@jupyterlab/completer';
import type { Generation } from './generation';
import type { IEditor } from './place';
import type { IDocument } from './snapshot';
import type { Turn } from './turn';

/** The host's context, with the editor that it passes at run time but does not declare. */
export type Context = IInlineCompletionContext & { editor?: IEditor | null };

/** The document of an editor; null where nothing may be sent. */
export type DocumentOf = (
  context: Context,
  editor: IEditor
) => IDocument | null;

/** One fetch of the host. */
export interface IFetch {
  context: Context;
  editor: IEditor;
  turn: Turn;
}

/** A generation as one fetch looks at it. */
export interface IView extends IFetch {
  generation: Generation;
}
