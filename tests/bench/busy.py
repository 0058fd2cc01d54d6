"""A notebook user's machine: cells compute on the same cores, beside the worker and against it.

Somebody types in a notebook, and every key asks the worker's loop for a suggestion on the kept prefix: on a quiet
machine, with one and with two processes that compute, of two kinds. And the other way round: what a computing cell gets
done while suggestions are served every 300 ms, against what it gets done without.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack

from model_server.loop import Loop
from model_server.wire import CompletionRequest
from tests.bench.cell import KINDS, Cell, computing
from tests.bench.figures import Figures, median, table, turns
from tests.bench.loop import asked, loaded
from tests.bench.plan import Plan
from tests.bench.texts import keystrokes, request

WRITTEN = 8
BETWEEN, SERVED_EVERY = 0.1, 0.3
SETTINGS: dict[str, tuple[str, ...]] = {"quiet": ()} | {
    f"{count}_{kind}": (kind,) * number for kind in KINDS for number, count in ((1, "one"), (2, "two"))
}


def typing(count: int) -> list[CompletionRequest]:
    """What is asked, key by key."""
    return [request(parts, max_tokens=WRITTEN) for parts in keystrokes(count)]


async def warm(loop: Loop, asking: Sequence[CompletionRequest]) -> list[float]:
    """Milliseconds of each suggestion; the first two, which read the whole notebook and wake the threads, count not."""
    took = []
    for each in asking:
        took.append((await asked(loop, each)).whole)
        await asyncio.sleep(BETWEEN)
    return took[2:]


async def beside_cells(loop: Loop, cells: Sequence[str], asking: Sequence[CompletionRequest]) -> list[float]:
    """The same, while cells of some kinds compute."""
    with ExitStack() as stack:
        for kind in cells:
            await asyncio.to_thread(stack.enter_context, computing(kind))
        return await warm(loop, asking)


async def throughput(cell: Cell, seconds: float) -> float:
    """Units a second that a cell gets done."""
    before, begun = await asyncio.to_thread(cell.done), time.perf_counter()
    await asyncio.sleep(seconds)
    after = await asyncio.to_thread(cell.done)
    return (after - before) / (time.perf_counter() - begun)


async def serving(loop: Loop, asking: Sequence[CompletionRequest]) -> None:
    """Serve a suggestion every 300 ms, until it is cancelled."""
    while True:
        for each in asking:
            begun = time.perf_counter()
            await asked(loop, each)
            await asyncio.sleep(max(0.0, SERVED_EVERY - (time.perf_counter() - begun)))


async def slowdown(loop: Loop, kind: str, asking: Sequence[CompletionRequest], plan: Plan) -> list[float]:
    """The share of a cell's units that are lost while suggestions are served, measured by turns."""
    shares = []
    with computing(kind) as cell:
        for _ in range(plan.passes):
            without = await throughput(cell, plan.seconds / 2)
            server = asyncio.create_task(serving(loop, asking))
            beside = await throughput(cell, plan.seconds / 2)
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)
            shares.append(1 - beside / without)
    return shares


async def take(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    asking = typing(plan.requests + 2)
    taken: dict[str, list[float]] = {name: [] for name in SETTINGS}
    async with loaded(plan) as loop:
        for _ in turns(plan.passes, plan.patience):
            for name, cells in SETTINGS.items():
                taken[name] += await beside_cells(loop, cells, asking)
        for kind in KINDS:
            figures.add(f"busy.cell.{kind}.lost", median(await slowdown(loop, kind, asking, plan)), "share")
    for name, values in taken.items():
        figures.spread(f"busy.{name}", values)
        figures.ratio(f"busy.{name}.to_quiet", f"busy.{name}.p50_ms", "busy.quiet.p50_ms")


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    asyncio.run(take(figures, plan))


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    said = figures.said
    columns, goals = ("p50_ms", "p95_ms", "to_quiet"), {"quiet": "", "one": "1.8", "two": "2.8"}
    rows = [
        [name.replace("_", " "), *map(said, (f"busy.{name}.{what}" for what in columns)), goals[name.partition("_")[0]]]
        for name in SETTINGS
    ]
    lost = [[kind, said(f"busy.cell.{kind}.lost"), "10 %"] for kind in KINDS]
    return "\n\n".join(
        (
            "## Beside a computing cell",
            f"A suggestion of {WRITTEN} tokens for each key, on a kept prefix, through the worker's loop. `python` is "
            "a plain loop; `numpy` multiplies matrices with all its threads.",
            table(["beside it", "p50", "p95", "to a quiet machine", "at most"], rows),
            "What the cell itself loses while a suggestion is served every 300 ms:",
            table(["cell", "slower by", "at most"], lost),
        )
    )
