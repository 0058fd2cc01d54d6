"""What a cell's text does to its names, so that the kernel's facts are not held against what the text itself changes.

Pure. It is not known here what the names stand for. Functions are read as if they ran where they stand, and a name that
is bound anywhere in a cell is bound everywhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from jupyter_codecompose.chains import Chain, chains, keys
from jupyter_codecompose.leaves import MAGIC, Leaf, leaves
from jupyter_codecompose.targets import targets

REMEMBERED, WHOLE = 4096, 64
ASSIGNS = re.compile(r"(?:[-+*/%@&|^]|//|\*\*|<<|>>)?=")
WILD = frozenset(
    (
        *("globals", "locals", "vars", "exec", "eval", "setattr", "delattr", "get_ipython", "hasattr", "getattr"),
        *("NameError", "AttributeError", "KeyError", "TypeError", "Exception"),
    )
)
"""Words after which a name may exist, or not exist on purpose, whatever the kernel says."""
How = Literal["bound", "given", "changed", "called", "passed"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens to `name` at a place; `own` if to a name that is a function's, a class's or a comprehension's.

    `bound`: it has a new value. `given`: it has `detail` as a key or attribute. `changed`: it may have anything.
    `called`: its method `detail` is called. `passed`: it is handed to a call of `detail`, or ('') gets another name.
    `assigned`: it happens at the end of its statement.
    """

    how: How
    name: str
    at: int
    statement: int
    detail: str = ""
    assigned: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Effects:
    """All effects of a text, in order; the names it `binds`, and those it `leaves_behind`, being not a
    function's or class's own. `wild`: nothing is certain of any name."""

    effects: tuple[Effect, ...] = ()
    binds: frozenset[str] = frozenset()
    leaves_behind: frozenset[str] = frozenset()
    wild: bool = False


@lru_cache(REMEMBERED)
def effects(text: str) -> Effects:
    """The effects of a cell's text."""
    return effects_of(leaves(text), magic=any(found["sign"] == "%" for found in MAGIC.finditer(text)))


@lru_cache(WHOLE)
def effects_in(texts: tuple[str, ...]) -> Effects:
    """The effects of texts, one after the other."""
    found = [effects(text) for text in texts]
    return Effects(
        tuple(effect for each in found for effect in each.effects),
        frozenset().union(*(each.binds for each in found)),
        frozenset().union(*(each.leaves_behind for each in found)),
        any(each.wild for each in found),
    )


def effects_of(row: Sequence[Leaf], *, magic: bool = False) -> Effects:
    """The effects of some leaves."""
    found = tuple(_effects(row))
    words = {leaf.text for leaf in row if leaf.sort == "name"}
    star = any(leaf.text == "*" and at and row[at - 1].text == "import" for at, leaf in enumerate(row))
    binds = frozenset(effect.name for effect in found if effect.how == "bound")
    shared = frozenset(_shared(row))
    behind = frozenset(effect.name for effect in found if effect.how == "bound" and not effect.own)
    return Effects(found, binds, behind | shared, magic or star or not words.isdisjoint(WILD))


def _shared(row: Sequence[Leaf]) -> Iterator[str]:
    """The names that a function gives to all: those of `global`."""
    for at, leaf in enumerate(row):
        if leaf.text == "global":
            names = takewhile(lambda each: each.sort == "name" or each.text == ",", row[at + 1 :])
            yield from (each.text for each in names if each.sort == "name")


def assignments(row: Sequence[Leaf]) -> dict[int, int]:
    """Where the last assignment stands in each statement that has one."""
    return {leaf.statement: leaf.at for leaf in row if leaf.depth == 0 and ASSIGNS.fullmatch(leaf.text)}


def _effects(row: Sequence[Leaf]) -> Iterator[Effect]:
    assigned, bound = assignments(row), targets(row)
    deleted = {leaf.statement for leaf in row if leaf.text == "del"}
    for at, leaf in enumerate(row):
        if leaf.sort == "string" and at + 1 < len(row) and row[at + 1].text in ("in", "not"):
            yield Effect("given", "", leaf.at, leaf.statement, leaf.text[1:-1])
    for chain in chains(row):
        root = row[chain.root]
        if root.sort != "name":
            continue
        target = root.depth == 0 and root.at < assigned.get(root.statement, -1)
        if (target and not chain.steps) or chain.root in bound:
            holds = bound.get(chain.root, root.at)
            yield Effect("bound", root.text, holds, root.statement, assigned=target, own=root.local)
        elif root.statement in deleted:
            yield Effect("changed", root.text, root.at, root.statement)
        else:
            yield from _used(row, chain, root, target)


def _used(row: Sequence[Leaf], chain: Chain, root: Leaf, target: bool) -> Iterator[Effect]:
    """What is done with a chain."""
    if target:
        member = _given(row, chain)
        how: How = "given" if member else "changed"
        yield Effect(how, root.text, root.at, root.statement, member, assigned=True)
    elif not chain.steps and not is_keyword(row, chain.root):
        yield Effect("passed", root.text, root.at, root.statement, chain.caller)
    elif len(chain.steps) > 1 and chain.steps[0].mark == "." and chain.steps[1].mark == "(":
        step = chain.steps[1]
        inplace = any(leaf.text == "inplace" for leaf in row[step.first : step.after])
        method = "inplace" if inplace else row[chain.root + 2].text
        yield Effect("called", root.text, row[step.after - 1].end, root.statement, method)


def _given(row: Sequence[Leaf], chain: Chain) -> str:
    """The one key or attribute that an assignment to a chain creates."""
    if len(chain.steps) != 1:
        return ""
    step = chain.steps[0]
    if step.mark == ".":
        return row[step.first + 1].text
    found = keys(row, step)
    return found[0][1] if len(found) == 1 else ""


def is_keyword(row: Sequence[Leaf], at: int) -> bool:
    """Whether the name at `at` names a keyword argument."""
    return row[at].depth > 0 and at + 1 < len(row) and row[at + 1].text == "="
