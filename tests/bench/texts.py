"""What is asked in the benchmarks: a module of Python's own library as a script, and as a notebook somebody types in;
and, where a corpus is given, notebooks that the model has not learned from."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from model_server.corpus.documents import read
from model_server.families import BUNDLED
from model_server.tokens import Tokens
from model_server.wire import Cell, CompletionRequest, Header, Parts

SOURCE = Path(csv.__file__).read_text("utf-8")
HEAD = 8
"""The prompt's first tokens, which are kept where it is cut."""
CONTEXT = 1024
SMALLEST_NOTEBOOK = 2000


def prompt(tokens: Tokens, length: int) -> list[int]:
    """A prompt of so many tokens, as the bundled model's layout has them."""
    ids = BUNDLED.layout(Parts(Header("python", "", "csv.py"), (), (Cell("code", SOURCE),)), tokens, 8 * CONTEXT)
    return ids[:HEAD] + ids[HEAD - length :]


def notebook() -> list[Cell]:
    """The module as a notebook, a cell for each of its blocks."""
    return [Cell("code", block.strip("\n")) for block in SOURCE.split("\n\n") if block.strip()]


def keystrokes(count: int, editor: int = 0) -> list[Parts]:
    """A notebook after each of `count` keys; each editor types in a cell of its own."""
    cells = notebook()
    active = len(cells) // 2 + editor % (len(cells) // 4)
    while len(cells[active].text) < count:
        cells[active : active + 2] = [Cell("code", f"{cells[active].text}\n\n{cells[active + 1].text}")]
    text, header = cells[active].text, Header("python", "python3", f"editor_{editor}.ipynb")
    start = len(text) - count
    before, after = tuple(cells[:active]), tuple(cells[active + 1 :])
    return [
        Parts(header, (), (*before, Cell("code", text[:end])), (Cell("code", ""), *after))
        for end in range(start + 1, len(text) + 1)
    ]


def request(parts: Parts, editor: int = 0, **options: object) -> CompletionRequest:
    """What an editor asks after a key."""
    name = f"editor-{editor}"
    return CompletionRequest(parts=parts, user=name, editor=name, **options)  # type: ignore[arg-type]


def cursors(corpus: Path | None, count: int) -> Iterator[Parts]:
    """Cursors at the ends of lines: in notebooks of the corpus' unseen part, or in our own notebook without one."""
    if corpus is None:
        yield from keystrokes(count)
        return
    notebooks = (doc for doc in read(corpus, "dev") if doc.kind == "notebook" and doc.characters > SMALLEST_NOTEBOOK)
    for doc in islice(notebooks, count):
        places = [at for at, cell in enumerate(doc.cells) if cell.kind == "code" and cell.text.count("\n") > 1]
        if not places:
            continue
        at = places[len(places) * 2 // 3]
        lines = doc.cells[at].text.splitlines(keepends=True)
        cut = len(lines) // 2
        before, after = "".join(lines[:cut]), "".join(lines[cut + 1 :])
        yield Parts(
            doc.header, (), (*doc.cells[:at], Cell("code", before)), (Cell("code", after), *doc.cells[at + 1 :])
        )
