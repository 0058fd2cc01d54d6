"""Hidden-line cases: cursors in notebooks and scripts whose line's rest is hidden, read from `.jsonl[.xz|.gz]` files.

It knows the file's format, the groups that a case counts in, and what copying alone would answer; nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from model_server.corpus.documents import notebook_cells
from model_server.corpus.rows import BadRows, read_rows
from model_server.wire import Cell, CompletionRequest, Header, Parts

MOST_TOKENS = 48
MOST_CHARACTERS = 16_000


class Kernelspec(msgspec.Struct, frozen=True):
    """What a notebook says of its kernel."""

    name: str


class Row(msgspec.Struct, frozen=True):
    """One line of a cases file, as far as it is used. `target` is the rest of the line, without white space at its
    end; `cell_prefix + target + cell_suffix` is the cell, or the script."""

    kind: Literal["notebook", "script"]
    language: str
    path: str
    trigger: str
    line_in_train: bool
    cell_prefix: str
    target: str
    cell_suffix: str
    cells_before: list[dict[str, str]] = []
    cells_after: list[dict[str, str]] = []
    kernelspec: Kernelspec | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A cursor whose line's rest is hidden."""

    group: str
    trigger: str
    in_train: bool
    parts: Parts
    target: str

    @property
    def request(self) -> CompletionRequest:
        """The line's rest, asked for as an editor would; greedily."""
        return CompletionRequest(parts=self.parts, max_tokens=MOST_TOKENS, stop="\n")


def case(row: Row) -> Case:
    """A row as a case. Raises KeyError where a cell lacks its type or source."""
    kernel = row.kernelspec.name if row.kernelspec and row.kind == "notebook" else ""
    before = [*notebook_cells(row.cells_before), Cell("code", row.cell_prefix[-MOST_CHARACTERS:])]
    after = [Cell("code", row.cell_suffix[:MOST_CHARACTERS]), *notebook_cells(row.cells_after)]
    parts = Parts(Header(row.language, kernel, row.path), (), tuple(before), tuple(after))
    return Case(f"{row.language} {row.kind}s", row.trigger, row.line_in_train, parts, row.target)


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a file. Raises BadRows."""
    for number, row in read_rows(path, Row):
        try:
            yield case(row)
        except KeyError as missing:
            raise BadRows(f"{path}, line {number}: a cell lacks its {missing}") from None


def groups_of(case: Case) -> tuple[str, ...]:
    """The groups that a case counts in."""
    seen = "seen" if case.in_train else "new"
    return case.group, f"{case.group}, {seen} lines", f"{case.group} at {case.trigger!r}"


def copied(case: Case) -> str:
    """The baseline: the rest of the nearest earlier line that begins as the cursor's line does."""
    *above, head = "\n".join(cell.text for cell in case.parts.before if cell.kind == "code").split("\n")
    return next((line[len(head) :].rstrip() for line in reversed(above) if line.startswith(head) and line != head), "")
