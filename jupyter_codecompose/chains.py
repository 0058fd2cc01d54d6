"""A name with what is written behind it, `df.groupby("a")["b"]`, read off the leaves. Pure.

What stands in brackets and has something behind it, `(a - b).days`, is read as a chain too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from jupyter_codecompose.leaves import Leaf

PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Step:
    """A link of a chain: `.name`, `[…]` or `(…)`, from leaf `first` up to and without leaf `after`."""

    mark: str
    first: int
    after: int


@dataclass(frozen=True, slots=True)
class Chain:
    """The name (or the bracket of a group) at leaf `root`, and the steps behind it. `caller`: the name whose call it is
    handed to, or ''."""

    root: int
    steps: tuple[Step, ...]
    caller: str

    @property
    def after(self) -> int:
        """The leaf behind it."""
        return self.steps[-1].after if self.steps else self.root + 1


def chains(row: Sequence[Leaf]) -> Iterator[Chain]:
    """Every chain, in the order in which they begin; what stands in the brackets of one comes after it."""
    callers = [""]
    last = ""
    for at, leaf in enumerate(row):
        if leaf.sort == "name" and not (at and row[at - 1].text == "."):
            yield Chain(at, tuple(_steps(row, at + 1)), callers[-1])
            last = leaf.text
        elif leaf.text in PAIRS:
            if leaf.text == "(" and not _called(row, at) and (steps := tuple(_steps(row, closed(row, at)))):
                yield Chain(at, steps, callers[-1])
            callers.append(last if leaf.text == "(" else callers[-1])
        elif leaf.text in PAIRS.values() and len(callers) > 1:
            callers.pop()
        elif leaf.sort in ("newline", "keyword") or leaf.text in ("=", ","):
            last = ""


def _steps(row: Sequence[Leaf], at: int) -> Iterator[Step]:
    while at < len(row):
        mark = row[at].text
        if mark == "." and at + 1 < len(row) and row[at + 1].sort in ("name", "keyword"):
            after = at + 2
        elif mark in ("(", "["):
            after = closed(row, at)
        else:
            return
        yield Step(mark, at, after)
        at = after


def _called(row: Sequence[Leaf], at: int) -> bool:
    """Whether the bracket at a leaf is that of a call."""
    return at > 0 and (row[at - 1].sort in ("name", "string") or row[at - 1].text in PAIRS.values())


def closed(row: Sequence[Leaf], at: int) -> int:
    """The leaf behind the bracket that closes the one at `at`; behind the last one where none does."""
    depth, statement = 0, row[at].statement
    for number in range(at, len(row)):
        if row[number].statement != statement:
            return number
        depth += (row[number].text in PAIRS) - (row[number].text in PAIRS.values())
        if not depth:
            return number + 1
    return len(row)


def keys(row: Sequence[Leaf], step: Step) -> list[tuple[Leaf, str]]:
    """The literal strings of `["a"]` or `[["a", "b"]]`, of which the last may be in the writing; none of any other."""
    inner = list(row[step.first + 1 : step.after])
    if inner and (inner[-1].text == "]" or inner[-1].sort == "open"):
        inner.pop()
    if inner and inner[0].text == "[":
        inner = [leaf for leaf in inner[1:] if leaf.text not in (",", "]")]
    elif len(inner) != 1:
        return []
    if any(leaf.sort != "string" for leaf in inner):
        return []
    return [(leaf, key) for leaf in inner if (key := _literal(leaf.text)) is not None]


def keywords(row: Sequence[Leaf], step: Step) -> Iterator[Leaf]:
    """The names of a call's keyword arguments."""
    depth = row[step.first].depth + 1
    for at in range(step.first + 1, min(step.after, len(row) - 1)):
        before, leaf, behind = row[at - 1], row[at], row[at + 1]
        if leaf.sort == "name" and leaf.depth == depth and behind.text == "=" and before.text in ("(", ","):
            yield leaf


def _literal(text: str) -> str | None:
    """The string that a literal without a prefix stands for."""
    with suppress(ValueError, SyntaxError):
        value = ast.literal_eval(text) if text[0] in "\"'" else None
        return value if isinstance(value, str) else None
    return None
