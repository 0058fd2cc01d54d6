"""The worker's whole HTTP API without an HTTP server: a method, a path, headers and a body in, an answer out.

What is served under which path stands in `ROUTES`. Every answer is JSON, server-sent events or Prometheus' text, every
refusal has OpenAI's shape, and closing an answer's body drops its request. There is no CORS: no page of a browser may
reach a worker. It knows nothing of sockets: who reads bodies asks `refused` first, and reads `MAX_BODY_BYTES` at most.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from msgspec.structs import replace

from model_server.admission import Admission, Asked, check_length
from model_server.asking import Asking, Reply, encode
from model_server.completions import DONE, ONLY, Completions, completion_request, warm_request
from model_server.infill import Infills, infill_request
from model_server.llama import Infilled, InfillRequest, Written
from model_server.loop import Loop
from model_server.metrics import Metrics
from model_server.openapi import EVENTS, JSON, Operation, describe
from model_server.owner import owner_of
from model_server.refusal import Refused, refusal
from model_server.wire import (
    Completion,
    CompletionRequest,
    Health,
    Model,
    Models,
    Warmed,
    WarmRequest,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers, and the body as it comes. Who does not read the body to its end closes it."""

    status: int
    headers: dict[str, str]
    body: AsyncGenerator[bytes, None]


class Api:
    """A worker's API over its loop."""

    def __init__(self, loop: Loop, *, token: str = "", model: str = "bundled") -> None:
        """`token` is what callers must show, '' for none; `model` is the name that is served."""
        self._loop, self._model = loop, model
        self._admission = Admission(tuple(ROUTES), token)
        self._metrics = Metrics(loop)
        self._asking = Asking(loop, self._metrics)
        self._created = int(time.time())

    async def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes, peer: str = "") -> Answer:
        """The answer to a request from the address `peer`. A stream's comes with its first text; until then, cancelling
        drops the request."""
        asked = Asked(method, path, lowered(headers), body, peer)
        try:
            operation = self._admission.operation(asked)
            check_length(str(len(body)))
            return await ROUTES[operation](self, asked)
        except Exception as error:  # noqa: BLE001 - the edge: nothing else goes out than a refusal
            return refusing(refusal(error))

    def refused(self, method: str, path: str, headers: Mapping[str, str]) -> Answer | None:
        """What a request is told before its body is read; None where it may go on."""
        asked = Asked(method, path, lowered(headers))
        try:
            self._admission.operation(asked)
            check_length(asked.headers.get("content-length", "0"))
        except Refused as error:
            return refusing(error)
        return None

    async def health(self, asked: Asked) -> Answer:
        """`GET /health`."""
        health = self._loop.health
        status = "ok" if health.state == "ready" else health.state
        return whole(replace(health, model=self._model, status=status), 200 if status == "ok" else 503)

    async def models(self, asked: Asked) -> Answer:
        """`GET /v1/models`."""
        return whole(Models((Model(self._model, self._created),)))

    async def model(self, asked: Asked) -> Answer:
        """`GET /v1/models/{model}`."""
        if unquote(asked.path.removeprefix("/v1/models/")) != self._model:
            raise Refused(404, "model_not_found", f"this worker serves {self._model!r} alone", param="model")
        return whole(Model(self._model, self._created))

    async def complete(self, asked: Asked) -> Answer:
        """`POST /v1/completions`."""
        return await self._given(Completions(completion_request(asked.body, self._model), self._model), asked)

    async def warm(self, asked: Asked) -> Answer:
        """`POST /v1/warm`."""
        request = warm_request(asked.body, self._model)
        _, done = await self._asking.text(request, owner_of(request, asked))
        return whole(Warmed(self._model, done.usage))

    async def infill(self, asked: Asked) -> Answer:
        """`POST /infill`."""
        context = self._loop.health.context_tokens
        return await self._given(Infills(infill_request(asked.body), self._model, context), asked)

    async def metrics(self, asked: Asked) -> Answer:
        """`GET /metrics`."""
        kind, text = self._metrics.text(asked.headers.get("accept", ""))
        return Answer(200, {"Content-Type": kind, "Content-Length": str(len(text))}, once(text))

    async def description(self, asked: Asked) -> Answer:
        """`GET /openapi.json`."""
        return whole(self._described)

    @cached_property
    def _described(self) -> object:
        return describe(ROUTES, self._model)

    async def _given(self, reply: Reply, asked: Asked) -> Answer:
        """A text, whole or in events, as it was asked for. Raises Refused."""
        owner = owner_of(reply.request, asked)
        if not reply.request.stream:
            return whole(reply.whole(*await self._asking.text(reply.request, owner)))
        body = self._asking.events(reply, owner)
        await anext(body)
        return Answer(200, {"Content-Type": EVENTS, "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}, body)


async def once(body: bytes) -> AsyncGenerator[bytes, None]:
    """A body that comes at once."""
    yield body


def whole(message: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A message as the whole answer."""
    body = encode(message)
    return Answer(status, {"Content-Type": JSON, "Content-Length": str(len(body)), **(headers or {})}, once(body))


def refusing(error: Refused) -> Answer:
    """A refusal as the whole answer."""
    return whole(error.reply(), error.status, error.headers)


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


KEPT = (401, 403)
"""How anything that is not open to everyone may be refused."""
WRITING = (400, *KEPT, 409, 413, 429, 500, 503, 504)
"""How a request to the engine may be, by whatever model name it comes."""
ROUTES: dict[Operation, Callable[[Api, Asked], Awaitable[Answer]]] = {
    Operation("GET", "/health", "Where the model stands", Health, open=True, also=(503,), fails=(403,)): Api.health,
    Operation("GET", "/v1/models", "The one model that is served", Models, fails=KEPT): Api.models,
    Operation("GET", "/v1/models/{model}", "The model, by its name", Model, fails=(*KEPT, 404)): Api.model,
    Operation(
        "POST",
        "/v1/completions",
        "Complete a text, or fill a gap in it",
        Completion,
        CompletionRequest,
        ONLY,
        events=(Completion, DONE),
        fails=(404, *WRITING),
    ): Api.complete,
    Operation(
        "POST", "/v1/warm", "Read what will soon be asked for", Warmed, WarmRequest, fails=(404, *WRITING)
    ): Api.warm,
    Operation(
        "POST",
        "/infill",
        "Fill a gap in a text, as llama.cpp's server does",
        Infilled,
        InfillRequest,
        partial=True,
        events=(Written, Infilled),
        fails=WRITING,
    ): Api.infill,
    Operation("GET", "/metrics", "The worker's numbers, for Prometheus", kind="text/plain", fails=KEPT): Api.metrics,
    Operation("GET", "/openapi.json", "This description", open=True, fails=(403,)): Api.description,
}
