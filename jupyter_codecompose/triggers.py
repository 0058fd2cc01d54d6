"""What a cursor asks for: nothing, the rest of a line, or a block.

Pure. Looks only at the text on both sides of the cursor, and at whether a person asked.
"""

from __future__ import annotations

import re
from enum import Enum

from jupyter_codecompose.notebook import Notebook

CLOSING = re.compile(r"""[\s)\]}"'`,;:]*""")


class Intent(Enum):
    SILENT = "silent"
    LINE = "line"
    BLOCK = "block"


def intent(notebook: Notebook, *, invoked: bool) -> Intent:
    """What to suggest at the notebook's cursor; `invoked` when a person asked for it."""
    line_left = notebook.left.rpartition("\n")[2]
    line_right = notebook.right.partition("\n")[0]
    if is_word(line_right[:1]) or (notebook.prose and not invoked):
        return Intent.SILENT
    if line_right.strip():
        return Intent.LINE if invoked or CLOSING.fullmatch(line_right) else Intent.SILENT
    if invoked:
        return Intent.BLOCK
    if not (notebook.left.strip() or notebook.right.strip() or notebook.above or notebook.below):
        return Intent.SILENT
    return Intent.BLOCK if _opens_block(notebook.left, line_left) else Intent.LINE


def is_word(char: str) -> bool:
    """Whether `char` could stand inside a name."""
    return char.isalnum() or char == "_"


def _opens_block(left: str, line: str) -> bool:
    """The line opens a scope, or is empty and stands inside one or under a comment."""
    if line.strip():
        return line.rstrip().endswith((":", "{"))
    above = left.rstrip().rpartition("\n")[2]
    return above.endswith((":", "{")) or above.lstrip().startswith("#") or (bool(line) and bool(above.strip()))
