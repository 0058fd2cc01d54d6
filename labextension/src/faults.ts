/**
 * Errors at the cursor. Never to say that one has to wait; and while somebody types, only in a pause, and once for each
 * fault until a request succeeds.
 */

import type { IInlineCompletionItem } from '@jupyterlab/completer';
import type { Turn } from './turn';
import type { IFault } from './wire';

/** Without a key, in milliseconds, before an error is shown. */
const PAUSE = 500;

export class Faults {
  /** What the host shall show of `fault`. */
  async explain(
    fault: IFault | null,
    isAutomatic: boolean,
    turn: Turn
  ): Promise<IInlineCompletionItem[]> {
    if (!fault || fault.code === 'loading') {
      return [];
    }
    const { code, message } = fault;
    if (isAutomatic) {
      if (code === 'busy' || this._told.has(message)) {
        return [];
      }
      await turn.sleep(PAUSE);
      if (turn.isOver) {
        return [];
      }
    }
    this._told.add(message);
    return [{ insertText: '', error: { message } }];
  }

  /** A request has succeeded. */
  clear(): void {
    this._told.clear();
  }

  private _told = new Set<string>();
}
