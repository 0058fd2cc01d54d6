"""Lines that many documents share, kept beside a checkpoint: what a small network had no compute to learn by heart.

A memory is a gzipped text file that a person can read: a first line of JSON with its format and weights, then a line
of the corpus each, as `language <tab> documents <tab> line`. Where a model was trained on somebody's own code, that
code follows in its own order, with 0 for the documents. It is data only. A checkpoint without one serves without.
"""

from __future__ import annotations

import gzip
import json
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from heapq import nlargest
from operator import itemgetter
from pathlib import Path

FILE = "memory.tsv.gz"
FORMAT = 1
MOST_BYTES = 64 * 1024 * 1024
MOST_SCANNED = 20_000
MOST_PLACES = 40


class BadMemory(Exception):
    """A memory file that cannot be used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a candidate's evidence is worth, in log-odds; fitted by `training.memory` on repositories held out."""

    previous: float = 4.0
    """It stands below a line that equals the one above the cursor (half: one that makes the same call)."""
    following: float = 4.0
    """It stands above a line that equals the one below the cursor."""
    times: float = 0.3
    """Log of how often it stands in the notebook."""
    below: float = 0.1
    """It stands below the cursor."""
    match: float = 2.0
    """Ten characters before the cursor that it follows elsewhere too, up to twenty."""
    share: float = 0.8
    """The share of the line's characters before the cursor that it follows."""
    whole: float = 2.1
    """It follows all of them, from the line's beginning."""
    common: float = 1.2
    """The corpus has the line that it makes."""
    documents: float = 0.1
    """Log of how many of the corpus' documents have that line."""
    portion: float = 1.7
    """How many of the corpus' lines that begin as the cursor's does are that line."""
    unknown: float = -0.3
    """A name in it that the notebook does not have."""
    repeats: float = -1.5
    """It makes the line above or below once more."""
    unbalanced: float = -1.2
    """It leaves a bracket open, or closes one too many."""
    length: float = -1.2
    """Twenty characters of its length."""
    short: float = -2.0
    """It has fewer than four characters."""
    prior: float = 1.0
    """All of the above, against the network's opinion."""
    likelihood: float = 0.1
    """The network's log-probability of it, its line's end included."""
    regret: float = 0.1
    """The log-probability that the network loses by it, against its own choice at every token: negative or 0."""
    bias: float = 0.0
    """What is added to all; the network's own line stands at 0."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one language in order, and the number of documents that have each."""

    lines: list[str] = field(default_factory=list)
    documents: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, counts: Iterable[tuple[str, int]]) -> Lines:
        """Lines with their numbers of documents, put in order."""
        rows = sorted(counts)
        return cls([line for line, _ in rows], [n for _, n in rows])

    def count(self, line: str) -> int:
        """How many documents have a line."""
        at = bisect_left(self.lines, line)
        return self.documents[at] if at < len(self.lines) and self.lines[at] == line else 0

    def beginning(self, head: str, most: int) -> tuple[list[tuple[str, int]], int]:
        """The commonest lines that go on after `head`, with their counts, and the count of all such lines."""
        start = bisect_left(self.lines, head)
        end = min(bisect_left(self.lines, head + "\U0010ffff"), start + MOST_SCANNED)
        start += start < end and self.lines[start] == head
        found = zip(self.lines[start:end], self.documents[start:end], strict=True)
        return nlargest(most, found, key=itemgetter(1)), sum(self.documents[start:end])


NO_LINES = Lines()


@dataclass(frozen=True, slots=True)
class Pages:
    """Somebody's own code, line by line in its order, and where each line stands in it."""

    lines: list[str] = field(default_factory=list)
    where: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: list[str]) -> Pages:
        """Index some lines; a blank one parts two documents."""
        where: dict[str, list[int]] = {}
        for number, line in enumerate(lines):
            if line:
                where.setdefault(line, []).append(number)
        return cls(lines, where)

    def below(self, line: str) -> list[str]:
        """What stands below a line in the last places where it stands: each time the line, two more, and a blank."""
        found: list[str] = []
        for at in self.where.get(line, [])[-MOST_PLACES:]:
            found += [*self.lines[at : at + 3], ""]
        return found


NO_PAGES = Pages()


@dataclass(frozen=True, slots=True)
class Memory:
    """Common lines by language, what evidence is worth, and somebody's own code, if any."""

    languages: Mapping[str, Lines]
    weights: Weights = Weights()
    pages: Mapping[str, Pages] = field(default_factory=dict)

    def of(self, language: str) -> Lines:
        """The lines of a language; none where it is not known."""
        return self.languages.get(language, NO_LINES)


def read(path: Path) -> Memory:
    """Read a memory file. Raises BadMemory; FileNotFoundError where there is none."""
    try:
        with gzip.open(path) as opened:
            raw = opened.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise BadMemory(f"{path} holds more than {MOST_BYTES} bytes: build it with fewer lines")
        header, *rows = raw.decode().rstrip("\n").split("\n")
        about = json.loads(header)
        if about["format"] != FORMAT:
            raise BadMemory(f"{path} has format {about['format']}, but {FORMAT} is supported: build it again")
        split = [row.split("\t", 2) for row in rows]
        own = (row for row in split if row[1:2] == ["0"])
        return Memory(collect(row for row in split if row[1:2] != ["0"]), Weights(**about["weights"]), paged(own))
    except (EOFError, zlib.error, gzip.BadGzipFile, ValueError, KeyError, TypeError):
        raise BadMemory(f"{path} is damaged or no memory file: build or copy it again, or remove it") from None


def beside(checkpoint: Path) -> Memory | None:
    """The memory of a checkpoint directory, if it has one. Raises BadMemory."""
    try:
        return read(checkpoint / FILE)
    except FileNotFoundError:
        return None


def collect(rows: Iterable[list[str]]) -> dict[str, Lines]:
    """Rows of language, documents and line, as lines by language. Raises ValueError for a row of another form."""
    languages: dict[str, list[tuple[str, int]]] = {}
    for language, documents, line in rows:
        languages.setdefault(language, []).append((line, int(documents)))
    return {language: Lines.of(found) for language, found in languages.items()}


def paged(rows: Iterable[list[str]]) -> dict[str, Pages]:
    """Rows of somebody's own code, by language. Raises ValueError for a row of another form."""
    languages: dict[str, list[str]] = {}
    for language, _, line in rows:
        languages.setdefault(language, []).append(line)
    return {language: Pages.of(lines) for language, lines in languages.items()}


def write(memory: Memory, path: Path) -> None:
    """Write a memory file: the same bytes for the same memory."""
    weights = {one.name: getattr(memory.weights, one.name) for one in fields(Weights)}
    rows = [json.dumps({"format": FORMAT, "weights": weights})]
    for language, lines in sorted(memory.languages.items()):
        rows += [f"{language}\t{n}\t{line}" for line, n in zip(lines.lines, lines.documents, strict=True)]
    for language, pages in sorted(memory.pages.items()):
        rows += [f"{language}\t0\t{line}" for line in pages.lines]
    path.write_bytes(gzip.compress(("\n".join(rows) + "\n").encode(), mtime=0))
