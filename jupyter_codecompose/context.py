"""What to send: a notebook and the kernel's facts as the worker's `Parts`, within the tokens of the model at hand.

Pure. Cells compete for the room: the cursor's own cell is never cut while it fits, then come its neighbours, then the
cells that give the names in it their meaning, then the others, nearest first; what is stale comes last. They are sent
in the notebook's order, and the room is counted in coarse steps, so that the choice stays as it is through many
keystrokes and the worker can keep what it has read. What there is no room for is sent beside them, to be recalled from
and not to be read. It does not know how a model lays its prompt out; the worker cuts exactly, by tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from jupyter_codecompose.names import WORD
from jupyter_codecompose.notebook import Notebook, givers
from model_server.layout import describe
from model_server.wire import Cell, Fact, Header, Parts

CONTEXT_TOKENS = 1024
CHARACTERS = 3.0
"""Of a token of code, about; fewer than on average, so that the worker seldom cuts what was chosen here."""
BEFORE_SHARE, AFTER_SHARE, FACTS_SHARE = 0.56, 0.24, 0.2
FURTHER_BEFORE, FURTHER_AFTER = 12_000, 6_000
STEP = 600
CELL_COST = 16
MAX_FACTS = 256

TYPING = re.compile(r"\w+\Z")


def parts(
    notebook: Notebook,
    facts: Sequence[Fact] = (),
    *,
    path: str = "",
    kernel: str = "",
    tokens: int = CONTEXT_TOKENS,
) -> Parts:
    """The parts for a cursor, for a model that reads `tokens`."""
    left = Cell(kind=_kind(notebook), text=notebook.left)
    right = Cell(kind=_kind(notebook), text=notebook.right)
    room = int(tokens * CHARACTERS)
    for_before = int(room * BEFORE_SHARE)
    own = within(left, for_before)
    chosen = choose(notebook, for_before - _cost(own))
    before = (*(notebook.above[at].cell for at in sorted(chosen)), own)
    after, below = first_of((right, *(part.cell for part in notebook.below)), int(room * AFTER_SHARE))
    left_out = (notebook.above[at].cell for at in reversed(range(len(notebook.above))) if at not in chosen)
    return Parts(
        header=Header(language=notebook.language, kernel=kernel, path=path),
        facts=useful(facts, _words(before, after), int(room * FACTS_SHARE)) if facts else (),
        before=before,
        after=after,
        further_before=last_of((cell for cell in left_out if cell.kind == "code"), FURTHER_BEFORE),
        further_after=first_of(below, FURTHER_AFTER)[0],
    )


def choose(notebook: Notebook, room: int) -> set[int]:
    """Which of the cells above are sent, by index; `room` characters are taken in whole steps."""
    room -= room % STEP
    chosen = set()
    for at in ranked(notebook):
        cost = _cost(notebook.above[at].cell)
        if cost <= room:
            chosen.add(at)
            room -= cost
        if room <= CELL_COST:
            break
    return chosen


def ranked(notebook: Notebook) -> Iterator[int]:
    """The cells above, the most useful first. What is being typed on the cursor's line changes nothing here."""
    above, last = notebook.above, len(notebook.above) - 1
    written = {*WORD.findall(notebook.left.rpartition("\n")[0]), *WORD.findall(notebook.right)}
    giving = givers(above, written) - {last}
    yield from [last, *sorted(giving, reverse=True)] if above else []
    for stale in (False, True):
        yield from (at for at in range(last - 1, -1, -1) if above[at].stale is stale and at not in giving)


def last_of(cells: Iterable[Cell], budget: int) -> tuple[Cell, ...]:
    """The last cells that fit in `budget`, whole; `cells` begin with the last."""
    kept: list[Cell] = []
    for cell in cells:
        budget -= _cost(cell)
        if budget < 0:
            break
        kept.append(cell)
    return tuple(reversed(kept))


def first_of(cells: Sequence[Cell], budget: int) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """The first of `cells` within `budget`, and the rest; the one that does not fit is cut after its last line that
    does. The first one is there in any case, if only in name."""
    for number, cell in enumerate(cells):
        if _cost(cell) > budget:
            text = _head(cell.text, budget - CELL_COST)
            cut = [Cell(kind=cell.kind, text=text)] if text or not number else []
            rest = Cell(kind=cell.kind, text=cell.text[len(text) :])
            return (*cells[:number], *cut), (rest, *cells[number + 1 :])
        budget -= _cost(cell)
    return tuple(cells), ()


def within(cell: Cell, budget: int) -> Cell:
    """The cursor's cell, cut from its top, by whole steps and at a line, only where it alone is too large."""
    excess = _cost(cell) - budget
    if excess <= 0:
        return cell
    step = min(STEP, max(budget // 3, 1))  # in a small context a whole step, and a line, would be all that there is
    return Cell(kind=cell.kind, text=_tail(cell.text, -(-excess // step) * step, step))


def useful(facts: Sequence[Fact], words: Iterable[str], room: int) -> tuple[Fact, ...]:
    """The facts that fit, as they were defined: those whose names are used, then the newest others."""
    used = set(words)
    order = sorted(range(len(facts)), key=lambda at: (facts[at].name not in used, -at))
    kept = []
    for at in order[:MAX_FACTS]:
        weight = len(describe(facts[at])) + 1
        if weight <= room:
            kept.append(at)
            room -= weight
    return tuple(facts[at] for at in sorted(kept))


def _words(before: Sequence[Cell], after: Sequence[Cell]) -> set[str]:
    """Every word around the cursor, but not the one being typed: it would change the facts at each key."""
    texts = [*(cell.text for cell in before[:-1]), TYPING.sub("", before[-1].text), *(cell.text for cell in after)]
    return {word for text in texts for word in WORD.findall(text)}


def _kind(notebook: Notebook) -> Literal["code", "markdown"]:
    return "markdown" if notebook.prose else "code"


def _cost(cell: Cell) -> int:
    return len(cell.text) + CELL_COST


def _tail(text: str, drop: int, step: int) -> str:
    """`text` without its first `drop` characters and the rest of the line they end in, where that is shorter than
    `step`."""
    newline = text.find("\n", drop)
    return text[newline + 1 :] if 0 <= newline < drop + step else text[drop:]


def _head(text: str, budget: int) -> str:
    """At most `budget` characters of `text`, up to the end of a line where there is one."""
    head = text[: max(budget, 0)]
    line, newline, _ = head.rpartition("\n")
    return line + newline if newline else head
