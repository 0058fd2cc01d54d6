"""A worker in the test's own process, over HTTP or without it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from tornado.netutil import bind_sockets

from model_server.api import Api
from model_server.engine import FakeEngine
from model_server.loop import Load, Loop
from model_server.server import http_server
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


@dataclass(frozen=True)
class Said:
    """An answer that was read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """What a refusal says; it must have OpenAI's shape."""
        assert self.json.keys() == {"error"}
        assert self.json["error"].keys() == {"message", "type", "code", "param"}
        return self.json["error"]

    @property
    def events(self) -> list[Any]:
        """The events of a stream."""
        assert self.headers["Content-Type"] == "text/event-stream"
        return [json.loads(each.removeprefix("data: ")) for each in self.body.decode().split("\n\n") if "{" in each]


@dataclass
class Caller:
    """Asks an API without a server, from an address."""

    api: Api
    loop: Loop
    peer: str = "192.0.2.1"

    async def ask(self, method: str, path: str, body: object = b"", **headers: str) -> Said:
        """One answer; the body is sent as JSON where it is no bytes."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.api.answer(method, path, headers, sent, self.peer)
        return Said(answer.status, answer.headers, b"".join([chunk async for chunk in answer.body]))

    async def complete(self, **fields: object) -> Said:
        """`POST /v1/completions`."""
        return await self.ask("POST", "/v1/completions", fields)


@asynccontextmanager
async def calling(load: Load, *, token: str = "", **options: Any) -> AsyncIterator[Caller]:
    """An API over a loop that is ready, until the block ends."""
    loop = Loop(load, **options)
    loop.start()
    await until(lambda: loop.health.state != "loading", 60)
    try:
        yield Caller(Api(loop, token=token, model="tiny"), loop)
    finally:
        await asyncio.to_thread(loop.stop)


def called(load: Load, scenario: Callable[[Caller], Awaitable[None]], **options: Any) -> None:
    """Run a scenario against an API."""

    async def whole() -> None:
        async with calling(load, **options) as caller:
            await scenario(caller)

    asyncio.run(whole())


@asynccontextmanager
async def serving(
    load: Load, *, read_seconds: float = 10, write_seconds: float = 10, send_buffer: int = 0, **options: Any
) -> AsyncIterator[Worker]:
    """A worker in this process, on a free port, until the block ends; its model may still be loading."""
    loop = Loop(load, **options)
    server = http_server(Api(loop, token=TOKEN, model="tiny"), read_seconds=read_seconds, write_seconds=write_seconds)
    sockets = bind_sockets(0, "127.0.0.1")
    if send_buffer:
        sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    server.add_sockets(sockets)
    loop.start()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        async with aiohttp.ClientSession(headers=headers) as client:
            yield Worker(f"http://127.0.0.1:{sockets[0].getsockname()[1]}", loop, client)
    finally:
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
