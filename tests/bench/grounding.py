"""What facts and grounding change in what is suggested: the same model, in notebooks that run in a real kernel.

Each case is asked twice, without a kernel and with it. What is shown is judged by the kernel itself, at that moment.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.kernel import Known
from jupyter_codecompose.service import Service
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.wire import Cell, Chunk, End, Snapshot
from jupyter_codecompose.worker import Worker
from tests.bench.figures import Figures, table
from tests.bench.plan import Plan
from tests.grounding.bundled import Bundled
from tests.grounding.cases import NOTEBOOKS, Case, cases, cells
from tests.grounding.session import Session, session

WAYS = ("without", "with")
KINDS = ("attribute", "column", "keyword")


@dataclass(frozen=True, slots=True)
class Shown:
    """What was suggested at a case, and what of it does not exist."""

    case: Case
    way: str
    text: str
    missing: tuple[str, ...]
    milliseconds: float

    @property
    def exact(self) -> bool:
        """Whether it is the true rest of the line."""
        return self.text.rstrip() == self.case.rest.rstrip()

    @property
    def named(self) -> bool:
        """Whether the first name is the true one."""
        typed = len(self.case.name) - len(self.name_rest)
        behind = self.text[len(self.name_rest) :][:1]
        return self.text.startswith(self.name_rest) and not (behind.isalnum() or behind == "_") and typed >= 0

    @property
    def name_rest(self) -> str:
        """What of the name was to be written."""
        name = self.case.name
        return next((name[at:] for at in range(len(name)) if self.case.rest.startswith(name[at:])), name)


async def suggested(service: Service, above: list[str], case: Case, kernel: str | None) -> tuple[str, float]:
    """What is shown at a case, and after how many milliseconds it is all there."""
    ran = [Cell(kind="code", source=source, count=number) for number, source in enumerate(above, 1)]
    snapshot = Snapshot(
        editor=f"e{kernel}",
        path="n.ipynb",
        language="python",
        cells=(*ran, Cell(kind="code", source=case.left)),
        active=len(above),
        cursor=len(case.left),
        kernel=kernel,
    )
    began = perf_counter()
    events = [event async for event in service.complete(snapshot)]
    took = (perf_counter() - began) * 1000
    assert isinstance(events[-1], End), f"a case ended in {events[-1]}"
    return "".join(event.text for event in events if isinstance(event, Chunk)), took


async def in_cell(worker: Bundled, kernel: Session, above: list[str], cell: str, every: int) -> AsyncIterator[Shown]:
    """What is shown at the cases of a cell; then it is judged, and the cell is run."""
    namespace = await kernel.namespace()
    chosen = [case for number, case in enumerate(cases(cell)) if number % every == 0]
    asked = [(case, way) for case in chosen for way in WAYS]
    texts = {}
    for case, way in asked:
        known = Known(namespace if way == "with" else Namespace())
        service = Service(Settings(timeout=60.0), cast(Worker, worker), known, getLogger("bench"))
        texts[case, way] = await suggested(service, above, case, "k" if way == "with" else None)
    lines = [(case.left.rpartition("\n")[2].lstrip(), texts[case, way][0]) for case, way in asked]
    judged = await kernel.missing([(left + text, len(left)) for left, text in lines], sorted(bound(cell)))
    await kernel.run(cell)
    for (case, way), missing in zip(asked, judged, strict=True):
        text, took = texts[case, way]
        yield Shown(case, way, text, tuple(missing) if text else (), took)


def bound(cell: str) -> set[str]:
    """The names and the keys that a cell gives a value, so that the kernel does not know what they will be."""
    nodes = list(ast.walk(ast.parse(cell)))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    defined = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    created = {
        key.value
        for node in nodes
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
        for key in [node.slice]
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
    return stored | defined | created | {node.arg for node in nodes if isinstance(node, ast.arg)}


async def in_notebook(worker: Bundled, notebook: Path, every: int) -> list[Shown]:
    """What is shown in a notebook."""
    shown: list[Shown] = []
    async with session() as kernel:
        above: list[str] = []
        for cell in cells(notebook):
            shown += [each async for each in in_cell(worker, kernel, above, cell, every)]
            above.append(cell)
    return shown


async def everywhere(model: Path, notebooks: list[Path], every: int = 1) -> list[Shown]:
    """What is shown in all notebooks."""
    worker = Bundled(model)
    return [each for notebook in notebooks for each in await in_notebook(worker, notebook, every)]


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    shown = asyncio.run(everywhere(plan.model, sorted(NOTEBOOKS.glob("*.py"))))
    figures.add("grounding.cases", len(shown) // 2, "count")
    for way in WAYS:
        for kind in KINDS:
            here = [each for each in shown if each.way == way and each.case.what == kind]
            figures.add(f"grounding.{kind}.{way}.exact", share(here, "exact"), "%")
            figures.add(f"grounding.{kind}.{way}.named", share(here, "named"), "%")
        here = [each for each in shown if each.way == way]
        figures.add(f"grounding.{way}.missing", count(here, derived=False), "count")
        figures.add(f"grounding.{way}.missing_behind_calls", count(here, derived=True), "count")
        figures.spread(f"grounding.{way}", [each.milliseconds for each in here])


def share(shown: list[Shown], what: str) -> float:
    """Of how many in a hundred something is true."""
    true: int = sum(getattr(each, what) for each in shown)
    return 100 * true / max(len(shown), 1)


def count(shown: list[Shown], *, derived: bool) -> int:
    """How many name something that does not exist, of an object that has a name, or of what a call gives."""
    return sum(
        any(name.startswith("derived") is derived and name != "unread" for name in each.missing) for each in shown
    )


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    rows: list[list[Any]] = [
        [kind, *(figures.said(f"grounding.{kind}.{way}.{what}") for what in ("exact", "named") for way in WAYS)]
        for kind in KINDS
    ]
    heads = ["", "line without", "line with", "name without", "name with"]
    return f"## Grounding\n\nExact matches:\n\n{table(heads, rows)}"
