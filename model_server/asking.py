"""Asking the loop, and what comes of it: a whole text, or server-sent events as they come. Times are counted here.

Knows nothing of paths, headers or tokens, and of an API only how it words its messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Hashable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

import msgspec

from model_server.generation import Done, Piece
from model_server.loop import Loop
from model_server.metrics import Metrics, Watch
from model_server.refusal import Refused, refusal
from model_server.wire import CompletionRequest

STUCK_SECONDS = 300.0
"""Between two pieces: a long prompt on a slow machine takes a while, more than this only an engine that hangs."""
encode = msgspec.json.Encoder().encode


class Reply(Protocol):
    """How an API puts what the loop gives into its own words. `last` closes a stream."""

    request: CompletionRequest
    last: bytes

    def whole(self, text: str, done: Done) -> object:
        """The whole reply, as one message."""

    def events(self, piece: Piece | Done) -> Iterator[object]:
        """The messages that a piece becomes in a stream."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A loop to ask, and where it is counted."""

    loop: Loop
    metrics: Metrics

    async def text(self, request: CompletionRequest, owner: Hashable) -> tuple[str, Done]:
        """A whole text and its end. Raises Refused."""
        text = ""
        async with aclosing(self._pieces(request, owner)) as pieces:
            while isinstance(piece := await anext(pieces), Piece):
                text += piece.text
        return text, piece

    async def events(self, reply: Reply, owner: Hashable) -> AsyncGenerator[bytes, None]:
        """Server-sent events. The first is empty and says that there will be others: until then, what goes wrong
        raises Refused; later it is an event itself. Closing drops the request."""
        async with aclosing(self._pieces(reply.request, owner)) as pieces:
            piece = await anext(pieces)
            yield b""
            try:
                while True:
                    for message in reply.events(piece):
                        yield event(message)
                    if isinstance(piece, Done):
                        break
                    piece = await anext(pieces)
            except Refused as error:
                yield event(error.reply())
        yield reply.last

    async def _pieces(self, request: CompletionRequest, owner: Hashable) -> AsyncGenerator[Piece | Done, None]:
        """What the loop gives, to the end. Raises Refused, whatever went wrong behind."""
        watch = Watch(self.metrics)
        try:
            async with aclosing(self.loop.ask(request, owner)) as pieces:
                while True:
                    async with asyncio.timeout(STUCK_SECONDS):
                        piece = await anext(pieces)
                    watch.gave(piece)
                    yield piece
                    if isinstance(piece, Done):
                        return
        except Exception as error:  # noqa: BLE001 - the edge: nothing else goes out than a refusal
            refused = refusal(error)
            watch.outcome = refused.code
            raise refused from None
        finally:
            watch.ended()


def event(message: object) -> bytes:
    """A server-sent event."""
    return b"data: " + encode(message) + b"\n\n"
