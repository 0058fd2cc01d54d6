"""Somebody who types in a notebook, as a worker's HTTP sees it: a request for each key or so, often closed early."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle

import aiohttp
import msgspec

from model_server.wire import Parts
from tests.bench.figures import Figures, median, percentile
from tests.bench.plan import Plan
from tests.bench.texts import keystrokes, request

STEP, WRITTEN = 0.004, 16
"""What a step of the fake engine takes, in seconds, and the steps of a whole suggestion."""
CANCELLED = 0.6
REQUEST_SECONDS = 10.0
PLACES, KEYS, CELLS = 8, 16, 2
JSON = {"Content-Type": "application/json"}


@dataclass
class Seen:
    """What the sessions saw: milliseconds to first texts, and requests that went wrong."""

    firsts: list[float] = field(default_factory=list)
    asked: int = 0
    cancelled: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def tell(self, figures: Figures, name: str) -> None:
        """Note what was seen, under a name."""
        above = [first - STEP * 1000 for first in self.firsts]
        figures.add(f"{name}.first_text.above_engine.p50_ms", median(above), "ms")
        figures.add(f"{name}.first_text.above_engine.p99_ms", percentile(above, 0.99), "ms")
        figures.add(f"{name}.requests", self.asked, "count")
        figures.add(f"{name}.cancelled", self.cancelled / self.asked, "share")
        figures.add(f"{name}.errors", self.errors.total(), "count")
        if self.errors:
            figures.note(name, ", ".join(f"{many} × {what}" for what, many in self.errors.items()))


def texts() -> list[list[Parts]]:
    """What people type, key by key, in several places of a notebook: the cell and its neighbours."""
    return [
        [msgspec.structs.replace(key, before=key.before[-CELLS:], after=key.after[:CELLS]) for key in keys]
        for keys in (keystrokes(KEYS, place) for place in range(PLACES))
    ]


def body(parts: Parts, editor: int, written: int = WRITTEN) -> bytes:
    """What is sent for it."""
    return msgspec.json.encode(request(parts, editor, max_tokens=written, stream=True))


async def ask(client: aiohttp.ClientSession, url: str, body: bytes, patience: float, seen: Seen) -> None:
    """One request, whose connection is closed where the answer is not whole `patience` seconds after its first text."""
    begun = time.perf_counter()
    async with client.post(f"{url}/v1/completions", data=body, headers=JSON) as reply:
        first = await reply.content.readline()
        if reply.status != 200 or b'"text"' not in first:
            seen.errors[f"status {reply.status}"] += 1
            return
        seen.firsts.append((time.perf_counter() - begun) * 1000)
        try:
            async with asyncio.timeout(patience):
                whole = await reply.read()
        except TimeoutError:
            seen.cancelled += 1
            reply.close()
        else:
            if b"[DONE]" not in whole:
                seen.errors["cut short"] += 1


async def opening(client: aiohttp.ClientSession, url: str, editor: int, parts: Parts) -> None:
    """A notebook is opened, and read."""
    async with client.post(f"{url}/v1/completions", data=body(parts, editor, 0), headers=JSON) as reply:
        await reply.read()


async def session(
    client: aiohttp.ClientSession, url: str, editor: int, typed: Sequence[Parts], plan: Plan, end: float, seen: Seen
) -> None:
    """A person who types until `end`."""
    chance = random.Random(editor)
    await asyncio.sleep(chance.random() * plan.every)
    for parts in cycle(typed):
        if time.monotonic() >= end:
            return
        patience = chance.random() * STEP * WRITTEN if chance.random() < CANCELLED else REQUEST_SECONDS
        seen.asked += 1
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await ask(client, url, body(parts, editor), patience, seen)
        except (aiohttp.ClientError, TimeoutError) as error:
            seen.errors[type(error).__name__] += 1
        await asyncio.sleep(min(chance.expovariate(1 / plan.every), max(0.0, end - time.monotonic())))
