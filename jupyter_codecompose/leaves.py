"""A cell's Python as a flat row of leaves, read by parso, which takes any text, finished or not.

Pure. Magics and shell lines are read as comments, and as a number where a name is given what they print. What the
leaves mean is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from parso.grammar import load_grammar

GRAMMAR = load_grammar(version="3.13")
REMEMBERED = 512
LONGEST = 20_000

MAGIC = re.compile(
    r"^(?P<target>[ \t]*(?:[\w.,*\[\]\"' \t]{1,80}=[ \t]*(?=[%!]))?)(?P<sign>[%!?])(?P<line>(?:[^\n]*\\\n)*[^\n]*)",
    re.MULTILINE,
)
"""A line that IPython reads in its own way, with those that a backslash adds to it."""
BEGINNING = re.compile(r"^[^\n]", re.MULTILINE)
QUOTE = re.compile(r"[A-Za-z]{0,2}('''|\"\"\"|'|\")")
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")
SORTS = {"name": "name", "keyword": "keyword", "string": "string", "newline": "newline", "operator": "operator"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A token that is no blank and no comment. `at` is where it begins, in code points.

    `statement` counts the logical lines before it, `depth` the brackets that are open; `top`: its logical line is not
    indented, and opens no block; `binds`: it gives a name a value; `torn`: it stands where the text does not parse;
    `local`: in a function or class, or bound by a comprehension; `open` begins a string that never ends.
    """

    text: str
    at: int
    sort: Literal["name", "keyword", "string", "newline", "operator", "open", "other"]
    statement: int = 0
    depth: int = 0
    top: bool = True
    binds: bool = False
    torn: bool = False
    local: bool = False

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.at + len(self.text)


OWN_NAMES = frozenset(("parameters", "lambdef"))
"""What binds names for itself alone; a comprehension does so right behind its `for`."""
BLOCKS = frozenset(("for", "while", "if", "elif", "else", "try", "except", "finally", "with", "def", "class", "async"))


@lru_cache(REMEMBERED)
def leaves(text: str) -> tuple[Leaf, ...]:
    """The leaves of a text, in order."""
    return tuple(_leaves(plain(text[:LONGEST])))


def plain(text: str) -> str:
    """A text of the same length in which nothing is but Python."""
    return MAGIC.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    target = found["target"]
    value = "0" if target.strip() else ""
    return target + value + BEGINNING.sub("#", found[0][len(target) + len(value) :])


def _leaves(text: str) -> Iterator[Leaf]:
    at = statement = depth = 0
    top, begins, past, before = True, True, 0, ""
    for leaf, torn, local in _all(GRAMMAR.parse(text)):
        at += len(leaf.prefix)
        value, sort = leaf.value, _sort(leaf, before)
        if begins and value:
            top, begins = _unindented(text, at) and value not in BLOCKS, False
        depth -= sort == "operator" and value in CLOSING and depth > 0
        if value and at >= past:
            binds = leaf.type == "name" and (leaf.parent.type == "global_stmt" or leaf.is_definition())
            yield Leaf(value, at, sort, statement, depth, top, binds, torn, local)
        depth += sort == "operator" and value in OPENING
        if sort == "open" and at >= past:
            past = len(text) if len(value.lstrip("rRbBuUfF")) == 3 else _line_end(text, at)
        if sort == "newline":
            statement, depth, begins = statement + 1, 0, True
        at, before = at + len(value), value


def _all(node: Any, torn: bool = False, local: bool = False) -> Iterator[tuple[Any, bool, bool]]:
    """parso's leaves, and whether each stands in what does not parse, and in a function."""
    for number, child in enumerate(node.children):
        broken = torn or child.type in ("error_node", "error_leaf")
        own = local or (node.type == "sync_comp_for" and number == 1)
        if hasattr(child, "children"):
            yield from _all(child, broken, own or child.type in OWN_NAMES or inside(child))
        else:
            yield child, broken, own


def inside(node: Any) -> bool:
    """Whether a node is the body of a function or class."""
    return bool(node.type == "suite" and node.parent.type in ("funcdef", "classdef"))


def _sort(leaf: Any, before: str) -> Any:
    """The sort of a leaf; behind the `!` of a formatted string there is no name."""
    if before == "!":
        return "other"
    if leaf.type == "error_leaf" and QUOTE.fullmatch(leaf.value):
        return "open"
    return SORTS.get(leaf.type, "other")


def _unindented(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] == "\n"


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
