/**
 * What a suggestion depends on beside the text of the cursor's cell, as one string to compare. Pure.
 *
 * Outputs are left out: a cell that prints while one types would let nothing be used twice, and what they mean changes
 * only when a cell has run, which is told otherwise.
 */

import type { ISnapshot } from './wire';

export function contextOf(snapshot: ISnapshot): string {
  const { editor, path, language, kernel, active } = snapshot;
  const others = snapshot.cells.map((cell, index) =>
    index === active ? '' : [cell.kind, cell.excluded, cell.source]
  );
  return JSON.stringify([editor, path, language, kernel, active, others]);
}
