"""In which ways a suggestion may begin, where the one who asks knows all that exist: names, columns, keys.

Pure, over token ids. Of the ways the engine takes the likeliest, token by token; a way that ends with a letter ends a
word, so that `mean` does not become `means`. Behind a way's end the text is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from model_server.engine import Ids, ids_of
from model_server.recall import in_word
from model_server.tokens import Tokens

ANY = ids_of(())
"""No tokens, where that stands for any."""


@dataclass(slots=True)
class Node:
    """A place in the tree of ways: what may follow, and whether (and how) a way ends here."""

    following: dict[int, Node] = field(default_factory=dict)
    ends: bool = False
    in_word: bool = False


class Ways:
    """A walk through the tree of ways; nobody is on it any more where anything may follow."""

    def __init__(self, texts: Sequence[str], tokens: Tokens) -> None:
        """Begin before the first token."""
        self._tokens = tokens
        self._node: Node | None = tree(texts, tokens) if texts else None

    @property
    def among(self) -> Ids:
        """The tokens that may come next, in their order; none stands for any."""
        node = self._node
        if node is None or (node.ends and not node.in_word):
            return ANY
        following = ids_of(node.following)
        return with_more(self._tokens.breaks, following) if node.ends else following

    def take(self, token: int) -> None:
        """One token further."""
        self._node = self._node.following.get(token) if self._node else None


def with_more(ids: Ids, more: Ids) -> Ids:
    """Both, in their order. What is in both may stand there twice."""
    return np.insert(ids, np.searchsorted(ids, more), more)


def tree(texts: Sequence[str], tokens: Tokens) -> Node:
    """The tree of some ways."""
    root = Node()
    for text in filter(None, texts):
        node = root
        for token in tokens.encode(text):
            node = node.following.setdefault(token, Node())
        node.ends, node.in_word = True, in_word(text[-1])
    return root


def fits(text: str, allowed: Sequence[str]) -> bool:
    """Whether a text begins with one of the ways, or there are none."""
    return not allowed or any(begins(text, way) for way in allowed)


def begins(text: str, way: str) -> bool:
    """Whether a text begins with a way, and the way's last word ends there; or is one that ends a line."""
    if way.endswith("\n"):
        return text == way[:-1]
    rest = text[len(way) : len(way) + 1]
    return bool(way) and text.startswith(way) and not (rest and in_word(way[-1]) and in_word(rest))
