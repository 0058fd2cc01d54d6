"""Hundreds of people who type, on one worker's HTTP: how long the first text takes beyond the engine's own time.

The engine is a fake one with a steady pace; queue, loop, tokenizer and HTTP are the real ones, in a process of their
own beside the one that asks. Everybody's notebook has been read once, as it is when it is opened. Then a session asks
every few seconds, as people do who type and read by turns, and in 60 of 100 cases the next key closes the connection
before the suggestion is whole.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import time

import aiohttp
import psutil

from tests.bench.figures import Figures, table
from tests.bench.plan import Plan
from tests.bench.stack import answering, process
from tests.bench.typist import PLACES, STEP, Seen, opening, session, texts

TOGETHER = 512
SETTLE_SECONDS = 2.0
LEFT = re.compile(r"^codecompose_(?:waiting|active)_requests (\d+)", re.MULTILINE)


async def left(client: aiohttp.ClientSession, url: str) -> int:
    """Requests that the worker still has in hand, once everybody has gone."""
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        async with client.get(f"{url}/metrics") as reply:
            count = sum(map(int, LEFT.findall(await reply.text())))
        if not count or time.monotonic() > end:
            return count
        await asyncio.sleep(0.05)


async def together(figures: Figures, url: str, secret: str, worker: psutil.Process, plan: Plan, count: int) -> None:
    """The figures of so many people at once."""
    seen, typed = Seen(), texts()
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=headers) as client:
        for number in range(count):
            await opening(client, url, number, typed[number % PLACES][0])
        used = processor_seconds(worker)
        end = time.monotonic() + plan.every + plan.seconds
        people = (session(client, url, number, typed[number % PLACES], plan, end, seen) for number in range(count))
        await asyncio.gather(*people)
        used = processor_seconds(worker) - used
        remaining = await left(client, url)
    at = f"sessions.{count}"
    seen.tell(figures, at)
    figures.add(f"{at}.processor_ms", used / seen.asked * 1000, "ms")
    figures.add(f"{at}.left", remaining, "count")


def processor_seconds(process: psutil.Process) -> float:
    """What a process has used of the processor."""
    times = process.cpu_times()
    return float(times.user + times.system)


async def take(figures: Figures, plan: Plan, url: str, secret: str, worker: psutil.Process) -> None:
    """Wait for the worker, and measure each number of people."""
    async with answering(f"{url}/health", Authorization=f"Bearer {secret}"):
        for count in plan.sessions:
            await together(figures, url, secret, worker, plan, count)


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    secret = secrets.token_hex(16)
    env = os.environ | {"CODECOMPOSE_TOKEN": secret}
    with process("-m", "tests.bench.fake_worker", "--seconds", STEP, "--together", TOGETHER, env=env) as worker:
        assert worker.stdout
        url = json.loads(worker.stdout.readline())["url"]
        asyncio.run(take(figures, plan, url, secret, psutil.Process(worker.pid)))


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    columns = {
        "requests": 0,
        "cancelled": 0,
        "first_text.above_engine.p50_ms": 1,
        "first_text.above_engine.p99_ms": 1,
        "processor_ms": 1,
        "errors": 0,
        "left": 0,
    }
    rows = [
        [str(count), *(figures.said(f"sessions.{count}.{name}", digits) for name, digits in columns.items())]
        for count in plan.sessions
    ]
    above = "first text, above the engine's time, p50"
    head = ["people", "asked", "closed before the end", above, "p99", "worker's processor time each", "errors", "left"]
    return "\n\n".join(
        (
            "## Many people on one worker",
            f"Each asks every {plan.every} seconds on average, over HTTP; the fake engine takes {STEP * 1000:.0f} ms a "
            f"step, for up to {TOGETHER} requests. Wanted: a p99 of at most 100 ms above the engine's time, no error, "
            "and nothing left.",
            table(head, rows),
        )
    )
