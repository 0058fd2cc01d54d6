"""What it costs to ask a kernel what it knows, and that nobody notices it.

A real kernel has 200 variables: numbers, texts, dicts, functions, arrays, frames of 40 columns, instances of its own
classes, modules. It runs a cell, is asked, and runs the next one; an empty silent request beside each shows what any
request costs. Then it has 200 names of 66 classes that count every call of their code.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from jupyter_codecompose.channels import ask
from jupyter_codecompose.kernel import Kernels
from jupyter_codecompose.question import Questions
from tests.bench.figures import Figures, percentile
from tests.bench.plan import Plan
from tests.hostile import HOSTILE, LEFT_BEHIND
from tests.page import Page, opened, settled

A_ROUND = 20
"""Executions for each round of the plan."""
BUSY_SECONDS = 3.0
"""What a cell takes that is run alone and while suggestions are asked for."""
VARIABLES = """
import functools, json, os, re
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
class Account:
    def __init__(self, owner, balance=0):
        self.owner, self.balance = owner, balance
    def deposit(self, amount): self.balance += amount
def mean(values, *, weights=None): return sum(values) / len(values)
for n in range(20):
    globals()[f'count_{n}'] = n
    globals()[f'text_{n}'] = 'text' * n
    globals()[f'config_{n}'] = {'path': 1, 'seed': 2, f'key_{n}': 3}
    globals()[f'rows_{n}'] = [n]
    globals()[f'array_{n}'] = np.zeros((n, 3))
    globals()[f'frame_{n}'] = pd.DataFrame(np.zeros((2, 40)), columns=[f'column {n} {m}' for m in range(40)])
    globals()[f'series_{n}'] = globals()[f'frame_{n}']['column %d 1' % n]
    globals()[f'account_{n}'] = Account('somebody')
    globals()[f'share_{n}'] = n / 20
"""
SPIN = """
import time
begun, count = time.perf_counter(), 0
while time.perf_counter() - begun < SECONDS:
    count += 1
"""


@asynccontextmanager
async def kernel() -> AsyncIterator[tuple[AsyncMappingKernelManager, Page]]:
    """A kernel of a Jupyter server's kernel manager."""
    manager = AsyncMappingKernelManager()
    page = await opened(manager)
    try:
        yield manager, page
    finally:
        await page.close()


async def asked(figures: Figures, count: int) -> None:
    """What questions take after each of some executions, beside requests that ask for nothing."""
    taken: dict[str, list[float]] = {"question": [], "nothing": []}
    async with kernel() as (_, page):
        await page.run(VARIABLES)
        questions = Questions()
        size = 0
        for number in range(count):
            await page.run(f"count_0 = {number}")
            for what, text in (("question", questions.next()), ("nothing", "0")):
                begun = time.perf_counter()
                content = await ask(page.client, text)
                taken[what].append((time.perf_counter() - begun) * 1000)
                if what == "question":
                    size = max(size, len(str(content)))
                    known = questions.read(content)
    assert known.complete
    figures.add("probe.variables", len(known.variables), "variables")
    for what, values in taken.items():
        figures.spread(f"probe.{what}", values[A_ROUND // 2 :])
        figures.add(f"probe.{what}.p99_ms", percentile(values[A_ROUND // 2 :], 0.99), "ms")
    figures.add("probe.first.ms", taken["question"][0], "ms")
    figures.add("probe.answer.most", size / 1000, "kB")


async def hostile(figures: Figures) -> None:
    """How often the user's code is called, and whether anything is left behind."""
    async with kernel() as (manager, page):
        await page.run(HOSTILE)
        before = await page.value(LEFT_BEHIND)
        kernels = Kernels(manager)
        known = await settled(kernels, page.id, "of_class_40")
        await kernels.close()
        figures.add("probe.hostile.names", len(known.variables), "names")
        figures.add("probe.hostile.calls", int(await page.value("calls")), "calls")
        figures.add("probe.traces", float(await page.value(LEFT_BEHIND) != before), "traces")


async def busy(figures: Figures) -> None:
    """What a suggestion waits for a kernel that runs a cell, and what the cell loses by it."""
    spin = SPIN.replace("SECONDS", str(BUSY_SECONDS))
    async with kernel() as (manager, page):
        await page.run(VARIABLES)
        kernels = Kernels(manager)
        await settled(kernels, page.id, "count_0")
        await page.run(spin)
        alone = int(await page.value("count"))
        running = asyncio.create_task(page.run(spin))
        waits = []
        while not running.done():
            begun = time.perf_counter()
            await kernels.of(page.id)
            waits.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.05)
        figures.add("probe.busy.slowest_ms", max(waits), "ms")
        figures.add("probe.busy.cell", int(await page.value("count")) / alone, "of its speed alone")
        await kernels.close()


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""

    async def run() -> None:
        await asked(figures, plan.rounds * A_ROUND)
        await hostile(figures)
        await busy(figures)

    asyncio.run(run())
