"""A worker in the test's own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from model_server.engine import FakeEngine
from model_server.loop import Load, Loop
from model_server.server import application
from model_server.tokens import Tokens

TOKEN = "secret-of-the-tests"


@dataclass
class Worker:
    """A worker that serves in this process, and a client for it."""

    url: str
    loop: Loop
    client: aiohttp.ClientSession

    async def post(self, body: object, **options: object) -> aiohttp.ClientResponse:
        """`POST /v1/completions`."""
        return await self.client.post(f"{self.url}/v1/completions", json=body, **options)  # type: ignore[arg-type]


@asynccontextmanager
async def serving(load: Load, **options: Any) -> AsyncIterator[Worker]:
    """A worker in this process, on a free port, until the block ends; its model may still be loading."""
    loop = Loop(load, **options)
    server = HTTPServer(application(loop, token=TOKEN, model="tiny"))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    loop.start()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as client:
        yield Worker(f"http://127.0.0.1:{sockets[0].getsockname()[1]}", loop, client)
    server.stop()
    await server.close_all_connections()
    await asyncio.to_thread(loop.stop)


async def ready(worker: Worker) -> Worker:
    """Wait until the model is loaded, or could not be."""
    await until(lambda: worker.loop.health.state != "loading", 60)
    return worker


async def idle(worker: Worker) -> None:
    """Wait until nothing is in hand any more."""
    await until(lambda: not worker.loop.in_hand, 5)


async def until(true: Callable[[], bool], seconds: float) -> None:
    """Wait for a condition; TimeoutError where it does not come."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for happens on another thread
            await asyncio.sleep(0.002)


def sentence(tokens: Tokens, text: str) -> list[int]:
    """Ids of a text that a fake engine shall say."""
    return [*tokens.encode(text), tokens.special("<|eom|>")]


def fake(tokens: Tokens, text: str, seconds: float = 0.0) -> Load:
    """Load nothing: an engine that says `text`, a token every `seconds`."""
    return lambda progress: (tokens, FakeEngine(sentence(tokens, text), seconds=seconds))
