"""The routes a page talks to: `codecompose/complete`, `codecompose/warm`, `codecompose/sent` and `codecompose/status`.

Login, XSRF and origin are checked before any of a body is read, and a body is bounded before it is kept. No logic: what
is answered is the service's.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.iostream import StreamClosedError

from jupyter_codecompose.errors import Invalid, TooLarge
from jupyter_codecompose.service import Service
from jupyter_codecompose.wire import MAX_BODY_BYTES, Chunk, Snapshot

BODY_SECONDS = 10.0


class Route(APIHandler):  # type: ignore[misc]
    auth_resource = "codecompose"

    def initialize(self, service: Service) -> None:
        self.service = service

    def reply(self, message: msgspec.Struct) -> None:
        """Ends with a message as JSON."""
        self.finish(msgspec.json.encode(message))


@web.stream_request_body
class SnapshotRoute(Route):
    """A route that takes a snapshot, no larger than is allowed: it is refused by its length, or once it is too long."""

    async def prepare(self) -> None:
        await super().prepare()
        self._body = bytearray()
        self.request.connection.set_body_timeout(BODY_SECONDS)
        length = self.request.headers.get("Content-Length", "0")
        if length.isdecimal() and int(length) > MAX_BODY_BYTES:
            raise web.HTTPError(TooLarge.status, TooLarge.sentence)

    def data_received(self, chunk: bytes) -> None:
        self._body += chunk
        if len(self._body) > MAX_BODY_BYTES:
            self._body.clear()
            self.set_status(TooLarge.status)
            self.finish({"message": TooLarge.sentence})
            self.on_connection_close()

    def snapshot(self) -> Snapshot:
        """The body, decoded. What is wrong with it is not said in its own words."""
        try:
            return msgspec.json.decode(self._body, type=Snapshot)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise web.HTTPError(Invalid.status, Invalid.sentence) from None


class CompleteRoute(SnapshotRoute):
    """A suggestion as server-sent events. The page ends it by going away."""

    _streaming: asyncio.Task[Any] | None = None

    @web.authenticated
    @authorized  # type: ignore[untyped-decorator]
    async def post(self) -> None:
        snapshot = self.snapshot()
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("X-Accel-Buffering", "no")
        self._streaming = asyncio.current_task()
        try:
            async with aclosing(self.service.complete(snapshot)) as events:
                async for event in events:
                    self.write(b"data: " + msgspec.json.encode(event) + b"\n\n")
                    if isinstance(event, Chunk):
                        await self.flush()
            # The last word goes out with the end, so that the page has read all, and keeps its connection.
            self.finish(set_content_type="text/event-stream")
        except (asyncio.CancelledError, StreamClosedError):
            return
        finally:
            self._streaming = None

    def on_connection_close(self) -> None:
        super().on_connection_close()
        if self._streaming:
            self._streaming.cancel()


class WarmRoute(SnapshotRoute):
    """Says that suggestions will soon be wanted here."""

    @web.authenticated
    @authorized  # type: ignore[untyped-decorator]
    async def post(self) -> None:
        self.reply(self.service.warm(self.snapshot()))


class SentRoute(Route):
    """What the worker was last given for `editor`, for the person who types there to look at."""

    @web.authenticated
    @authorized  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        self.reply(self.service.sent(self.get_query_argument("editor", "")))


class StatusRoute(Route):
    """Where the worker stands. Asking does not count as activity, and starts nothing."""

    _track_activity = False

    @web.authenticated
    @authorized  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        self.reply(self.service.status())


def routes(service: Service) -> list[tuple[str, type[Route], dict[str, Service]]]:
    """All routes, for the server's application."""
    named = {"complete": CompleteRoute, "warm": WarmRoute, "sent": SentRoute, "status": StatusRoute}
    return [(f"/codecompose/{name}", route, {"service": service}) for name, route in named.items()]
