"""What Ray Serve costs a suggestion, beside the bare worker with the same engine, and whether an editor meets its text.

Run by itself (`python -m tests.bench.replicas`), since starting Ray takes longer than all it measures. The engine is a
fake one that takes no time; both servers are asked by turns, so that the machine's noise falls on both.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.bench.figures import Figures, machine, percentile
from tests.bench.stack import process
from tests.browser.jupyter import free_port
from tests.worker.replicas import cluster, fake
from tests.worker.serving import TOKEN

ROUNDS, WARM_UP = 300, 30
EDITORS, KEYS = 50, 10
TOGETHER, SECONDS = 16, 5.0
START_SECONDS = 120.0
Ask = Callable[[str, int], Awaitable[tuple[float, float, dict[str, Any]]]]


def asking(client: aiohttp.ClientSession, url: str, *, session: bool = True) -> Ask:
    """Asks for a suggestion at a key of an editor: milliseconds to the first text and to the last, and the usage."""

    async def ask(editor: str, typed: int) -> tuple[float, float, dict[str, Any]]:
        body = {"prompt": "values = " + "frame" * typed, "editor": editor, "max_tokens": 8, "stream": True}
        headers = {"X-Session-Id": editor} if session else {}
        begun = time.perf_counter()
        options = {"stream_options": {"include_usage": True}}
        async with client.post(f"{url}/v1/completions", json=body | options, headers=headers) as reply:
            first = await reply.content.readuntil(b"\n\n")
            arrived = time.perf_counter()
            events = (first + await reply.read()).decode().split("\n\n")
        assert reply.status == 200, events
        last = json.loads(events[-3].removeprefix("data: "))
        return (arrived - begun) * 1000, (time.perf_counter() - begun) * 1000, last["usage"]

    return ask


async def one_by_one(figures: Figures, servers: dict[str, Ask]) -> None:
    """Times of single requests, by turns."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
    for number in range(WARM_UP + ROUNDS):
        for name, ask in servers.items():
            first, whole, _ = await ask("bench", number % 8)
            taken[name].append((first, whole))
    for name, times in taken.items():
        figures.spread(f"replicas.{name}.first_text", [first for first, _ in times[WARM_UP:]])
        figures.spread(f"replicas.{name}.whole", [whole for _, whole in times[WARM_UP:]])


async def at_once(figures: Figures, name: str, ask: Ask) -> None:
    """Requests a second, and the first text, when several always ask."""
    end, firsts = time.monotonic() + SECONDS, []

    async def busy(editor: str) -> None:
        typed = 0
        while time.monotonic() < end:
            firsts.append((await ask(editor, typed % 8))[0])
            typed += 1

    await asyncio.gather(*(busy(f"busy-{number}") for number in range(TOGETHER)))
    figures.add(f"replicas.{name}.at_once.requests", len(firsts) / SECONDS, "1/s")
    figures.add(f"replicas.{name}.at_once.first_text.p95_ms", percentile(firsts, 0.95), "ms")


async def affinity(figures: Figures, name: str, ask: Ask) -> None:
    """The share of keystrokes, after an editor's first, that find their text in a slot."""

    async def typing(editor: str) -> list[bool]:
        usages = [(await ask(editor, typed))[2] for typed in range(1, KEYS + 1)]
        return [usage["prompt_tokens_details"]["cached_tokens"] > 0 for usage in usages[1:]]

    found = [hit for hits in await asyncio.gather(*(typing(f"{name}-{n}") for n in range(EDITORS))) for hit in hits]
    figures.add(f"replicas.affinity.{name}", sum(found) / len(found), "share")


async def until_ready(client: aiohttp.ClientSession, url: str, count: int) -> None:
    """Wait for a number of replicas."""
    seen: set[str] = set()
    async with asyncio.timeout(START_SECONDS):
        while len(seen) < count:
            try:
                async with client.get(f"{url}/health", headers={"X-Session-Id": secrets.token_hex(4)}) as reply:
                    seen.add((await reply.json())["arithmetic"])
            except (aiohttp.ClientError, KeyError):
                await asyncio.sleep(0.05)


def megabytes(head: psutil.Process) -> float:
    """Memory of a process and all its children that is theirs alone."""
    return sum(float(one.memory_full_info().uss) for one in [head, *head.children(recursive=True)]) / 2**20


async def compare(figures: Figures, bare: str, ray: str, head: psutil.Process, begun: float) -> None:
    """All figures of two servers that run."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        await until_ready(client, ray, 2)
        figures.add("replicas.ray.start_s", time.perf_counter() - begun, "s")
        servers = {"bare": asking(client, bare), "ray": asking(client, ray)}
        await one_by_one(figures, servers)
        for name, ask in servers.items():
            await at_once(figures, name, ask)
        await affinity(figures, "with_header", servers["ray"])
        await affinity(figures, "without_header", asking(client, ray, session=False))
    of_replicas = [megabytes(one) for one in head.children(recursive=True) if "ServeReplica" in " ".join(one.cmdline())]
    figures.add("replicas.ray.replica_mb", sum(of_replicas) / len(of_replicas), "MB")
    figures.add("replicas.ray.rest_mb", megabytes(head) - sum(of_replicas), "MB")


def measure(figures: Figures) -> None:
    """Take the figures."""
    env = os.environ | {"CODECOMPOSE_TOKEN": TOKEN}
    port, begun = free_port(), time.perf_counter()
    applications = {"name": "fake"} | fake(2, seconds=0.0)
    with (
        tempfile.TemporaryDirectory() as home,
        process("-m", "tests.bench.fake_worker", "--together", 32, env=env) as worker,
        cluster(Path(home), port, applications) as head,
    ):
        assert worker.stdout
        bare = json.loads(worker.stdout.readline())["url"]
        asyncio.run(compare(figures, bare, f"http://127.0.0.1:{port}", head, begun))
        figures.add("replicas.bare.mb", megabytes(psutil.Process(worker.pid)), "MB")


if __name__ == "__main__":
    figures = Figures()
    measure(figures)
    print(machine(), figures.table(), sep="\n\n")
