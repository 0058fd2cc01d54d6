"""An honest fake of the worker: it speaks the worker's border over HTTP, and says what its script tells it to.

Run as a program it is a managed child: one line with its address, and an end with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from model_server.wire import (
    Choice,
    Completion,
    CompletionRequest,
    ErrorDetail,
    ErrorReply,
    Explanation,
    Health,
    PromptTokensDetails,
    Usage,
)


@dataclass
class Script:
    """What the fake does with each request. `delay` is seconds before each chunk; `then` is how it ends."""

    chunks: tuple[str, ...] = ("one", " + two")
    delay: float = 0.0
    status: int = 200
    reason: str = "stop"
    then: str = "end"
    raw: bytes = b""


@dataclass
class FakeWorker:
    """A worker on a port of this machine. What was asked of it, and how many streams it has open, can be looked at."""

    script: Script = field(default_factory=Script)
    health: Health = field(default_factory=lambda: Health(state="ready", progress=1.0, message="", model="fake"))
    token: str = ""
    requests: list[CompletionRequest] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    health_asked: int = 0
    open_streams: int = 0
    cancelled: int = 0
    url: str = ""

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.router.add_get("/health", self._get_health)
        app.router.add_post("/v1/completions", self._post_completion)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    def told(self) -> str:
        """Everything that it was sent: the bodies, and each text in them as it was before it was JSON."""
        found = [body.decode() for body in self.bodies]
        for body in self.bodies:
            json.loads(body, object_pairs_hook=lambda pairs: found.extend(str(value) for _, value in pairs))
        return "\n".join(found)

    async def _get_health(self, request: web.Request) -> web.Response:
        self.health_asked += 1
        status = 200 if self.health.state == "ready" else 503
        return web.Response(body=msgspec.json.encode(self.health), status=status, content_type="application/json")

    async def _post_completion(self, request: web.Request) -> web.StreamResponse:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return self._refused(401)
        self.headers.append(dict(request.headers))
        body = await request.read()
        asked = msgspec.json.decode(body, type=CompletionRequest)
        self.bodies.append(body)
        self.requests.append(asked)
        if self.script.status != 200:
            return self._refused(self.script.status)
        self.open_streams += 1
        try:
            return await self._stream(request, asked)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.open_streams -= 1

    async def _stream(self, request: web.Request, asked: CompletionRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        script = self.script
        for text in script.chunks if asked.max_tokens else ():
            await asyncio.sleep(script.delay)
            await response.write(_event(self._completion(text)))
        if script.then == "freeze":
            await asyncio.sleep(3600)
        if script.then == "die":
            os.kill(os.getpid(), 9)
        if script.then == "break":
            assert request.transport is not None
            request.transport.abort()
            return response
        if script.raw:
            await response.write(script.raw)
        await response.write(_event(self._last(asked)))
        await response.write(b"data: [DONE]\n\n")
        return response

    def _completion(self, text: str, **more: object) -> Completion:
        reason = more.pop("reason", None)
        choice = Choice(text=text, finish_reason=reason)  # type: ignore[arg-type]
        return Completion(id="c", created=0, model="fake", choices=(choice,), **more)  # type: ignore[arg-type]

    def _last(self, asked: CompletionRequest) -> Completion:
        count = len(self.script.chunks)
        usage = Usage(100, count, 100 + count, PromptTokensDetails(90))
        told = Explanation(prompt="the prompt", tokenise_ms=0.1, prefill_ms=2.0, decode_ms=3.0)
        return self._completion("", reason=self.script.reason, usage=usage, explanation=told if asked.explain else None)

    def _refused(self, status: int) -> web.Response:
        reply = ErrorReply(error=ErrorDetail(message="the worker's own words", type="x", code="x"))
        return web.Response(body=msgspec.json.encode(reply), status=status, content_type="application/json")


def _event(message: msgspec.Struct) -> bytes:
    return b"data: " + msgspec.json.encode(message) + b"\n\n"


async def main() -> None:
    """A managed child. `FAKE_CHUNKS` and `FAKE_THEN` are its script; `FAKE_HEALTH` is its health, where it is another
    than ready; `FAKE_LIFE` the seconds it lives."""
    chunks = tuple(json.loads(os.environ.get("FAKE_CHUNKS", '["one", " + two"]')))
    script = Script(chunks=chunks, then=os.environ.get("FAKE_THEN", "end"))
    fake = FakeWorker(script=script, token=os.environ["CODECOMPOSE_TOKEN"])
    if said := os.environ.get("FAKE_HEALTH"):
        fake.health = msgspec.json.decode(said, type=Health)
    await fake.start()
    print(json.dumps({"url": fake.url}), flush=True)
    closed = asyncio.Event()

    def read_stdin() -> None:
        if not os.read(sys.stdin.fileno(), 1):
            closed.set()

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), read_stdin)
    with suppress(TimeoutError):
        await asyncio.wait_for(closed.wait(), float(os.environ.get("FAKE_LIFE", "600")))


if __name__ == "__main__":
    asyncio.run(main())
