"""The border to servers that are not our worker: what they answer of OpenAI's completions and llama.cpp's `/infill`.

Read leniently, since each fills the shapes in its own way: text may be null or come as a chat's `delta`, usage in an
event of its own, an error in the stream. What is not known here is passed over, and nothing of an error is kept.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from jupyter_codecompose.errors import BadReply, Failed
from model_server.wire import Choice, Completion, PromptTokensDetails, Usage

T = TypeVar("T")


class Ours(msgspec.Struct, frozen=True):
    """What the health of each version of our own worker has."""

    state: str
    progress: float


class Served(msgspec.Struct, frozen=True):
    """One model of `GET /v1/models`, as far as it matters here. `root` is where vLLM has it from."""

    id: str
    owned_by: str | None = None
    root: str | None = None
    max_model_len: int | None = None
    meta: dict[str, Any] | None = None

    @property
    def context(self) -> int:
        """Tokens that it reads and writes at most, as vLLM or llama.cpp say it; 0 where that is not said."""
        said = self.max_model_len or (self.meta or {}).get("n_ctx")
        return said if isinstance(said, int) else 0


class Offer(msgspec.Struct, frozen=True):
    """`GET /v1/models`."""

    data: tuple[Served, ...]


class Delta(msgspec.Struct, frozen=True):
    content: str | None = None


class Piece(msgspec.Struct, frozen=True):
    text: str | None = None
    delta: Delta | None = None
    finish_reason: str | None = None


class Cached(msgspec.Struct, frozen=True):
    cached_tokens: int | None = None


class Counts(msgspec.Struct, frozen=True):
    prompt_tokens: int = 0
    completion_tokens: int | None = None
    prompt_tokens_details: Cached | None = None


class Event(msgspec.Struct, frozen=True):
    """An event of `POST /v1/completions`, streamed."""

    choices: tuple[Piece, ...] | None = None
    usage: Counts | None = None
    error: Any = None


class Filled(msgspec.Struct, frozen=True):
    """An event of llama.cpp's `POST /infill`, streamed; the last one has `stop`, and tells the tokens."""

    content: str = ""
    stop: bool = False
    stop_type: str = ""
    tokens_predicted: int = 0
    tokens_evaluated: int = 0
    timings: dict[str, Any] = {}
    error: Any = None


def completion(data: bytes, model: str) -> Completion:
    """A completions event as our worker would send it. Raises `BadReply`, or `Failed` where the server breaks off."""
    event = decoded(data, Event)
    if event.error:
        raise Failed
    choices = tuple(Choice(_text(piece), _reason(piece.finish_reason)) for piece in event.choices or ())
    return _completion(model, choices, _usage(event.usage) if event.usage else None)


def filled(data: bytes, model: str) -> Completion:
    """An infill event as our worker would send it. Raises as `completion` does."""
    event = decoded(data, Filled)
    if event.error:
        raise Failed
    if not event.stop:
        return _completion(model, (Choice(event.content),))
    cached = Cached(event.timings.get("cache_n"))
    usage = _usage(Counts(event.tokens_evaluated, event.tokens_predicted, cached))
    return _completion(model, (Choice(event.content, "length" if event.stop_type == "limit" else "stop"),), usage)


def is_ours(data: bytes) -> bool:
    """Whether a health is one of our worker's, of whichever version."""
    try:
        decoded(data, Ours)
    except BadReply:
        return False
    return True


def decoded(data: bytes, type_: type[T]) -> T:
    """A message of a server's. Raises `BadReply`."""
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadReply from None


def _text(piece: Piece) -> str:
    return piece.text or (piece.delta and piece.delta.content) or ""


def _reason(said: str | None) -> Literal["stop", "length"] | None:
    if said is None:
        return None
    return "length" if said == "length" else "stop"


def _usage(counts: Counts) -> Usage:
    cached = counts.prompt_tokens_details and counts.prompt_tokens_details.cached_tokens
    wrote = counts.completion_tokens or 0
    total = counts.prompt_tokens + wrote
    return Usage(counts.prompt_tokens, wrote, total, PromptTokensDetails(cached or 0))


def _completion(model: str, choices: tuple[Choice, ...], usage: Usage | None = None) -> Completion:
    return Completion(id="", created=0, model=model, choices=choices, usage=usage)
