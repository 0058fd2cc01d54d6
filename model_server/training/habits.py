"""Builds the habits: which names people write after a dot and as keywords, counted over the corpus' Python.

    python -m model_server.training.habits --corpus DIRECTORY

writes `habits.tsv.gz` into the package. A name counts once a document, and only where several documents have it; of
strings, values and lines nothing is kept.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from math import log
from pathlib import Path

from model_server.corpus.documents import Document, read
from model_server.habits import FILE, Habits, Link, brackets, links, parts, write

LEAST_DOCUMENTS, LONGEST = 3, 40
LEAST_HINTS, LEAST_HINT = 5, 1.0
"""In so many documents a word must have been hint of an attribute, and make it likelier by so much (the log)."""
IMPORT = re.compile(r"^[ \t]*(?:from[^\n]+)?import\b[^\n]+", re.MULTILINE)
NAME = re.compile(r"\w+")
ASSIGNMENT = re.compile(r"^[ \t]*(?:\w+\.)?(\w{1,60})(?:\[[\"'](\w{1,60})[\"']\])? = ([^\n]{1,200})", re.MULTILINE)
ATTRIBUTE = re.compile(r"\.([A-Za-z]\w*)")


def build(docs: Iterable[Document], least: int = LEAST_DOCUMENTS) -> Habits:
    """The habits of some documents: what at least `least` of them write."""
    counts: Counter[Link] = Counter()
    hints = Hints()
    for doc in docs:
        if doc.header.language == "python":
            texts = [cell.text for cell in doc.cells if cell.kind == "code"]
            imported = {name for text in texts for line in IMPORT.findall(text) for name in NAME.findall(line)}
            found = (link for text in texts for link in links(IMPORT.sub("", text) + "\n"))
            counts.update({told for link in found if (told := kept(link, imported))})
            hints.read(texts)
    linked = (row for row in counts.items() if row[1] >= least)
    return Habits.of(row for row in (*linked, *hints.links()) if short(row[0]))


@dataclass
class Hints:
    """In how many documents the words of what lines assign and the attributes that these ask for stand, and both."""

    documents: int = 0
    words: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def read(self, texts: Iterable[str]) -> None:
        """One more document."""
        pairs = {pair for text in texts for pair in hinted(text)}
        self.documents += 1
        self.pairs.update(pairs)
        self.words.update({word for word, _ in pairs})
        self.names.update({name for _, name in pairs})

    def links(self) -> Iterator[tuple[Link, int]]:
        """The words that make a name likelier, and by how much: tenths of the log."""
        for (word, name), count in self.pairs.items():
            lift = log(count * self.documents / (self.words[word] * self.names[name]))
            if count >= LEAST_HINTS and lift >= LEAST_HINT:
                yield Link("hint", word, name), round(10 * lift)


def hinted(text: str) -> Iterator[tuple[str, str]]:
    """The words of what each line of a text assigns, with the attributes that it asks for."""
    for name, key, value in ASSIGNMENT.findall(text):
        yield from product(parts(key or name), ATTRIBUTE.findall(value))


def kept(link: Link, imported: Collection[str]) -> Link | None:
    """A link as it is counted: of how a name is followed only the last brackets before it matter, and no modules."""
    if link.what in ("attribute", "keyword"):
        return link
    return None if link.before in imported else replace(link, before=brackets(link.before)[-2:], first=False)


def short(link: Link) -> bool:
    """Whether a link is made of names that somebody may want, and not of long or private ones."""
    return max(len(link.before), len(link.name)) <= LONGEST and not link.name.startswith("_")


def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m model_server.training.habits", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="directory with train*.jsonl or train*.jsonl.xz")
    parser.add_argument("--out", type=Path, default=FILE, help=f"default: {FILE.name} in the package")
    options = parser.parse_args(argv)
    write(build(read(options.corpus, "train")), options.out)


if __name__ == "__main__":
    main()
