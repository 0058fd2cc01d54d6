"""A snapshot read as a notebook: the cells around the cursor, as the worker takes them, and the cursor's two halves.

Pure. Raw and blank cells are left out, markdown and outputs shortened, line ends made one, and of each code cell it is
known whether what stands in it is what ran. It chooses nothing by budget (`context` does) and does not know what a
suggestion is.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from jupyter_codecompose.magics import cell_language
from jupyter_codecompose.names import NONE, Names, names
from jupyter_codecompose.outputs import shortened, shown
from jupyter_codecompose.wire import Cell as PageCell
from jupyter_codecompose.wire import Snapshot
from model_server.wire import Cell

MARKDOWN_CHARACTERS = 600
REMEMBERED = 8192


@dataclass(frozen=True)
class Part:
    """A cell as the worker takes it. `count` is when it ran, in executions; `stale`: its text is not what ran."""

    cell: Cell
    names: Names = NONE
    count: int = 0
    stale: bool = False


@dataclass(frozen=True)
class Notebook:
    """`above` and `below` are the other cells, `left` and `right` the cursor's two halves; `prose`: it is no code."""

    language: str
    above: tuple[Part, ...]
    left: str
    right: str
    below: tuple[Part, ...]
    prose: bool


def read(snapshot: Snapshot, *, outputs: bool = True) -> Notebook:
    """The notebook around the snapshot's cursor, with or without what the cells above have printed."""
    here = snapshot.cells[snapshot.active]
    left, right = halves(here.source, snapshot.cursor)
    above, below = snapshot.cells[: snapshot.active], snapshot.cells[snapshot.active + 1 :]
    alive = any(cell.count for cell in snapshot.cells)
    return Notebook(
        language=cell_language(here.source, snapshot.language),
        above=tuple(chain.from_iterable(parts(page, alive, outputs) for page in above)),
        left=left,
        right=right,
        below=tuple(chain.from_iterable(parts(page, alive, False) for page in below)),
        prose=here.kind != "code",
    )


def halves(source: str, cursor: int) -> tuple[str, str]:
    """`source` cut at `cursor` (code points), every line end made one newline; inside CR LF counts as before it."""
    left, right = source[:cursor], source[cursor:]
    if left.endswith("\r") and right.startswith("\n"):
        left = left[:-1]
    return _newlines(left), _newlines(right)


@lru_cache(REMEMBERED)
def parts(page: PageCell, alive: bool, outputs: bool) -> tuple[Part, ...]:
    """A cell of the page and its output, read once. Nothing is stale in a notebook of which nothing has run."""
    text = _newlines(page.source)
    if page.kind == "raw" or not text.strip():
        return ()
    if page.kind == "markdown":
        return (Part(Cell(kind="markdown", text=shortened(text, MARKDOWN_CHARACTERS))),)
    count, stale = page.count or 0, alive and (page.edited or not page.count)
    own = Part(Cell(kind="code", text=text), names(text), count, stale)
    output = shown(_newlines(page.outputs)) if outputs and not stale else ""
    return (own, Part(Cell(kind="output", text=output), NONE, count)) if output else (own,)


def givers(cells: Sequence[Part], wanted: Set[str]) -> set[int]:
    """The cells that gave names their present meaning: of those that bind a name the one that ran last, or stands
    last."""
    found: dict[str, tuple[bool, int, int]] = {}
    for at, part in enumerate(cells):
        for name in part.names.binds & wanted:
            found[name] = max(found.get(name, (False, -1, -1)), (not part.stale, part.count, at))
    return {at for _, _, at in found.values()}


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
