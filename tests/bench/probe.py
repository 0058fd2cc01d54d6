"""What it costs to ask a kernel what it knows, and that nobody notices it.

A real kernel has 200 variables: numbers, texts, dicts, functions, arrays, frames of 40 columns, instances of its own
classes, modules. It is asked until it has told all. Then it runs a cell, is asked, and runs the next one; an empty
silent request beside each shows what any request costs. It runs a long cell while suggestions are asked for. Then it
has 200 names of 66 classes that count every call of their code.
"""

from __future__ import annotations

import ast
import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from jupyter_codecompose.channels import question
from jupyter_codecompose.kernel import Kernels
from jupyter_codecompose.question import Questions
from tests.bench.figures import Figures, percentile, table
from tests.bench.plan import Plan
from tests.hostile import HOSTILE, LEFT_BEHIND
from tests.page import Page, opened, settled

A_ROUND, WARM_UP = 20, 15
"""Executions for each round of the plan, and those that do not count."""
NOW = "(__import__('time').perf_counter(), __import__('time').thread_time())"
BUSY, ALONE = 2.5, 0.75
"""How long a cell runs while suggestions are asked for, and alone, in times of the plan's seconds."""
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
__import__('gc').freeze()
"""
"""Collecting what the packages have loaded takes 70 ms, whoever sets it off: it is put aside."""
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


class Taken:
    """What each question took, in milliseconds: the kernel held by its own clock, what it computed, and the answer."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.times: dict[str, list[float]] = {"held": [], "processor": [], "question": []}

    async def ask(self, expression: str) -> dict[str, Any]:
        """The content of the kernel's reply."""
        content, milliseconds = await timed(self._page, expression)
        for what, value in zip(self.times, (*held(content["user_expressions"]), milliseconds), strict=True):
            self.times[what].append(value)
        return content


async def asked(figures: Figures, count: int) -> None:
    """What questions take until all is learnt, and after each of some executions, beside requests for nothing."""
    async with kernel() as (_, page):
        await page.run(VARIABLES)
        questions, learning, settled, nothing = Questions(), Taken(page), Taken(page), []
        known = await questions.put(learning.ask)
        while questions.more:
            known = await questions.put(learning.ask, again=True)
        for number in range(WARM_UP + count):
            await page.run(f"count_0 = {number}")
            known = await questions.put(settled.ask)
            nothing.append((await timed(page, "0"))[1])
    figures.add("probe.variables", len(known.variables), "variables")
    for what, values in {**settled.times, "nothing": nothing}.items():
        figures.spread(f"probe.{what}", values[WARM_UP:])
        figures.add(f"probe.{what}.p99_ms", percentile(values[WARM_UP:], 0.99), "ms")
    figures.add("probe.learning.questions", len(learning.times["held"]), "questions")
    for what in ("held", "processor"):
        figures.add(f"probe.learning.{what}.max_ms", max(learning.times[what]), "ms")


async def timed(page: Page, expression: str) -> tuple[dict[str, Any], float]:
    """A reply, and the milliseconds that it took."""
    request = question(expression)
    request["user_expressions"] = {"began": NOW, **request["user_expressions"], "ended": NOW}
    begun = time.perf_counter()
    asked = page.client.execute(**request)
    while True:
        reply = await page.client.get_shell_msg(timeout=20)
        if reply["parent_header"].get("msg_id") == asked:
            return dict(reply["content"]), (time.perf_counter() - begun) * 1000


def held(expressions: dict[str, Any]) -> tuple[float, float]:
    """The milliseconds that the kernel was held, by its own clock, and those that it computed."""
    began, ended = (ast.literal_eval(expressions[name]["data"]["text/plain"]) for name in ("began", "ended"))
    return (ended[0] - began[0]) * 1000, (ended[1] - began[1]) * 1000


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


async def busy(figures: Figures, seconds: float) -> None:
    """What a suggestion waits for a kernel that runs a cell, and what the cell loses by it."""
    async with kernel() as (manager, page):
        await page.run(VARIABLES)
        kernels = Kernels(manager)
        await settled(kernels, page.id, "count_0")
        await page.run(SPIN.replace("SECONDS", str(seconds * ALONE)))
        alone = int(await page.value("count")) / ALONE
        running = asyncio.create_task(page.run(SPIN.replace("SECONDS", str(seconds * BUSY))))
        waits = []
        while not running.done():
            begun = time.perf_counter()
            await kernels.of(page.id)
            waits.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.05)
        figures.add("probe.busy.slowest_ms", max(waits), "ms")
        figures.add("probe.busy.cell", int(await page.value("count")) / BUSY / alone, "share")
        await kernels.close()


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""

    async def run() -> None:
        await asked(figures, plan.rounds * A_ROUND)
        await busy(figures, plan.seconds)
        await hostile(figures)

    asyncio.run(run())


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    waited = f"a suggestion waits for a cell of {plan.seconds * BUSY:.0f} s, at most"
    rows = [
        ["the kernel is held by a question, p50", figures.said("probe.held.p50_ms"), ""],
        ["the kernel is held by a question, p99", figures.said("probe.held.p99_ms"), "10 ms"],
        ["of it the kernel computes, p50", figures.said("probe.processor.p50_ms"), ""],
        ["of it the kernel computes, p99", figures.said("probe.processor.p99_ms"), "10 ms"],
        ["it is held while what packages hold is learnt, at most", figures.said("probe.learning.held.max_ms"), "10 ms"],
        ["of it the kernel computes, at most", figures.said("probe.learning.processor.max_ms"), "10 ms"],
        ["which takes so many questions", figures.said("probe.learning.questions", 0), ""],
        ["a question and its answer, p50", figures.said("probe.question.p50_ms"), ""],
        ["a question and its answer, p99", figures.said("probe.question.p99_ms"), ""],
        ["the same that asks for nothing, p50", figures.said("probe.nothing.p50_ms"), ""],
        ["the same that asks for nothing, p99", figures.said("probe.nothing.p99_ms"), ""],
        ["calls of the user's code", figures.said("probe.hostile.calls", 0), "0"],
        ["changes in history, counter, namespace, modules", figures.said("probe.traces", 0), "0"],
        [waited, figures.said("probe.busy.slowest_ms"), "50 ms"],
        ["the speed of a cell that runs meanwhile", figures.said("probe.busy.cell", 0), "100 %"],
    ]
    told = f"{figures.said('probe.variables', 0)}, after each of {plan.rounds * A_ROUND} executions"
    return "\n\n".join(("## Asking the kernel", f"A kernel with {told}.", table(["", "measured", "bar"], rows)))
