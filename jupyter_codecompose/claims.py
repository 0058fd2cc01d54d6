"""What a text claims to exist: names, attributes, columns and keys, keyword arguments. Pure.

Only what is read is claimed: what an assignment creates is not, nor is anything behind a call or a subscript, since
nobody knows what that gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from jupyter_codecompose.chains import Chain, chains, keys, keywords
from jupyter_codecompose.effects import assignments, binding, is_keyword
from jupyter_codecompose.leaves import Leaf

SOFT = frozenset(("match", "case", "type", "print", "_"))


@dataclass(frozen=True, slots=True)
class Claim:
    """That `path`, a name and attributes of it, has (or as a call takes) `name`; of a free name `path` is empty.

    `at` is where the name (or the literal of it) begins and `end` where it ends; `top`: its line is neither indented
    nor opens a block.
    """

    what: Literal["name", "attribute", "member", "keyword"]
    path: tuple[str, ...]
    name: str
    at: int
    end: int
    statement: int
    top: bool


def claims(row: Sequence[Leaf]) -> Iterator[Claim]:
    """Every claim in some leaves, in the order in which their chains begin."""
    assigned = assignments(row)
    skipped = {leaf.statement for leaf in row if leaf.text in ("import", "del", "global", "nonlocal")}
    for chain in chains(row):
        root = row[chain.root]
        if root.statement in skipped or is_keyword(row, chain.root) or binding(row, chain.root):
            continue
        target = root.depth == 0 and root.at < assigned.get(root.statement, -1)
        if root.text not in SOFT and not (target and not chain.steps):
            yield _claim("name", (), root.text, root, root)
        yield from _steps(row, chain, root, target)


def _steps(row: Sequence[Leaf], chain: Chain, root: Leaf, target: bool) -> Iterator[Claim]:
    """The claims of a chain's steps, as far as is known of what."""
    path: tuple[str, ...] = (root.text,)
    for number, step in enumerate(chain.steps):
        created = target and number == len(chain.steps) - 1
        if step.mark == ".":
            leaf = row[step.first + 1]
            if not created:
                yield _claim("attribute", path, leaf.text, leaf, root)
            path = (*path, leaf.text)
        elif step.mark == "[":
            yield from (_claim("member", path, key, leaf, root) for leaf, key in keys(row, step) if not created)
            return
        else:
            yield from (_claim("keyword", path, leaf.text, leaf, root) for leaf in keywords(row, step))
            return


def _claim(
    what: Literal["name", "attribute", "member", "keyword"], path: tuple[str, ...], name: str, leaf: Leaf, root: Leaf
) -> Claim:
    return Claim(what, path, name, leaf.at, leaf.end, root.statement, root.top)
