"""What it takes to choose what is sent, key by key: a snapshot as it comes from the page, masked, read, chosen from.

The notebooks are made up: code, markdown and printed frames; what is typed stands in the middle or at the end.
"""

from __future__ import annotations

import time
from random import Random

import msgspec

from jupyter_codecompose import redact
from jupyter_codecompose.context import parts
from jupyter_codecompose.facts import Namespace, Variable
from jupyter_codecompose.notebook import read
from jupyter_codecompose.wire import Cell, Snapshot
from tests.bench.figures import Figures, percentile, table
from tests.bench.plan import Plan

SIZES = (200, 2000)
KEYS_A_ROUND, WARM_UP = 20, 5
NAMES = [f"name_{number}" for number in range(400)]
TYPED = "result = name_3.groupby('region').mean() + name_9.sum()\n"
FRAME = "   a  b\n0  1  2\n1  3  4\n"
COLUMNS = tuple(f"column {number}" for number in range(20))


def cells(count: int) -> list[Cell]:
    """The cells of a notebook; one in five is markdown, and one in three has printed a frame."""
    random = Random(count)
    return [cell(number, random) for number in range(count)]


def cell(number: int, random: Random) -> Cell:
    """One of them."""
    if number % 5 == 4:
        return Cell("markdown", f"# Part {number}\n" + "word " * 80)
    names = random.choices(NAMES, k=3 * random.randint(1, 8))
    lines = [f"{names[at]} = {names[at + 1]}.apply({names[at + 2]}, {number})" for at in range(0, len(names), 3)]
    return Cell("code", "\n".join(lines), FRAME if number % 3 == 0 else "", number + 1, edited=number % 17 == 0)


def typed(notebook: list[Cell], at: int, keys: int) -> list[float]:
    """The milliseconds of each key in a new cell, by the processor's time."""
    known = Namespace(tuple(Variable(name, "DataFrame", "pandas", members=COLUMNS) for name in NAMES[:200])).facts
    taken = []
    for key in range(1, keys + 1):
        text = (TYPED * (key // len(TYPED) + 1))[:key]
        whole = (*notebook[:at], Cell("code", text), *notebook[at:])
        body = msgspec.json.encode(Snapshot("editor", "n.ipynb", "python", whole, at, len(text)))
        snapshot = msgspec.json.decode(body, type=Snapshot)
        begun = time.process_time()
        page = redact.page(snapshot)
        assert page is not None
        parts(read(page.snapshot), known)
        taken.append((time.process_time() - begun) * 1000)
    return taken[WARM_UP:]


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    for size in SIZES:
        notebook = cells(size)
        keys = WARM_UP + plan.rounds * KEYS_A_ROUND
        taken = [took for at in (size // 2, size) for took in typed(notebook, at, keys)]
        figures.spread(f"context.{size}_cells", taken)
        figures.add(f"context.{size}_cells.p99_ms", percentile(taken, 0.99), "ms")
        figures.add(f"context.{size}_cells.max_ms", max(taken), "ms")


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    columns = ("p50_ms", "p99_ms", "max_ms")
    rows = [
        [f"{size:,}", *(figures.said(f"context.{size}_cells.{column}", 2) for column in columns), "10 ms"]
        for size in SIZES
    ]
    return "\n\n".join(
        (
            "## Choosing the context",
            "A key in a notebook whose other cells are as they were, with 200 frames in the kernel: secrets masked, "
            "the notebook read, and what is sent chosen.",
            table(["cells", "p50", "p99", "at most", "bar"], rows),
        )
    )
