"""What people write after a dot, and as a call's keywords: names that documents of the corpus have there, and how many.

Counts only, of single names, and for hints the log of how much likelier a name is, in tenths: no line of the corpus can
be made of them. The file beside this one was built by `training.habits`. What exists in somebody's kernel is not known
here.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Literal

FILE = Path(__file__).with_name("habits.tsv.gz")
PIECE = re.compile(
    r"\"{3}.*?\"{3}|'{3}.*?'{3}|[A-Za-z_]\w*|\"[^\"\n]*\"|'[^'\n]*'|\d[\w.]*|#[^\n]*|[^\s\w]|\n", re.DOTALL
)
WORD, STEM = re.compile(r"[^\W_]+"), 3
"""A word, and with how many letters it counts."""
NONE = ("", "", 0)
STARTS = ("(", ",", "\n")
PAIRS = {"(": ")", "[": "]", "{": "}"}
ENDS = (*PAIRS.values(), "\n")
ENOUGH = {"bare call": 0.5, "last": 0.33}
"""The share of a name's documents that make it one of these. Nothing else that follows a name has a third of them."""
FIRST, ELSEWHERE = "^", 0.2
"""How a line's beginning is marked in a table, and what a document counts that has a name elsewhere in a line."""
BELONGS, SHARPNESS = 0.6, 8
"""The share of what stands behind a word that a kind must offer, for the word to be taken for one of that kind."""
What = Literal["attribute", "keyword", "bare call", "last", "hint"]


@lru_cache(8192)
def parts(text: str) -> tuple[str, ...]:
    """The words in a text or a name, but for short ones."""
    return tuple(word.lower() for word in WORD.findall(text) if len(word) >= STEM)


@dataclass(frozen=True, slots=True)
class Link:
    """A name, and what it hangs on: `np`, `groupby()[]`; of a keyword, what is called; of a `hint`, a word of what is
    assigned. A `bare call` passes nothing; behind the `last` attribute its line ends, or its brackets.

    `first`: its line begins with what it is of.
    """

    what: What
    before: str
    name: str
    first: bool = False


def links(text: str) -> Iterator[Link]:
    """The links in a text of Python, in order; brackets may be open at its end."""
    row = ["\n", *(piece for piece in PIECE.findall(text) if piece[0] != "#"), "", ""]
    opened: list[tuple[str, str, int]] = []
    last, root = "", 0
    for at, piece in enumerate(row[:-2]):
        before, behind, further = row[at - 1], row[at + 1], row[at + 2]
        if piece[0].isalpha() or piece[0] == "_":
            bracket, called, _ = opened[-1] if opened else NONE
            if before != ".":
                root = at
            if before == "." and last:
                yield Link("attribute", last, piece, not opened and row[root - 1] == "\n")
                if (behind, further) == ("(", ")"):
                    yield Link("bare call", last, piece)
                elif behind in ENDS:
                    yield Link("last", last, piece)
            elif bracket == "(" and called and before in STARTS and behind in ("=", "") and further != "=":
                yield Link("keyword", called, piece)
            last = piece
        elif piece in PAIRS:
            opened.append((piece, last if piece != "{" else "", root))
            last = ""
        elif piece in ")]}":
            bracket, called, root = opened.pop() if opened else NONE
            last = called + bracket + PAIRS[bracket] if bracket in ("(", "[") else ""
        elif piece != "." and not (piece == "\n" and opened):
            last = '""' if piece[0] in "\"'" else ""


