"""The line to one worker: how it wants to be asked, its health, and a completion as a stream.

Our own worker says in its health that it is one; what else answers is taken for an OpenAI-compatible server. Deadlines
are the caller's. What a worker says about its troubles is never repeated: each becomes one of our own errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import aiohttp
from msgspec.structs import replace

from jupyter_codecompose.connection import Connection, events, last_bytes, whole
from jupyter_codecompose.dialect import Dialect, Structured, speaking
from jupyter_codecompose.errors import (
    BadReply,
    Busy,
    CodeComposeError,
    Down,
    Elsewhere,
    Failed,
    Late,
    Loading,
    Missing,
    Refused,
    Replaced,
    Unfit,
)
from jupyter_codecompose.foreign import Offer, Served, decoded, is_ours
from jupyter_codecompose.models import chosen, shown, way
from model_server.wire import Completion, CompletionRequest, Explanation, Health, PromptTokensDetails, Usage

HEALTH_SECONDS = 2.0
MOST_REST_SECONDS = 60.0
UNSAID_CONTEXT = 2_048
"""Tokens that a model is taken to read and write, where neither its server nor a setting says it."""

ERRORS: dict[int, type[CodeComposeError]] = {
    400: Unfit,
    401: Refused,
    403: Refused,
    404: Missing,
    409: Replaced,
    413: Unfit,
    422: Unfit,
    429: Busy,
    500: Failed,
    501: Unfit,
    502: Down,
    503: Loading,
    504: Late,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the settings say of a worker: its model's name, the way of asking, and the context in tokens (0: unsaid)."""

    model: str = ""
    way: str = "auto"
    context: int = 0


OURS = Wanted(way="parts")
STILL_LOADING = Health(state="loading", progress=0.0, message="")


class Link:
    """A worker at `url`, to be asked once its `health` was."""

    def __init__(self, url: str, token: str, wanted: Wanted = OURS) -> None:
        self._connection = Connection(url, token)
        self._wanted = wanted
        self._dialect: Dialect = Structured()
        self._rests_until = 0.0

    async def close(self) -> None:
        """Closes all connections."""
        await self._connection.close()

    async def health(self) -> Health:
        """Where the worker stands. Raises `Down`, `Refused` or `BadReply`, or what of the settings is to be changed."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                own = await self._own_health() if self._wanted.way in ("auto", "parts") else None
                return own or await self._served()
        except TimeoutError:
            raise Late from None

    async def complete(
        self, request: CompletionRequest, sent: Callable[[bytes], None] | None = None
    ) -> AsyncGenerator[Completion]:
        """The worker's events, as they come; `sent` is told the bytes that go out. Raises one of our errors where the
        worker refuses or breaks off."""
        if asyncio.get_running_loop().time() < self._rests_until:
            raise Busy
        asked = self._dialect.ask(request)
        if sent:
            sent(asked.body)
        last: Completion | None = None
        ended, usage = False, None
        async with self._connection.asked("POST", asked.path, asked.body, asked.session) as response:
            self._accept(response)
            async for data in events(response):
                if data == b"[DONE]":
                    ended = True
                    await last_bytes(response)
                    break
                last = self._dialect.read(data)
                ended = ended or any(choice.finish_reason for choice in last.choices)
                usage = last.usage or usage
                yield last
        if not ended:
            raise Down
        if last and request.explain and asked.text:
            yield _told(last, usage, asked.text)

    async def _own_health(self) -> Health | None:
        """The health that our own worker tells, or that another is loading; None where another is to be asked more."""
        async with self._connection.asked("GET", "/health") as response:
            status, body = response.status, await whole(response)
        if status in (401, 403):
            raise Refused
        if self._wanted.way == "parts" or is_ours(body):
            if status not in (200, 503):
                raise ERRORS.get(status, BadReply)
            self._dialect = Structured()
            return decoded(body, Health)
        return STILL_LOADING if status == 503 else None

    async def _served(self) -> Health:
        """The health of a server that is not ours: what it serves, and whether it is known how to ask it."""
        async with self._connection.asked("GET", "/v1/models") as response:
            if response.status == 503:
                return STILL_LOADING
            model = chosen(await self._offered(response), self._wanted.model)
        context = self._wanted.context or model.context or UNSAID_CONTEXT
        self._dialect = speaking(way(model, self._wanted.way), model, context)
        return Health(state="ready", progress=1.0, message="", model=shown(model), context_tokens=context)

    async def _offered(self, response: aiohttp.ClientResponse) -> tuple[Served, ...]:
        """The models that are served. Where a server has no list, the one that is wanted."""
        if response.status == 404 and self._wanted.model:
            return (Served(self._wanted.model),)
        if response.status != 200:
            raise ERRORS.get(response.status, Elsewhere)
        try:
            return decoded(await whole(response), Offer).data
        except BadReply:
            raise Elsewhere from None

    def _accept(self, response: aiohttp.ClientResponse) -> None:
        """Raises what a refusal means. One that says how long to wait is obeyed."""
        if response.status == 429:
            said = response.headers.get("Retry-After", "")
            seconds = min(float(said), MOST_REST_SECONDS) if said.isdecimal() else 0.0
            self._rests_until = asyncio.get_running_loop().time() + seconds
        if response.status != 200:
            raise ERRORS.get(response.status, Elsewhere)
        if response.content_type != "text/event-stream":
            raise Elsewhere


def _told(last: Completion, usage: Usage | None, text: str) -> Completion:
    """The last event, with what was sent and what a server that is not ours says of the tokens."""
    usage = usage or Usage(0, 0, 0, PromptTokensDetails(0))
    return replace(last, choices=(), usage=usage, explanation=Explanation(text, 0.0, 0.0, 0.0))
