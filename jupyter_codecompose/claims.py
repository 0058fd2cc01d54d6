"""What a text claims to exist: names, attributes, columns and keys, keyword arguments. Pure.

Only what is read is claimed: what an assignment creates is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from jupyter_codecompose.chains import Chain, chains, keys, keywords
from jupyter_codecompose.effects import assignments, is_keyword
from jupyter_codecompose.leaves import Leaf
from jupyter_codecompose.targets import targets

What = Literal["name", "attribute", "member", "keyword"]
SOFT = frozenset(("match", "case", "type", "print", "_"))


@dataclass(frozen=True, slots=True)
class Claim:
    """That `path`, a name and what follows it, has (or as a call takes) `name`; of a free name `path` is empty. What
    follows are attributes, keys and columns in brackets, and `()` for a call and `[]` for any other subscript:
    `("df", "[price]", "mean", "()")`. The name of what stands in brackets is `(`.

    `at` is where the name (or the literal of it) begins and `end` where it ends, `opened` where what it is in begins:
    its bracket, or its dot; `top`: its line is neither indented nor opens a block.
    """

    what: What
    path: tuple[str, ...]
    name: str
    at: int
    end: int
    opened: int
    statement: int
    top: bool


def claims(row: Sequence[Leaf]) -> Iterator[Claim]:
    """Every claim in some leaves, in the order in which their chains begin."""
    assigned, bound = assignments(row), targets(row)
    skipped = {leaf.statement for leaf in row if leaf.text in ("import", "del", "global", "nonlocal")}
    for chain in chains(row):
        root = row[chain.root]
        if root.statement in skipped or is_keyword(row, chain.root) or chain.root in bound:
            continue
        target = root.depth == 0 and root.at < assigned.get(root.statement, -1)
        if root.sort == "name" and root.text not in SOFT and not (target and not chain.steps):
            yield _claim("name", (), root.text, root, root, root.at)
        yield from _steps(row, chain, root, target)


def _steps(row: Sequence[Leaf], chain: Chain, root: Leaf, target: bool) -> Iterator[Claim]:
    """The claims of a chain's steps, as far as is known of what."""
    path: tuple[str, ...] = (root.text,)
    for number, step in enumerate(chain.steps):
        created = target and number == len(chain.steps) - 1
        opened = row[step.first].at
        if step.mark == ".":
            leaf = row[step.first + 1]
            if not created:
                yield _claim("attribute", path, leaf.text, leaf, root, opened)
            path = (*path, leaf.text)
        elif step.mark == "[":
            found = keys(row, step)
            yield from (_claim("member", path, key, leaf, root, opened) for leaf, key in found if not created)
            single = len(found) == 1 and row[step.first + 1].text != "["
            path = (*path, f"[{found[0][1]}]" if single else "[]")
        else:
            yield from (_claim("keyword", path, leaf.text, leaf, root, opened) for leaf in keywords(row, step))
            path = (*path, "()")


def _claim(what: What, path: tuple[str, ...], name: str, leaf: Leaf, root: Leaf, opened: int) -> Claim:
    return Claim(what, path, name, leaf.at, leaf.end, opened, root.statement, root.top)
