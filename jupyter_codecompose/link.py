"""The line to one worker, over HTTP: its health, and a completion as a stream.

Lines and streams are bounded, redirects and proxies from the environment are not followed, and closing a stream
closes its connection, which is how a worker learns that nobody reads any more. Deadlines are the caller's. What a
worker says about its troubles is never repeated: each becomes one of our own errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import aiohttp
import msgspec

from jupyter_codecompose.errors import (
    BadReply,
    Busy,
    CodeComposeError,
    Down,
    Failed,
    Invalid,
    Late,
    Loading,
    Refused,
    Replaced,
)
from model_server.wire import Completion, CompletionRequest, ErrorReply, Health

T = TypeVar("T", Completion, ErrorReply, Health)

MAX_LINE = 65_536
MAX_STREAM = 1_048_576
CONNECT_SECONDS = 2.0
HEALTH_SECONDS = 2.0
LAST_BYTES_SECONDS = 0.02

ERRORS: dict[int, type[CodeComposeError]] = {
    400: Invalid,
    401: Refused,
    403: Refused,
    409: Replaced,
    413: Invalid,
    422: Invalid,
    429: Busy,
    500: Failed,
    503: Loading,
}
BROKEN_OFF: dict[str, type[CodeComposeError]] = {"replaced": Replaced, "too_many_requests": Busy}


class Link:
    """A worker at `url`. Made without an event loop; its connections are opened at the first request."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Closes all connections."""
        session, self._session = self._session, None
        if session:
            await session.close()

    async def health(self) -> Health:
        """Where the worker stands. Raises `Down`, `Refused` or `BadReply`."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS), self._asked("GET", "/health") as response:
                if response.status not in (200, 503):
                    raise ERRORS.get(response.status, BadReply)()
                return _decoded(b"".join([line async for line in _lines(response)]), Health)
        except TimeoutError:
            raise Late from None

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Completion]:
        """The worker's events, as they come. Raises one of our errors where the worker refuses or breaks off."""
        body = msgspec.json.encode(request)
        async with self._asked("POST", "/v1/completions", body) as response:
            if response.status != 200:
                raise ERRORS.get(response.status, BadReply)()
            async for data in _events(response):
                if data == b"[DONE]":
                    await _last_bytes(response)
                    return
                if data.startswith(b'{"error"'):
                    raise BROKEN_OFF.get(_decoded(data, ErrorReply).error.code, Failed)
                yield _decoded(data, Completion)
        raise Down

    @asynccontextmanager
    async def _asked(self, method: str, path: str, body: bytes | None = None) -> AsyncIterator[aiohttp.ClientResponse]:
        """A response whose connection is closed on leaving, unless it was read to its end."""
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        try:
            response = await self._connections().request(
                method, self._url + path, data=body, headers=headers, allow_redirects=False
            )
            try:
                yield response
            finally:
                response.close()
        except (aiohttp.ClientError, OSError):
            raise Down from None

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(
                timeout=timeout, trust_env=False, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The data of each server-sent event; comments and other fields are passed over."""
    async for line in _lines(response):
        if line.startswith(b"data:"):
            yield line[5:].strip()


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body's lines, none longer than `MAX_LINE`, all together no more than `MAX_STREAM`."""
    rest, read = b"", 0
    async for piece in response.content.iter_any():
        read += len(piece)
        *lines, rest = (rest + piece).split(b"\n")
        if read > MAX_STREAM or len(rest) > MAX_LINE or any(len(line) > MAX_LINE for line in lines):
            raise BadReply
        for line in lines:
            yield line
    yield rest


async def _last_bytes(response: aiohttp.ClientResponse) -> None:
    """A moment for the end of the body to arrive, so that the connection can be used again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_BYTES_SECONDS):
            await response.content.readany()


def _decoded(data: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadReply from None
