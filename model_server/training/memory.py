"""Builds a checkpoint's memory: the corpus' lines that several documents have, and what evidence is worth.

    python -m model_server.training.memory --corpus DIRECTORY --model CHECKPOINT

writes `memory.tsv.gz` into the checkpoint's directory. The weights are fitted on documents that neither the store nor
the network has seen (`training.evidence`), with the opinion of the very network that they will be weighed against:
after more training, build again.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from model_server.corpus.documents import Document, read
from model_server.memory import FILE, NO_LINES, Lines, Memory, Weights, paged, write
from model_server.recall import stripped
from model_server.weights import resolve

LEAST_DOCUMENTS = 2
OWN = 5
LONGEST = 100
SHORTEST = 4
FOREIGN = re.compile(r"^[#!]|\binstall\b|https?:|/home/|/Users/|\w@\w")
"""Comments, shell commands, installations, addresses, and the paths of others: nobody wants them from a stranger."""


def lines_of(doc: Document) -> set[str]:
    """A document's lines of code that may be kept: nothing foreign, nothing that cannot stand in a row."""
    stripped = {line.strip() for cell in doc.cells if cell.kind == "code" for line in cell.text.split("\n")}
    return {
        line
        for line in stripped
        if SHORTEST <= len(line) <= LONGEST and line.isprintable() and not FOREIGN.search(line)
    }


def build(docs: Iterable[Document], weights: Weights = Weights(), least: int = LEAST_DOCUMENTS) -> Memory:  # noqa: B008
    """The memory of some documents: their lines that at least `least` of them have, by language."""
    counts: dict[str, Counter[str]] = {}
    for doc in docs:
        counts.setdefault(doc.header.language, Counter()).update(lines_of(doc))
    kept = {
        language: Lines.of((line, n) for line, n in found.items() if n >= least) for language, found in counts.items()
    }
    return Memory({language: lines for language, lines in kept.items() if lines.lines}, weights)


def nested(base: Memory, docs: Sequence[Document]) -> Memory:
    """A memory with somebody's own documents above what it has: each of their lines counts as if `OWN` documents of the
    corpus had it, one document is enough, and what stands below what is kept too."""
    languages = dict(base.languages)
    for language, lines in build(docs, base.weights, least=1).languages.items():
        known = languages.get(language, NO_LINES)
        counts = Counter(dict(zip(known.lines, known.documents, strict=True)))
        counts.update({line: n * OWN for line, n in zip(lines.lines, lines.documents, strict=True)})
        languages[language] = Lines.of(counts.items())
    return Memory(languages, base.weights, paged(rows_of(docs)))


def rows_of(docs: Iterable[Document]) -> Iterator[list[str]]:
    """Somebody's own code in its order, as rows of a memory file; a blank line after each document."""
    for doc in docs:
        code = "\n".join(cell.text for cell in doc.cells if cell.kind == "code")
        for line in (*stripped(code.split("\n")), ""):
            if line.isprintable():
                yield [doc.header.language, "0", line]


def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m model_server.training.memory", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="directory with train*.jsonl or train*.jsonl.xz")
    parser.add_argument("--model", default="bundled", help="'bundled' or a checkpoint directory")
    parser.add_argument("--out", type=Path, default=None, help=f"default: {FILE} in the checkpoint's directory")
    parser.add_argument(
        "--cases", type=int, default=1600, help="held-out cursors to fit the weights on (default: 1600)"
    )
    parser.add_argument(
        "--unseen", type=Path, default=None, help="a corpus of which the network has seen nothing (default: those kept)"
    )
    options = parser.parse_args(argv)
    from model_server.training.evidence import fit
    from model_server.training.heldout import held

    directory = resolve(options.model)
    docs = list(read(options.corpus, "train"))
    unseen = list(read(options.unseen, "train")) if options.unseen else [doc for doc in docs if held(doc)]
    weights = fit(docs, unseen, directory, options.cases)
    write(build(docs, weights), options.out or directory / FILE)


if __name__ == "__main__":
    main()
