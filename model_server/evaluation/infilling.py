"""HumanEval infilling: gaps in functions that have tests, read from its published files, plain or gzipped.

The files and kinds are those of Bavarian et al. 2022 (arXiv 2207.14255); single lines and runs of lines come from
Fried et al. 2022. A gap of whole lines ends with a line's end, which is given: it stands after the gap, and is put
back between the completion and what follows. A single line stops at that end; a longer gap ends where the model ends
it. As in the published harness nothing is cut to the right length afterwards. The function is asked for as a script.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from model_server.corpus.rows import BadRows, read_rows
from model_server.wire import Cell, CompletionRequest, Header, Parts

HEADER = Header(language="python", path="solution.py")
MOST_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of gap: its name, whether it is made of whole lines, and whether of one."""

    name: str
    whole: bool
    single: bool = False


KINDS = {
    "SingleLineInfilling": Kind("single-line", whole=True, single=True),
    "MultiLineInfilling": Kind("multi-line", whole=True),
    "RandomSpanInfilling": Kind("random-span", whole=False),
    "RandomSpanInfillingLight": Kind("random-span-light", whole=False),
}
"""By the beginning of a task's `task_id`."""


class Row(msgspec.Struct, frozen=True):
    """One line of a published file, under its own names."""

    task_id: str
    entry_point: str
    prompt: str
    suffix: str
    canonical_solution: str
    test: str


@dataclass(frozen=True, slots=True)
class Task:
    """A gap in a function, and the tests that the whole must pass."""

    kind: Kind
    before: str
    after: str
    target: str
    test: str
    entry_point: str

    @property
    def request(self) -> CompletionRequest:
        """The gap, asked for as in a script."""
        parts = Parts(HEADER, (), (Cell("code", self.before),), (Cell("code", self.after),))
        return CompletionRequest(parts=parts, max_tokens=MOST_TOKENS, stop="\n" if self.kind.single else None)

    def program(self, completion: str) -> str:
        """The program that ends without an error if a completion is right."""
        return f"{self.before}{completion}{self.after}\n{self.test}\ncheck({self.entry_point})\n"


def task(row: Row) -> Task:
    """A row as a task. Raises KeyError for a kind that is not known."""
    kind = KINDS[row.task_id.partition("/")[0]]
    after = "\n" + row.suffix if kind.whole else row.suffix
    return Task(kind, row.prompt, after, row.canonical_solution, row.test, row.entry_point)


def read_tasks(path: Path) -> Iterator[Task]:
    """The tasks of a file. Raises BadRows."""
    for number, row in read_rows(path, Row):
        try:
            yield task(row)
        except KeyError as kind:
            raise BadRows(f"{path}, line {number}: task_id begins with {kind}; known: {', '.join(KINDS)}") from None
