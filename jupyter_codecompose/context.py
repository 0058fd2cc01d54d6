"""What to send: a notebook and the kernel's facts as the worker's `Parts`, within a budget of characters.

Pure. The worker cuts exactly, by tokens; here the text is only bounded, and in coarse steps, so that a cut stays
where it is through many keystrokes and the worker can keep what it has read. It does not know how a model lays its
prompt out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from jupyter_codecompose.notebook import Notebook
from model_server.wire import Cell, Fact, Header, Parts

BEFORE, AFTER, FACTS = 12_000, 5_000, 4_000
STEP = 3_000
CELL_COST = 16
MAX_FACTS = 256

WORD = re.compile(r"\w+")
TYPING = re.compile(r"\w+\Z")


def parts(notebook: Notebook, facts: Sequence[Fact] = (), *, path: str = "", kernel: str = "") -> Parts:
    """The parts for a cursor: nearest text first to stay, the cursor's own cell last to be cut."""
    left = Cell(kind=_kind(notebook), text=notebook.left)
    right = Cell(kind=_kind(notebook), text=notebook.right)
    before = last_of((*notebook.above, left), BEFORE)
    after = first_of((right, *notebook.below), AFTER)
    return Parts(
        header=Header(language=notebook.language, kernel=kernel, path=path),
        facts=chosen(facts, _words(before, after)),
        before=before,
        after=after,
    )


def last_of(cells: Sequence[Cell], budget: int) -> tuple[Cell, ...]:
    """The last of `cells` within `budget`. What is dropped, from the top, grows by whole steps and ends with a line."""
    excess = sum(map(_cost, cells)) - budget
    drop = -(-excess // STEP) * STEP if excess > 0 else 0
    for index, cell in enumerate(cells):
        if drop <= 0:
            return tuple(cells[index:])
        if drop < _cost(cell) or index == len(cells) - 1:
            return (Cell(kind=cell.kind, text=_tail(cell.text, drop)), *cells[index + 1 :])
        drop -= _cost(cell)
    return ()


def first_of(cells: Sequence[Cell], budget: int) -> tuple[Cell, ...]:
    """The first of `cells` within `budget`; the one that does not fit is cut after its last line that does."""
    kept: list[Cell] = []
    for cell in cells:
        if _cost(cell) > budget:
            text = _head(cell.text, budget)
            return (*kept, Cell(kind=cell.kind, text=text)) if text or not kept else tuple(kept)
        kept.append(cell)
        budget -= _cost(cell)
    return tuple(kept)


def chosen(facts: Sequence[Fact], words: Iterable[str]) -> tuple[Fact, ...]:
    """The facts within their budget, as they were defined: those whose names are used, then the newest others."""
    used = set(words)
    ranked = sorted(range(len(facts)), key=lambda at: (facts[at].name not in used, -at))
    room, kept = FACTS, []
    for at in ranked[:MAX_FACTS]:
        room -= _weight(facts[at])
        if room < 0 and facts[at].name not in used:
            break
        kept.append(at)
    return tuple(facts[at] for at in sorted(kept))


def _words(before: Sequence[Cell], after: Sequence[Cell]) -> set[str]:
    """Every word around the cursor, but not the one being typed: it would change the facts at each key."""
    texts = [*(cell.text for cell in before[:-1]), TYPING.sub("", before[-1].text), *(cell.text for cell in after)]
    return {word for text in texts for word in WORD.findall(text)}


def _kind(notebook: Notebook) -> Literal["code", "markdown"]:
    return "markdown" if notebook.prose else "code"


def _cost(cell: Cell) -> int:
    return len(cell.text) + CELL_COST


def _weight(fact: Fact) -> int:
    return len(msgspec.json.encode(fact))


def _tail(text: str, drop: int) -> str:
    """`text` without its first `drop` characters and the rest of the line they end in, if that leaves anything."""
    newline = text.find("\n", drop)
    return text[newline + 1 :] if 0 <= newline < drop + STEP else text[drop:]


def _head(text: str, budget: int) -> str:
    """At most `budget` characters of `text`, up to the end of a line where there is one."""
    head = text[: max(budget, 0)]
    line, newline, _ = head.rpartition("\n")
    return line + newline if newline else head
