"""Several people type at once: tokens a second of all of them against one's, and how long the first token takes.

Each editor types in a cell of its own and asks again as soon as its suggestion is there, which is the worst case.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from model_server.loop import Loop
from model_server.wire import CompletionRequest
from tests.bench.figures import Figures, median, table, turns
from tests.bench.loop import Answer, asked, loaded
from tests.bench.plan import Plan
from tests.bench.texts import keystrokes, request

WRITTEN = 20


def typing(editor: int, count: int, *, with_memory: bool) -> list[CompletionRequest]:
    """What an editor asks, key by key. The memory is asked only where a line is wanted."""
    stop = "\n" if with_memory else None
    return [request(parts, editor, max_tokens=WRITTEN, stop=stop) for parts in keystrokes(count, editor)]


async def one(loop: Loop, asking: Sequence[CompletionRequest]) -> list[Answer]:
    """An editor's answers."""
    return [await asked(loop, each) for each in asking]


async def together(loop: Loop, editors: Sequence[Sequence[CompletionRequest]]) -> tuple[float, list[float]]:
    """Tokens a second of all editors, and the milliseconds to each first text; each has read its notebook before."""
    await asyncio.gather(*(one(loop, asking[:1]) for asking in editors))
    begun = time.perf_counter()
    answers = [answer for each in await asyncio.gather(*(one(loop, a[1:]) for a in editors)) for answer in each]
    seconds = time.perf_counter() - begun
    return sum(answer.tokens for answer in answers) / seconds, [answer.first for answer in answers]


async def take(figures: Figures, plan: Plan, name: str, *, with_memory: bool) -> None:
    """One and several editors by turns."""
    everybody = [typing(number, plan.requests + 1, with_memory=with_memory) for number in range(plan.editors)]
    rates: dict[int, list[float]] = {1: [], plan.editors: []}
    firsts: dict[int, list[float]] = {1: [], plan.editors: []}
    async with loaded(plan, with_memory=with_memory) as loop:
        for turn in turns(plan.passes, plan.patience / 4):
            for editors in ([everybody[turn % plan.editors]], everybody):
                rate, first = await together(loop, editors)
                rates[len(editors)].append(rate)
                firsts[len(editors)] += first
    for count in rates:
        at = f"{name}.{count}"
        figures.add(f"{at}.tokens_per_second", median(rates[count]), "tokens/s")
        figures.spread(f"{at}.first_token", firsts[count])
    few, many = f"{name}.1", f"{name}.{plan.editors}"
    figures.ratio(f"{name}.gain", f"{many}.tokens_per_second", f"{few}.tokens_per_second")
    figures.ratio(f"{name}.wait", f"{many}.first_token.p95_ms", f"{few}.first_token.p95_ms")


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    asyncio.run(take(figures, plan, "editors.network", with_memory=False))
    asyncio.run(take(figures, plan, "editors.memory", with_memory=True))


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    said = figures.said
    rows = []
    for name, what in (("network", "the network alone"), ("memory", "with the memory, to the end of the line")):
        for count in (1, plan.editors):
            at = f"editors.{name}.{count}"
            firsts = [said(f"{at}.first_token.p50_ms"), said(f"{at}.first_token.p95_ms")]
            ratios = [said(f"editors.{name}.gain"), said(f"editors.{name}.wait")] if count > 1 else ["", ""]
            rows.append([what, str(count), said(f"{at}.tokens_per_second", 0), *firsts, *ratios])
    head = ["", "editors", "tokens a second", "first text p50", "p95", "all against one", "p95 against one"]
    return "\n\n".join(
        (
            "## Several editors",
            f"Each asks for {WRITTEN} tokens after every key, and again once they are there; {plan.threads} cores. "
            "Wanted: at least 2.5 times one editor's tokens, and a first token after at most 3 times as long.",
            table(head, rows),
        )
    )
