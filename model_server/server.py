"""The worker on a socket: tornado's HTTP server, and nothing but its adapter to the API.

What can be refused without its body is refused before that is read, and a body is never held beyond its bound. Whoever
sends or reads too slowly is cut off, and a client that goes away drops its request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import StreamClosedError

from model_server.api import Answer, Api, refusing
from model_server.refusal import too_long
from model_server.wire import MAX_BODY_BYTES

READ_SECONDS = 10.0
"""For a whole body."""
WRITE_SECONDS = 10.0
"""For what the client reads next."""
IDLE_SECONDS = 75.0
"""For the headers of a connection's next request."""


def http_server(api: Api, *, read_seconds: float = READ_SECONDS, write_seconds: float = WRITE_SECONDS) -> HTTPServer:
    """A server of an API, without sockets yet."""
    return HTTPServer(
        Border(api, write_seconds),
        body_timeout=read_seconds,
        idle_connection_timeout=IDLE_SECONDS,
        max_body_size=2**62,  # the API's own bound is the one that is told of
    )


@dataclass(frozen=True)
class Border(HTTPServerConnectionDelegate):
    """Where requests come in."""

    api: Api
    write_seconds: float

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """See `HTTPServerConnectionDelegate`."""
        connection = cast(HTTP1Connection, request_conn)
        connection.stream.set_nodelay(True)
        return Exchange(self.api, connection, self.write_seconds)


class Exchange(HTTPMessageDelegate):
    """One request on a connection, and its answer."""

    def __init__(self, api: Api, connection: HTTP1Connection, write_seconds: float) -> None:
        """`write_seconds` is how long the client may take to make room for what it is sent."""
        self._api, self._connection, self._write_seconds = api, connection, write_seconds
        self._method = self._path = ""
        self._headers = HTTPHeaders()
        self._body = bytearray()
        self._refused = False
        self._task: asyncio.Task[None] | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Refuse what can be refused before its body is read."""
        assert isinstance(start_line, RequestStartLine)
        self._method, self._path, self._headers = start_line.method, start_line.path.partition("?")[0], headers
        if "Content-Length" in headers or "Transfer-Encoding" in headers:
            refused = self._api.refused(self._method, self._path, headers)
            return self._refuse(refused) if refused else None
        return None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Take some of the body, as far as it may go; what comes after a refusal is dropped."""
        if self._refused:
            return None
        self._body += chunk
        if len(self._body) <= MAX_BODY_BYTES:
            return None
        self._body.clear()
        return self._refuse(refusing(too_long()))

    def finish(self) -> None:
        """The request is whole: answer it."""
        if self._refused:
            self._connection.close()
            return
        self._connection.set_close_callback(self.on_connection_close)
        self._task = asyncio.create_task(self._answer())

    def on_connection_close(self) -> None:
        """The client went away: so does its request."""
        if self._task:
            self._task.cancel()

    async def _answer(self) -> None:
        peer = getattr(self._connection.context, "remote_ip", "")
        await self._send(await self._api.answer(self._method, self._path, self._headers, bytes(self._body), peer))
        self._connection.finish()

    async def _refuse(self, answer: Answer) -> None:
        """Answer before the body is read. A client that is sending it does not read the answer until it is through: the
        rest is taken and dropped, as long as a body may take, unless there will be none or its length is unknown."""
        self._refused = True
        answer.headers["Connection"] = "close"
        await self._send(answer)
        if "Expect" in self._headers or answer.status == 400:
            self._connection.finish()

    async def _send(self, answer: Answer) -> None:
        """Write an answer, each part when the client has made room for it; who makes none is cut off."""
        start = ResponseStartLine("HTTP/1.1", answer.status, HTTPStatus(answer.status).phrase)
        headers: HTTPHeaders | None = HTTPHeaders(answer.headers)
        try:
            async with aclosing(answer.body):
                async for chunk in answer.body:
                    part = b"" if self._method == "HEAD" else chunk
                    if headers is not None:
                        written = self._connection.write_headers(start, headers, part)
                        headers = None
                    elif part:
                        written = self._connection.write(part)
                    await asyncio.wait_for(written, self._write_seconds)
        except (StreamClosedError, TimeoutError):
            self._connection.close()
