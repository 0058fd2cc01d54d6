"""Which names a cell binds and which words it holds, read off its lines.

Pure, quick and tolerant: a cell that does not parse, holds magics or is in another language has lines too. It is
meant for ranking cells; what decides about a suggestion (`grounding`) parses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

LONGEST_LINE = 300
REMEMBERED = 4096

WORD = re.compile(r"\w+")
DEFINITION = re.compile(r"(?:async\s+)?(?:def|class|function|struct)\s+(\w+)")
IMPORT = re.compile(r"(?:from\s+[\w.]+\s+)?import\s+(.+)")
LOOP = re.compile(r"(?:for|with)\s.*?\b(?:as\s+)?(\w+)(?:\s+in\b|\s*:)")
TARGETS = re.compile(r"([\w\s,.()\[\]*]{1,120}?)\s*(?::[^=]{1,80})?(?:=(?!=)|<-)")


@dataclass(frozen=True, slots=True)
class Names:
    """What a cell binds, and every word in it."""

    binds: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


NONE = Names()


@lru_cache(REMEMBERED)
def names(text: str) -> Names:
    """The names in a cell's text."""
    found = (name for line in text.split("\n") for name in bound(line.strip()[:LONGEST_LINE]))
    return Names(frozenset(found), frozenset(WORD.findall(text)))


def bound(line: str) -> Iterator[str]:
    """The names that a line binds."""
    if definition := DEFINITION.match(line):
        yield definition[1]
    elif imported := IMPORT.match(line):
        for part in imported[1].split(","):
            yield part.split(" as ")[-1].split(".")[0].strip(" ()")
    elif loop := LOOP.match(line):
        yield loop[1]
    elif targets := TARGETS.match(line):
        yield from (name for part in targets[1].split(",") if (name := part.strip(" ()*")).isidentifier())
