"""How secrets of one kind are found: by a literal, and a pattern that is tried where it stands.

Tokens have the `shape` that their issuer gave them; other secrets are `standing` after a word. It knows no issuers and
no words: `credentials` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from model_server.standins import issued


@dataclass(frozen=True, slots=True)
class Span:
    """A secret: `text[start:end]`, without its name and quotes."""

    start: int
    end: int
    family: str


@dataclass(frozen=True, slots=True)
class Family:
    """Secrets of one kind: the literals that `pattern` begins with, and whether its group `secret` is likely one.

    Where the secret shows its issuer by how it begins, the literals are that beginning: they are `open`, not secret.
    """

    name: str
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]
    likely: Callable[[str], bool]
    folded: bool = False
    open: bool = False

    def find(self, text: str, folded: str) -> Iterator[Span]:
        """The family's secrets in a text, given with and without its capitals."""
        for at in places(folded if self.folded else text, self.anchors):
            if (found := self.pattern.match(text, at)) and self.likely(found["secret"]):
                yield Span(*found.span("secret"), self.name)


def places(text: str, anchors: Iterable[str]) -> Iterator[int]:
    """Where any of some literals begins."""
    for anchor in anchors:
        at = text.find(anchor)
        while at >= 0:
            yield at
            at = text.find(anchor, at + 1)


START = r"(?:(?<![\w.-])|(?<=\\[nrt])|(?<=%3[ADad])|(?<=%2[02FfBb]))"
"""A token begins where no word goes on, or after an escape: `\\n` in a literal, `%3D` in an address."""


def shaped(name: str, anchors: str, rest: str) -> Family:
    """Tokens that show their issuer by one of some prefixes."""
    words = tuple(anchors.split())
    pattern = re.compile(rf"{START}(?P<secret>(?:{any_of(words)}){rest})(?![\w-])")
    return Family(name, words, pattern, issued, open=True)


def standing(name: str, anchors: str, rest: str, likely: Callable[[str], bool]) -> Family:
    """Secrets after a word, in small or capital letters; `rest` names the group `secret`."""
    words = tuple(anchors.split())
    return Family(name, words, re.compile(rf"(?i:{any_of(words)})(?:{rest})"), likely, folded=True)


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of some words."""
    return "|".join(map(re.escape, words))
