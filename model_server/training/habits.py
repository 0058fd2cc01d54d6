"""Builds the habits: which names people write after a dot and as keywords, counted over the corpus' Python.

    python -m model_server.training.habits --corpus DIRECTORY

writes `habits.tsv.gz` into the package. A name counts once a document, and only where several documents have it; of
strings, values and lines nothing is kept.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from model_server.corpus.documents import Document, read
from model_server.habits import FILE, Habits, Link, brackets, links, write

LEAST_DOCUMENTS, LONGEST = 3, 40
IMPORT = re.compile(r"^[ \t]*(?:from[^\n]+)?import\b[^\n]+", re.MULTILINE)
NAME = re.compile(r"\w+")


def build(docs: Iterable[Document], least: int = LEAST_DOCUMENTS) -> Habits:
    """The habits of some documents: what at least `least` of them write."""
    counts: Counter[Link] = Counter()
    for doc in docs:
        if doc.header.language == "python":
            texts = [cell.text for cell in doc.cells if cell.kind == "code"]
            imported = {name for text in texts for line in IMPORT.findall(text) for name in NAME.findall(line)}
            found = (link for text in texts for link in links(IMPORT.sub("", text)))
            counts.update({told for link in found if (told := kept(link, imported))})
    return Habits.of((link, n) for link, n in counts.items() if n >= least and short(link))


def kept(link: Link, imported: Collection[str]) -> Link | None:
    """A link as it is counted: of what calls hang on only the last brackets matter, and calls of modules do not."""
    if link.what != "bare call":
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
