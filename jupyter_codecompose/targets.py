"""Which names some leaves give a value other than by an assignment, also where the text does not parse yet.

Pure. What parso reads is believed. In what it does not read, and of what it does not know (`case`, the parameters of a
type), a name is told by the word that it stands behind. All is read once, from left to right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jupyter_codecompose.leaves import OPENING, Leaf

ENDS = {
    "for": frozenset(("in", ":", "if")),
    "as": frozenset((",", ":")),
    "import": frozenset[str](),
    "global": frozenset[str](),
    "nonlocal": frozenset[str](),
    "lambda": frozenset((":",)),
    "def": frozenset((":", "->")),
    "class": frozenset((":", "(")),
    "case": frozenset((":", "if")),
}
"""The words behind which names are bound, and what ends that beside the line."""
HEADS = {"lambda": 0, "def": 1, "class": 1}
"""Words behind which only the head of each part is bound, in so many brackets of their own; a default is none."""
WHOLE = frozenset(("import", "case"))
"""Words that go on behind an `as`."""

PATTERN = frozenset("([{-*")
"""Signs that a pattern may begin with."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A word that binds what comes, with `depth` brackets open where it stands, the innermost at `opened`."""

    word: str
    depth: int
    opened: int


def targets(row: Sequence[Leaf]) -> dict[int, int]:
    """The numbers of the leaves that are such names, and from where in the text each has its value: in a comprehension,
    from its bracket."""
    return dict(_targets(row))


def _targets(row: Sequence[Leaf]) -> Iterator[tuple[int, int]]:
    begun: list[_Begun] = []
    opened = {0: 0}
    for at, leaf in enumerate(row):
        over = leaf.sort == "newline" or leaf.text == ";"
        while begun and (over or leaf.depth < begun[-1].depth):
            begun.pop()
        if begun and leaf.depth == begun[-1].depth and leaf.text in ENDS[begun[-1].word]:
            begun.pop()
        last = begun[-1] if begun else None
        if leaf.text in OPENING:
            opened[leaf.depth + 1] = leaf.at
        elif leaf.text in ENDS and _begins(row, at, last):
            begun.append(_Begun(leaf.text, leaf.depth, opened.get(leaf.depth, leaf.at)))
        elif leaf.sort == "name" and _binds(row, at, last):
            inside = last is not None and last.word == "for" and last.depth > 0
            yield at, last.opened if last and inside else leaf.at


def _begins(row: Sequence[Leaf], at: int, last: _Begun | None) -> bool:
    """Whether a word binds what comes; `case` is one at the beginning of a line with a pattern behind it."""
    leaf = row[at]
    if leaf.text == "case":
        first = at == 0 or row[at - 1].sort == "newline"
        return first and at + 1 < len(row) and (row[at + 1].sort != "operator" or row[at + 1].text in PATTERN)
    return not (leaf.text == "as" and last and last.word in WHOLE)


def _binds(row: Sequence[Leaf], at: int, last: _Begun | None) -> bool:
    """Whether a name is bound, behind the last word that does so."""
    leaf, before, behind = row[at], row[at - 1].text if at else "", row[at + 1].text if at + 1 < len(row) else ""
    if leaf.binds or behind == ":=" or before in ("def", "class"):
        return True
    if last is None:
        return False
    if last.word in HEADS:
        return leaf.depth == last.depth + HEADS[last.word] and _leads(row, at)
    if last.word == "case":
        return before != "." and behind not in ("", ".", "(", "=")
    return leaf.torn


def _leads(row: Sequence[Leaf], at: int) -> bool:
    """Whether a name stands at the head of a part, its stars aside."""
    before = at - 1
    while row[before].text in ("*", "**"):
        before -= 1
    return row[before].text in ("lambda", ",", "(", "[")