@dataclass(frozen=True)
class Habits:
    """How many documents write a name, by what it is and by what it hangs on."""

    tables: Mapping[What, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, counts: Iterable[tuple[Link, int]]) -> Habits:
        """The habits that some counts show, the commonest name first."""
        tables: dict[What, dict[str, dict[str, int]]] = {}
        for link, count in sorted(counts, key=lambda row: (-row[1], row[0].name)):
            tables.setdefault(link.what, {}).setdefault(FIRST * link.first + link.before, {})[link.name] = count
        return cls(tables)

    def of_names(self, what: What, before: str) -> Mapping[str, int]:
        """The names that hang on something; of attributes, inside a line."""
        return self.tables.get(what, {}).get(before, {})

    def attributes(self, before: str, *, first: bool) -> Mapping[str, float]:
        """The attributes that hang on something, above all those in such a place of a line."""
        here, there = (self.of_names("attribute", FIRST * place + before) for place in (first, not first))
        return {name: here.get(name, 0) + ELSEWHERE * there.get(name, 0) for name in {**here, **there}}

    @cached_property
    def ends(self) -> Mapping[str, Mapping[str, int]]:
        """Attributes by the last brackets alone that they stand behind: `()` of `mean()`, and none of `df`."""
        found: dict[str, Counter[str]] = {}
        for before, names in self.tables.get("attribute", {}).items():
            found.setdefault(brackets(before)[-2:], Counter()).update(names)
        return found

    def has_attribute(self, name: str) -> bool:
        """Whether an attribute is written behind anything."""
        return name in self._behind

    @cached_property
    def all_keywords(self) -> Mapping[str, int]:
        """Keywords, whatever is called."""
        found: Counter[str] = Counter()
        for names in self.tables.get("keyword", {}).values():
            found.update(names)
        return found

    @cached_property
    def _behind(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """What each attribute stands behind, and in how many documents."""
        found: dict[str, list[tuple[str, int]]] = {}
        for before, names in self.tables.get("attribute", {}).items():
            for name, count in names.items():
                found.setdefault(name, []).append((before, count))
        return found

    @cached_property
    def _totals(self) -> Mapping[str, int]:
        """All attributes behind each word together."""
        return {before: sum(names.values()) for before, names in self.tables.get("attribute", {}).items()}

    def of_kind(self, offered: Collection[str]) -> Mapping[str, float]:
        """Attributes that stand behind words whose attributes are mostly `offered`, the closer the more they count."""
        inside: Counter[str] = Counter()
        for name in offered:
            for before, count in self._behind.get(name, ()):
                inside[before] += count
        shares = {before: count / self._totals[before] for before, count in inside.items()}
        weights = {before: share**SHARPNESS for before, share in shares.items() if share > BELONGS}
        return {
            name: sum(weights.get(before, 0.0) * count for before, count in self._behind.get(name, ()))
            for name in offered
        }

    def hint(self, words: Collection[str], name: str) -> float:
        """How much likelier an attribute is where a name of such words is assigned: the log."""
        return max((self.of_names("hint", word).get(name, 0) for word in words), default=0) / 10

    def mostly(self, what: Literal["bare call", "last"], before: str, name: str) -> bool:
        """Whether an attribute of what no module is, is that in enough documents."""
        end = brackets(before)[-2:]
        return self.of_names(what, end).get(name, 0) > ENOUGH[what] * self.ends.get(end, {}).get(name, 0)


NO_HABITS = Habits()


def brackets(before: str) -> str:
    """The brackets at the end of what a name hangs on."""
    return before[len(before.rstrip("()[]")) :]


@cache
def habits() -> Habits:
    """Those of the corpus; none for who has removed their file."""
    return read(FILE) if FILE.is_file() else NO_HABITS


def read(path: Path) -> Habits:
    """The habits in a file."""
    tables: dict[What, dict[str, dict[str, int]]] = {}
    for row in gzip.decompress(path.read_bytes()).decode().splitlines():
        what, before, *counts = row.split("\t")
        names = tables.setdefault(what, {}).setdefault(before, {})  # type: ignore[arg-type]
        names.update(zip(counts[::2], map(int, counts[1::2]), strict=True))
    return Habits(tables)


def write(found: Habits, path: Path) -> None:
    """Write a file: the same bytes for the same habits."""
    rows = [
        "\t".join((what, before, *(f"{name}\t{count}" for name, count in names.items())))
        for what, table in sorted(found.tables.items())
        for before, names in sorted(table.items())
    ]
    path.write_bytes(gzip.compress("\n".join(rows).encode(), mtime=0))
