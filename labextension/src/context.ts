/**
 * What a suggestion depends on beside the text of the cursor's cell. Pure.
 *
 * Outputs are left out: a cell that prints while one types would let nothing be used twice, and what they mean changes
 * only when a cell has run, which is told otherwise.
 */

import type { ICell, ISnapshot } from './wire';

/** Whether all is the same but the cell of the cursor. Quick where most cells are the very same ones. */
export function isSameContext(one: ISnapshot, other: ISnapshot): boolean {
  return (
    one.editor === other.editor &&
    one.path === other.path &&
    one.language === other.language &&
    one.kernel === other.kernel &&
    one.active === other.active &&
    one.cells.length === other.cells.length &&
    one.cells.every(
      (cell, index) => index === one.active || isSame(cell, other.cells[index])
    )
  );
}

function isSame(one: ICell, other: ICell | undefined): boolean {
  return (
    one === other ||
    (one.kind === other?.kind &&
      one.excluded === other.excluded &&
      one.source === other.source)
  );
}
