"""A snapshot read as a notebook: the cells around the cursor, as the worker takes them, and the cursor's two halves.

Pure. Raw and blank cells are left out, markdown and outputs shortened, line ends made one. It chooses nothing by
budget (`context` does) and does not know what a suggestion is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jupyter_codecompose.wire import Cell as PageCell
from jupyter_codecompose.wire import Snapshot
from model_server.wire import Cell

MARKDOWN_CHARACTERS = 600
OUTPUT_CHARACTERS = 400

MAGIC = re.compile(r"[ \t\n]*%%(\w+)")
LANGUAGES = {
    "bash": "bash",
    "sh": "bash",
    "script": "bash",
    "system": "bash",
    "sx": "bash",
    "html": "html",
    "svg": "html",
    "javascript": "javascript",
    "js": "javascript",
    "latex": "latex",
    "markdown": "markdown",
    "perl": "perl",
    "ruby": "ruby",
    "r": "r",
    "sql": "sql",
    "bigquery": "sql",
    "julia": "julia",
}


@dataclass(frozen=True)
class Notebook:
    """`above` and `below` are the other cells, `left` and `right` the cursor's two halves; `prose`: it is no code."""

    language: str
    above: tuple[Cell, ...]
    left: str
    right: str
    below: tuple[Cell, ...]
    prose: bool


def read(snapshot: Snapshot) -> Notebook:
    """The notebook around the snapshot's cursor."""
    here = snapshot.cells[snapshot.active]
    left, right = halves(here.source, snapshot.cursor)
    return Notebook(
        language=magic_language(here.source) or snapshot.language,
        above=tuple(cell for page in snapshot.cells[: snapshot.active] for cell in _cells(page, outputs=True)),
        left=left,
        right=right,
        below=tuple(cell for page in snapshot.cells[snapshot.active + 1 :] for cell in _cells(page, outputs=False)),
        prose=here.kind != "code",
    )


def halves(source: str, cursor: int) -> tuple[str, str]:
    """`source` cut at `cursor` (code points), every line end made one newline; inside CR LF counts as before it."""
    left, right = source[:cursor], source[cursor:]
    if left.endswith("\r") and right.startswith("\n"):
        left = left[:-1]
    return _newlines(left), _newlines(right)


def magic_language(source: str) -> str | None:
    """The language that a `%%magic` on the first line switches a cell to, or None where it stays."""
    found = MAGIC.match(source)
    return LANGUAGES.get(found[1].lower()) if found else None


def _cells(page: PageCell, *, outputs: bool) -> list[Cell]:
    text = _newlines(page.source)
    if page.kind == "raw" or not text.strip():
        return []
    if page.kind == "markdown":
        return [Cell(kind="markdown", text=_shortened(text, MARKDOWN_CHARACTERS))]
    cells = [Cell(kind="code", text=text)]
    output = _newlines(page.outputs).strip()
    if outputs and output:
        cells.append(Cell(kind="output", text=_shortened(output, OUTPUT_CHARACTERS)))
    return cells


def _shortened(text: str, limit: int) -> str:
    """At most `limit` characters: whole lines where there are any, else the head of the only one."""
    if len(text) <= limit:
        return text
    head, newline, _ = text[: limit + 1].rpartition("\n")
    return head if newline else text[:limit]


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
