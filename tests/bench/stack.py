"""What the Jupyter server adds to a suggestion: from the page's request to the first text, with an engine of no time.

The notebook is of 40 cells and about 12 kB; each request types on where the last one was, as a person does, over one
connection that is kept open. The same is asked of the worker alone, with the parts that the server sends it.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from jupyter_codecompose.context import parts
from jupyter_codecompose.notebook import read
from jupyter_codecompose.wire import Cell, Snapshot
from model_server.wire import CompletionRequest
from tests.bench.figures import Figures, median, percentile, table
from tests.bench.plan import Plan
from tests.browser.jupyter import environment, free_port

ROOT = Path(__file__).parents[2]
ROUNDS, WARM_UP = 14, 20
"""Requests for each round of the plan, and those that do not count."""
START_SECONDS = 60.0
CELL = '''def mean_of_{n}(frame, column="mass_{n}", weights=None):
    """The mean of a column of measurements, by island and species."""
    kept = frame[frame[column] > {n}].dropna(subset=[column])
    return kept.groupby(["island", "species"])[column].mean()


result_{n} = mean_of_{n}(penguins)
'''
LINE = "by_species = penguins.groupby"


def snapshot(typed: int) -> Snapshot:
    """The notebook once `typed` characters of the last line stand in its middle cell."""
    cells = [Cell(kind="code", source=CELL.format(n=n)) for n in range(40)]
    source = f"total = 0\n{LINE[:typed]}"
    cells[30] = Cell(kind="code", source=source)
    return Snapshot(
        editor="bench", path="work/penguins.ipynb", language="python", cells=tuple(cells), active=30, cursor=len(source)
    )


def bodies() -> list[bytes]:
    """What the page sends, key by key."""
    return [msgspec.json.encode(snapshot(typed)) for typed in range(12, len(LINE) + 1)]


def worker_bodies() -> list[bytes]:
    """What the server makes of it."""
    snapshots = [snapshot(typed) for typed in range(12, len(LINE) + 1)]
    return [
        msgspec.json.encode(
            CompletionRequest(parts=parts(read(shot)), max_tokens=48, stop="\n", stream=True, editor="bench")
        )
        for shot in snapshots
    ]


@contextmanager
def process(*command: object, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives as long as the block."""
    options: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, *map(str, command)], env=env, cwd=ROOT, **options) as running:
        try:
            yield running
        finally:
            running.terminate()


@asynccontextmanager
async def answering(url: str, **headers: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a server that says it is ready."""
    async with aiohttp.ClientSession(headers=headers) as client:
        async with asyncio.timeout(START_SECONDS):
            while not await says_ready(client, url):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        yield client


async def says_ready(client: aiohttp.ClientSession, url: str) -> bool:
    """Whether a server is there, and what it reports is ready."""
    try:
        async with client.get(url) as reply:
            return bool((await reply.json())["state"] == "ready")
    except aiohttp.ClientError:
        return False


async def first_chunks(client: aiohttp.ClientSession, url: str, asked: list[bytes], rounds: int) -> list[float]:
    """Milliseconds from each request to its first event; every stream is read to its end before the next request."""
    took = []
    turn = cycle(asked)
    for _ in range(WARM_UP + rounds):
        body = next(turn)
        begun = time.perf_counter()
        async with client.post(url, data=body, headers={"Content-Type": "application/json"}) as reply:
            first = await reply.content.readline()
            took.append((time.perf_counter() - begun) * 1000)
            assert reply.status == 200, f"{url} answered {reply.status}"
            assert b'"text"' in first, f"{url} began with {first[:200]!r}"
            await reply.read()
    return took[WARM_UP:]


async def through_both(worker: str, secret: str, home: Path, rounds: int) -> tuple[list[float], list[float]]:
    """The worker alone, then the Jupyter server before it."""
    async with answering(f"{worker}/health", Authorization=f"Bearer {secret}") as client:
        alone = await first_chunks(client, f"{worker}/v1/completions", worker_bodies(), rounds)
    port, token = free_port(), secrets.token_hex(16)
    options = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": home,
        "ServerApp.allow_root": True,
        "ServerApp.open_browser": False,
        "IdentityProvider.token": token,
        "CodeCompose.worker_url": worker,
        "CodeCompose.start_worker": "at_once",
    }
    command = ("-m", "jupyter_server", *(f"--{name}={value}" for name, value in options.items()))
    url = f"http://127.0.0.1:{port}/codecompose"
    env = environment(home) | {"CODECOMPOSE_WORKER_TOKEN": secret}
    with process(*command, env=env):
        async with answering(f"{url}/status", Authorization=f"token {token}") as client:
            return alone, await first_chunks(client, f"{url}/complete", bodies(), rounds)


def measure(figures: Figures, plan: Plan) -> None:
    """Take the stack's figures."""
    secret = secrets.token_hex(16)
    env = os.environ | {"CODECOMPOSE_TOKEN": secret}
    with process("-m", "tests.bench.fake_worker", env=env) as worker, tempfile.TemporaryDirectory() as home:
        assert worker.stdout
        url = json.loads(worker.stdout.readline())["url"]
        alone, through = asyncio.run(through_both(url, secret, Path(home), plan.rounds * ROUNDS))
    figures.add("stack.overhead.p50_ms", median(through), "ms")
    figures.add("stack.overhead.p95_ms", percentile(through, 0.95), "ms")
    figures.add("stack.worker_alone.p50_ms", median(alone), "ms")


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    rows = [
        [
            "through the Jupyter server",
            figures.said("stack.overhead.p50_ms"),
            figures.said("stack.overhead.p95_ms"),
            "10 ms",
        ],
        ["of it the worker alone", figures.said("stack.worker_alone.p50_ms"), "", ""],
    ]
    return "\n\n".join(
        (
            "## What the Jupyter server adds",
            "From the page's request to the first streamed byte; an engine that takes no time, a notebook of 40 cells.",
            table(["", "p50", "p95", "at most"], rows),
        )
    )
