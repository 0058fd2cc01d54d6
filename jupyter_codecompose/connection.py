"""HTTP to one server: its answers and its event streams, bounded.

Redirects and proxies from the environment are not followed, and leaving a stream closes its connection, which is how
a server learns that nobody reads any more. Deadlines are the caller's. It does not know what is asked or answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp

from jupyter_codecompose.errors import BadReply, Down, Untrusted

MAX_LINE = 65_536
MAX_STREAM = 1_048_576
CONNECT_SECONDS = 2.0
LAST_BYTES_SECONDS = 0.02
SESSION = "X-Session-Id"
"""By this header, what balances the load of several machines sends requests that belong together to one of them."""


class Connection:
    """A server at `url`. Made without an event loop; its connections are opened at the first request."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/").removesuffix("/v1")
        self._headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Closes all connections."""
        session, self._session = self._session, None
        if session:
            await session.close()

    @asynccontextmanager
    async def asked(
        self, method: str, path: str, body: bytes | None = None, session: str = ""
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A response whose connection is closed on leaving, unless it was read to its end. Raises `Down`."""
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        headers |= {SESSION: session} if session else {}
        try:
            response = await self._answered(method, path, body, headers)
            try:
                yield response
            finally:
                response.close()
        except aiohttp.ClientConnectorCertificateError:
            raise Untrusted from None
        except (aiohttp.ClientError, OSError):
            raise Down from None

    async def _answered(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> aiohttp.ClientResponse:
        """The response. A connection that was kept may be closed at its other end just now: then there is another."""
        session, url = self._connections(), self._url + path
        try:
            return await session.request(method, url, data=body, headers=headers, allow_redirects=False)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            return await session.request(method, url, data=body, headers=headers, allow_redirects=False)

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(
                timeout=timeout, trust_env=False, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


async def events(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The data of each server-sent event; comments and other fields are passed over."""
    async for line in lines(response):
        if line.startswith(b"data:"):
            yield line[5:].strip()


async def whole(response: aiohttp.ClientResponse) -> bytes:
    """All of a body. Raises `BadReply` where it is too long."""
    body = b""
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MAX_STREAM:
            raise BadReply
    return body


async def lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body's lines, none longer than `MAX_LINE`, all together no more than `MAX_STREAM`."""
    rest, read = b"", 0
    async for piece in response.content.iter_any():
        read += len(piece)
        *full, rest = (rest + piece).split(b"\n")
        if read > MAX_STREAM or len(rest) > MAX_LINE or any(len(line) > MAX_LINE for line in full):
            raise BadReply
        for line in full:
            yield line
    yield rest


async def last_bytes(response: aiohttp.ClientResponse) -> None:
    """A moment for the end of the body to arrive, so that the connection can be used again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_BYTES_SECONDS):
            await response.content.readany()
