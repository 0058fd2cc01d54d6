"""The corpus: documents read from `.jsonl` or `.jsonl.xz` files, as cells.

A notebook keeps its cells, a script is one code cell. This file knows the format on disk and nothing of tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from model_server.corpus.rows import opened
from model_server.wire import Cell, Header

MAX_OUTPUT = 160
NEIGHBOURHOOD = 7000
"""Characters on either side of a cursor that a prompt could hold."""


@dataclass(frozen=True, slots=True)
class Document:
    """A notebook or a script. `cells` are in document order; an `output` cell follows the code that gave it."""

    repo: str
    kind: str
    header: Header
    cells: tuple[Cell, ...]

    @property
    def characters(self) -> int:
        """Length of the code in characters."""
        return sum(len(cell.text) for cell in self.cells if cell.kind == "code")


def shards(directory: Path, split: str) -> list[Path]:
    """The files of one split (`train` or `dev`), sorted. Raises FileNotFoundError with what to do."""
    found = sorted(directory.glob(f"{split}*.jsonl*"))
    if not found:
        raise FileNotFoundError(f"no {split}*.jsonl or {split}*.jsonl.xz in {directory}: give the corpus' directory")
    return found


def read_lines(path: Path) -> Iterator[dict[str, object]]:
    """The JSON objects of one file, one a line."""
    with opened(path) as lines:
        for line in lines:
            yield json.loads(line)


def notebook_cells(cells: list[dict[str, str]]) -> Iterator[Cell]:
    """Cells of a notebook in the corpus' form: raw ones left out, outputs as cells of their own."""
    for cell in cells:
        if cell["type"] == "raw":
            continue
        yield Cell("markdown" if cell["type"] == "markdown" else "code", cell["source"])
        if output := cell.get("outputs_text", "").strip("\n"):
            yield Cell(kind="output", text=output[:MAX_OUTPUT])


def document(raw: dict) -> Document:  # type: ignore[type-arg]
    """One line of a corpus file as a `Document`."""
    kernel = raw["kernelspec"]["name"] if raw["kind"] == "notebook" else ""
    header = Header(language=raw["language"], kernel=kernel, path=raw["path"])
    if raw["kind"] == "notebook":
        cells = tuple(notebook_cells(raw["cells"]))
    else:
        cells = (Cell(kind="code", text=raw["text"].replace("\r\n", "\n")),)
    return Document(raw["repo"], raw["kind"], header, cells)


def read(directory: Path, split: str) -> Iterator[Document]:
    """Every document of a split, in the order of its files."""
    for path in shards(directory, split):
        for raw in read_lines(path):
            yield document(raw)


def nearby(cells: Sequence[Cell], *, last: bool) -> tuple[Cell, ...]:
    """The cells next to the cursor, as many as a prompt can hold: the last ones, or the first ones."""
    kept: list[Cell] = []
    room = NEIGHBOURHOOD
    for cell in reversed(cells) if last else cells:
        if room <= 0:
            break
        text = cell.text[-room:] if last else cell.text[:room]
        kept.append(Cell(cell.kind, text))
        room -= len(text)
    return tuple(reversed(kept)) if last else tuple(kept)
