"""The worker's HTTP border: OpenAI's completions over tornado, and nothing but HTTP.

Bodies are bounded before they are read, decoded once, and handed to the engine's loop; a client that goes away drops
its request. Errors come in OpenAI's shape, at once, with a status that tells whose fault it is.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import msgspec
from tornado import web
from tornado.iostream import StreamClosedError

from model_server.generation import Done, Piece, TooLong
from model_server.loop import Full, Loop, NotReady, Replaced
from model_server.wire import (
    MAX_BODY_BYTES,
    Choice,
    Completion,
    CompletionRequest,
    ErrorDetail,
    ErrorReply,
)

log = logging.getLogger("model_server")
decoder = msgspec.json.Decoder(CompletionRequest)
encode = msgspec.json.Encoder().encode

FAILURES: dict[type[Exception], tuple[int, str]] = {
    TooLong: (400, "context_length_exceeded"),
    NotReady: (503, "model_not_ready"),
    Full: (429, "too_many_requests"),
    Replaced: (409, "replaced"),
}


class Refused(Exception):
    """An answer other than the one that was asked for."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """A status, a code for programs and a sentence for people."""
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def refusal(error: Exception) -> Refused:
    """How the client hears of an error. What is not expected is told without its text."""
    for kind, (status, code) in FAILURES.items():
        if isinstance(error, kind):
            return Refused(status, code, str(error))
    return Refused(500, "engine_error", "the engine failed on this request; the worker's log names the error")


class Base(web.RequestHandler):
    """Authentication, and errors in one shape."""

    def initialize(self, loop: Loop, token: str, model: str) -> None:
        """`token` is the bearer token that callers must show; empty for none."""
        self.loop, self.token, self.model = loop, token, model

    def prepare(self) -> None:
        """Turn away who has no token."""
        shown = self.request.headers.get("Authorization", "")
        if self.token and not hmac.compare_digest(shown.encode(), f"Bearer {self.token}".encode()):
            raise Refused(401, "invalid_api_key", "a bearer token is required, and this is not it")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """OpenAI's error body, for our own refusals and for tornado's."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Refused):
            self.set_status(error.status)
            self.reply_error(error)
        else:
            self.reply_error(Refused(status_code, "http_error", self._reason))

    def reply_error(self, error: Refused) -> None:
        """Write an error as the whole reply."""
        kind = "server_error" if error.status >= 500 else "invalid_request_error"
        if error.status in (429, 503):
            self.set_header("Retry-After", "1")
        self.reply(ErrorReply(ErrorDetail(error.message, kind, error.code)))

    def reply(self, message: msgspec.Struct) -> None:
        """Write a message as the whole reply."""
        self.set_header("Content-Type", "application/json")
        self.finish(encode(message))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Refusals are no news; of the rest only the kind is logged, since its text may hold what the user typed."""
        if not isinstance(value, Refused | web.HTTPError):
            log.error("%s failed: %s", self.request.path, typ.__name__)


class HealthHandler(Base):
    """`GET /health`."""

    def prepare(self) -> None:
        """Open to everyone: it tells the load state alone."""

    def get(self) -> None:
        """Where the model stands; 503 unless it is ready."""
        health = self.loop.health
        self.set_status(200 if health.state == "ready" else 503)
        self.reply(msgspec.structs.replace(health, model=self.model))


class ModelsHandler(Base):
    """`GET /v1/models`."""

    def get(self) -> None:
        """The one model that is served."""
        self.finish({"object": "list", "data": [{"id": self.model, "object": "model", "owned_by": "local"}]})


@web.stream_request_body
class CompletionsHandler(Base):
    """`POST /v1/completions`."""

    def initialize(self, loop: Loop, token: str, model: str) -> None:
        """See `Base`."""
        super().initialize(loop, token, model)
        self._id = f"cmpl-{secrets.token_hex(8)}"
        self._body = bytearray()
        self._task: asyncio.Task[None] | None = None

    def prepare(self) -> None:
        """Refuse a body that says it is too long before any of it is read."""
        super().prepare()
        if int(self.request.headers.get("Content-Length", "0")) > MAX_BODY_BYTES:
            raise self._too_large()

    def data_received(self, chunk: bytes) -> None:
        """Collect the body, as far as it may go."""
        self._body += chunk
        if len(self._body) > MAX_BODY_BYTES:
            raise self._too_large()

    async def post(self) -> None:
        """Complete; as one reply or as server-sent events."""
        request = self._decode()
        self._task = asyncio.create_task(self._stream(request) if request.stream else self._whole(request))
        try:
            await self._task
        except StreamClosedError:
            return  # the client went away between two events
        except asyncio.CancelledError:
            if not self._task.cancelled():
                raise

    def on_connection_close(self) -> None:
        """The client went away: so does its request."""
        if self._task:
            self._task.cancel()

    def _decode(self) -> CompletionRequest:
        try:
            request = decoder.decode(self._body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refused(400, "invalid_request", f"the body is not a completion request: {error}") from None
        if request.parts and (request.prompt or request.suffix):
            raise Refused(400, "invalid_request", "give either `parts` or `prompt` and `suffix`, not both")
        return request

    async def _pieces(self, request: CompletionRequest) -> AsyncIterator[Piece | Done]:
        """The engine's pieces. Raises Refused, whatever went wrong behind."""
        async with aclosing(self.loop.ask(request, f"{request.user}/{request.editor}")) as pieces:
            try:
                async for piece in pieces:
                    yield piece
            except Exception as error:  # noqa: BLE001 - the edge: nothing else goes out than a refusal
                raise refusal(error) from None

    async def _whole(self, request: CompletionRequest) -> None:
        text = ""
        async for piece in self._pieces(request):
            if isinstance(piece, Done):
                self.reply(self._completion(text, piece))
            else:
                text += piece.text

    async def _stream(self, request: CompletionRequest) -> None:
        """Events as they come. An error before the first one is a plain reply; after it, the last event."""
        begun = False
        try:
            async for piece in self._pieces(request):
                if not begun:
                    self.set_header("Content-Type", "text/event-stream")
                    self.set_header("Cache-Control", "no-cache")
                    begun = True
                done = piece if isinstance(piece, Done) else None
                await self._event(self._completion("" if isinstance(piece, Done) else piece.text, done))
        except Refused as error:
            if not begun:
                raise
            await self._event(ErrorReply(ErrorDetail(error.message, "server_error", error.code)))
        self.write(b"data: [DONE]\n\n")
        await self.finish()

    async def _event(self, message: msgspec.Struct) -> None:
        self.write(b"data: " + encode(message) + b"\n\n")
        await self.flush()

    def _completion(self, text: str, done: Done | None) -> Completion:
        return Completion(
            id=self._id,
            created=int(time.time()),
            model=self.model,
            choices=(Choice(text, done.reason if done else None),),
            usage=done.usage if done else None,
            explanation=done.explanation if done else None,
        )

    def _too_large(self) -> Refused:
        return Refused(413, "body_too_large", f"the body is over {MAX_BODY_BYTES} bytes: send less of the document")


def application(loop: Loop, *, token: str = "", model: str = "bundled") -> web.Application:
    """The worker as a tornado application over a started loop."""
    shared = {"loop": loop, "token": token, "model": model}
    return web.Application(
        [
            (r"/health", HealthHandler, shared),
            (r"/v1/models", ModelsHandler, shared),
            (r"/v1/completions", CompletionsHandler, shared),
        ],
        log_function=lambda handler: None,
    )
