"""The worker on many machines: the same API as a Ray Serve application.

Each replica is a whole worker, with an engine, a loop and slots of its own. Ray Serve starts and ends replicas by load,
replaces one that fails, and sends the requests of one editor to one replica, by a consistent hash of their header
`X-Session-Id`, so that they meet the keys and values of the last one. This file hands requests to `api.py` and bytes
back; it knows nothing of what they mean.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from ray import serve
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from model_server.api import Answer, Api, refusing
from model_server.gauges import Gauges
from model_server.loading import loader
from model_server.loop import Load, Loop, Remember
from model_server.memory import Memory, beside
from model_server.metrics import LoopNumbers
from model_server.options import TOKEN_VARIABLE, is_loopback
from model_server.refusal import Refused, too_long
from model_server.weights import resolve
from model_server.wire import MAX_BODY_BYTES

AFFINITY = "ray.serve.experimental.consistent_hash_router.ConsistentHashRouter"
READ_SECONDS = 10.0
"""For a whole body."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The application's `args`: the worker's own options. `slot_memory` is in MiB, 0 for no bound."""

    model: str = "bundled"
    revision: str = ""
    slots: Annotated[int, Meta(ge=1)] = 8
    slot_memory: Annotated[int, Meta(ge=0)] = 0
    memory: bool = True


class Stream(StreamingResponse):
    """An answer on its way out. However that ends, its body is closed, which drops the request."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, answer.status, answer.headers)
        self._body = answer.body

    async def stream_response(self, send: Send) -> None:
        """See `StreamingResponse`."""
        async with aclosing(self._body):
            await super().stream_response(send)


@serve.deployment(
    name="worker",
    request_router_config={"request_router_class": AFFINITY},
    max_queued_requests=64,
    backpressure_config={"status_code": 429, "retry_after_s": 1},
    health_check_period_s=5,
    graceful_shutdown_timeout_s=5,
    max_constructor_retry_count=3,
    logging_config={"enable_access_log": False},
)
class Replica:
    """One worker. Requests come to it once its model is loaded."""

    def __init__(self, load: Load, remember: Remember, options: Options) -> None:
        """Load the model. Raises RuntimeError where that fails."""
        self._loop = Loop(load, remember=remember, most_slots=options.slots, most_bytes=options.slot_memory * 2**20)
        self._token = os.environ.get(TOKEN_VARIABLE, "")
        self._api = Api(self._loop, token=self._token, model=Path(options.model).name)
        self._gauges = Gauges(LoopNumbers(self._loop))
        self._counts = replace(self._loop.counts)
        self._loop.start()
        while self._loop.health.state == "loading":
            time.sleep(0.05)
        self.check_health()

    def check_health(self) -> None:
        """What Ray Serve asks every few seconds, and is given numbers at; a replica that keeps raising is replaced."""
        self._gauges.set()
        before, now = self._counts, replace(self._loop.counts)
        self._counts = now
        if self._loop.health.state == "failed":
            raise RuntimeError(self._loop.health.message)
        if now.failed > before.failed and now.finished == before.finished:
            raise RuntimeError("every request failed since the last look, as they do when a GPU has failed")

    async def __call__(self, request: Request) -> Response:
        """Answer. Ray Serve cancels this, and the sending of what it gives, where the client goes away."""
        return Stream(await self._answer(request))

    async def _answer(self, request: Request) -> Answer:
        path = request.scope["path"].removeprefix(request.scope["root_path"])
        if not (self._token or (request.client and is_loopback(request.client.host))):
            said = f"without {TOKEN_VARIABLE} in its environment, this worker answers its own machine alone"
            return refusing(Refused(401, "invalid_api_key", said))
        if refused := self._api.refused(request.method, path, request.headers):
            return refused
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await body_of(request)
        except Refused as error:
            return refusing(error)
        except TimeoutError:
            return refusing(Refused(408, "too_slow", f"the body did not come within {READ_SECONDS:.0f} seconds"))
        peer = request.client.host if request.client else ""
        return await self._api.answer(request.method, path, request.headers, body, peer)

    def __del__(self) -> None:
        """The replica has answered what it was asked."""
        self._loop.stop()


async def body_of(request: Request) -> bytes:
    """A request's body, never held beyond its bound. Raises Refused."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise too_long()
    return bytes(body)


def application(load: Load, remember: Remember, options: Options) -> serve.Application:
    """Replicas of one worker. One that has twice its slots in hand is given no more: the next on the ring is."""
    deployment = Replica.options(  # type: ignore[attr-defined]
        max_ongoing_requests=2 * options.slots,
        autoscaling_config={"max_replicas": 8, "target_ongoing_requests": max(1, options.slots // 2)},
    )
    return deployment.bind(load, remember, options)


def app(args: dict[str, Any]) -> serve.Application:
    """What `import_path: model_server.scale:app` builds. Raises msgspec.ValidationError."""
    options = msgspec.convert(args, Options, strict=False)

    def remember() -> Memory | None:
        return beside(resolve(options.model, options.revision)) if options.memory else None

    return application(loader(options.model, options.revision), remember, options)
