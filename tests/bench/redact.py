"""What redaction catches, what it masks without need, and what it costs.

Secrets of each family stand in notebooks that go through the server to a fake worker, over HTTP: whatever of them is in
the bytes that it gets was not masked. Ordinary code is Python's own library and the packages installed here; every
mask in it is counted as a false one.
"""

from __future__ import annotations

import asyncio
import logging
import sysconfig
import time
from collections.abc import Iterator
from contextlib import aclosing
from itertools import islice
from pathlib import Path
from random import Random

from jupyter_codecompose.kernel import Known
from jupyter_codecompose.redact import without
from jupyter_codecompose.service import Service
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.tidy import Tidy
from jupyter_codecompose.wire import Cell, Snapshot
from jupyter_codecompose.worker import Worker
from model_server.credentials import find
from tests.bench.figures import Figures, table
from tests.bench.plan import Plan
from tests.fakes import FakeWorker
from tests.planted import FAMILIES, Planted, hostile, planted

PIECE = 3
A_ROUND, A_NOTEBOOK = 67, 12
"""Secrets of a family in one round, and in one notebook, all of which is sent."""
SIZE = 10_000
CODE_A_ROUND = 1_000_000
WORST = 20
A_SIXTEENTH = 16
"""Of the hostile texts, where there is only one round."""


def notebook(cases: list[Planted]) -> Snapshot:
    """A notebook with a secret in each cell, and the cursor below."""
    cells = [Cell(kind="code", source=f"# case {number}\n{case.text}") for number, case in enumerate(cases)]
    here = Cell(kind="code", source="x = ")
    return Snapshot("e", "n.ipynb", "python", (*cells, here), active=len(cells), cursor=len(here.source))


async def caught(ours: Service, worker: FakeWorker, cases: list[Planted]) -> int:
    """How many secrets of a notebook are not in what the worker gets, of which every cell must be."""
    worker.bodies.clear()
    async with aclosing(ours.complete(notebook(cases))) as events:
        async for _ in events:
            pass
    told = worker.told()
    assert all(f"# case {number}" in told for number in range(len(cases)))
    return sum(not any(piece in told for piece in case.telling) for case in cases)


async def shares(count: int) -> dict[str, float]:
    """The share of `count` secrets of each family that does not reach a worker."""
    worker, log = FakeWorker(), logging.getLogger(__name__)
    await worker.start()
    settings = Settings(worker_url=worker.url)
    ours = Service(settings, Worker(settings, log), Known(), log)
    found = {}
    for family in FAMILIES:
        random = Random(family)
        cases = [planted(family, random) for _ in range(count)]
        notebooks = [cases[at : at + A_NOTEBOOK] for at in range(0, count, A_NOTEBOOK)]
        found[family] = sum([await caught(ours, worker, each) for each in notebooks]) / count
    await ours.close()
    await worker.stop()
    return found


def betrayed(case: Planted) -> bool:
    """Whether something of a secret is shown that a suggestion writes, piece by piece."""
    tidy = Tidy("", "", block=True)
    shown = "".join(tidy.feed(case.text[at : at + PIECE]) for at in range(0, len(case.text), PIECE)) + tidy.close()
    return any(piece in shown for piece in case.telling)


def ordinary(size: int) -> Iterator[str]:
    """So many characters of ordinary code, or all there are: half Python's own, half of the packages."""
    for place in ("stdlib", "purelib"):
        left = size // 2
        files = sorted(Path(sysconfig.get_paths()[place]).rglob("*.py"))
        Random(0).shuffle(files)
        for file in files:
            if left > 0 and (place == "purelib" or "site-packages" not in file.parts):
                text = file.read_text("utf-8", errors="replace")
                left -= len(text)
                yield text


def milliseconds(text: str, rounds: int = 1) -> float:
    """The processor's time for masking a text, the least of some goes."""
    return min(_once(text) for _ in range(rounds))


def _once(text: str) -> float:
    begun = time.process_time()
    without(text, find(text))
    return (time.process_time() - begun) * 1000


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    count = plan.rounds * A_ROUND
    for family, share in asyncio.run(shares(count)).items():
        figures.add(f"redact.{family}.masked", share, "share")
    figures.add("redact.planted", count, "of each family")
    random = Random(0)
    suggested = [planted(random.choice(FAMILIES), random) for _ in range(count)]
    figures.add("redact.shown", sum(map(betrayed, suggested)), f"of {count} suggestions")
    texts = list(ordinary(plan.rounds * CODE_A_ROUND))
    size = sum(map(len, texts))
    figures.add("redact.ordinary.code", size / 1e6, "MB")
    figures.add("redact.ordinary.false", sum(len(find(text)) for text in texts) / size * 1e5, "in 100 kB")
    code = "\n".join(texts)
    pieces = [code[at : at + SIZE] for at in range(0, min(size, plan.rounds * 20 * SIZE), SIZE)]
    figures.spread("redact.ordinary.10kB", [milliseconds(piece, 3) for piece in pieces])
    worst = sorted(islice(hostile(SIZE), 0, None, max(1, A_SIXTEENTH // plan.rounds)), key=milliseconds)[-WORST:]
    figures.add("redact.hostile.10kB.max_ms", max(milliseconds(text, 3) for text in worst), "ms")


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    shares = {family: figures.values[f"redact.{family}.masked"][0] for family in FAMILIES}
    least = min(shares, key=lambda family: shares[family])
    rows = [
        [
            f"secrets masked, the least of {len(shares)} families ({least})",
            figures.said(f"redact.{least}.masked", 2),
            "99.5 %",
        ],
        ["suggestions that show something of a secret", figures.said("redact.shown", 0), "0"],
        ["masks in 100 kB of ordinary code, all taken for false", figures.said("redact.ordinary.false", 3), "1"],
        ["10 kB of ordinary code, p50", figures.said("redact.ordinary.10kB.p50_ms", 2), "2 ms"],
        ["10 kB of ordinary code, p95", figures.said("redact.ordinary.10kB.p95_ms", 2), "2 ms"],
        ["the worst 10 kB made to be slow", figures.said("redact.hostile.10kB.max_ms"), "20 ms"],
    ]
    return "\n\n".join(
        (
            "## Redaction",
            f"{figures.said('redact.planted', 0)}, in the bytes that reach a worker; "
            f"{figures.said('redact.ordinary.code', 0)} of code that was written without secrets.",
            table(["", "measured", "bar"], rows),
        )
    )
