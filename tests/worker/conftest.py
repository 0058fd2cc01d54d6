"""What the worker's tests share: a tiny checkpoint, and a worker serving it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from checkpoints import small_tokenizer, write_checkpoint
from model_server.__main__ import loader
from model_server.engine import FakeEngine
from model_server.loop import Load, Loop
from model_server.server import application
from model_server.tokens import Tokens

TOKEN = "secret-of-the-tests"


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint of the bundled family."""
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    """A small tokenizer of the bundled family."""
    return Tokens(small_tokenizer())


@dataclass
class Worker:
    """A worker that serves in this process, and a client for it."""

    url: str
    loop: Loop
    client: aiohttp.ClientSession

    async def post(self, body: object, **options: object) -> aiohttp.ClientResponse:
        """`POST /v1/completions`."""
        return await self.client.post(f"{self.url}/v1/completions", json=body, **options)  # type: ignore[arg-type]


async def start(load: Load) -> AsyncIterator[Worker]:
    """Serve until the test is over."""
    loop = Loop(load)
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


async def until_ready(loop: Loop) -> None:
    """Wait for the model."""
    while loop.health.state == "loading":
        await asyncio.sleep(0.01)


def sentence(tokens: Tokens, text: str) -> list[int]:
    """Ids of a text that a fake engine shall say."""
    return [*tokens.encode(text), tokens.special("<|eom|>")]


def fake(tokens: Tokens, text: str, seconds: float = 0.0) -> Load:
    """Load nothing: an engine that says `text`, a token every `seconds`."""
    return lambda progress: (tokens, FakeEngine(sentence(tokens, text), seconds=seconds))


@pytest.fixture
def load(checkpoint: Path) -> Load:
    """Loads the tiny checkpoint."""
    return loader(str(checkpoint))


@pytest.fixture
def io_loop() -> Iterator[None]:
    """Tests here run their own event loops."""
    yield
