"""The worker's HTTP border: every message that enters or leaves it, as frozen structs.

A request is decoded once, here; unknown keys are refused and every length is bounded, so nothing behind this file
checks its input again. The shapes are OpenAI's completions API, plus `parts`: what a notebook knows, unrendered, so
that each model family can lay it out in its own way. This file knows nothing of models or of Jupyter.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_BODY_BYTES = 1_048_576
MAX_TEXT = 262_144
MAX_NEW_TOKENS = 512

Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Name = Annotated[str, Meta(max_length=512)]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all messages: immutable, and deaf to keys it does not know."""


class Cell(Message, frozen=True):
    """A piece of a notebook (or the whole text of a script, as one code cell)."""

    kind: Literal["code", "markdown", "output"]
    text: Text


class Fact(Message, frozen=True):
    """What a kernel knows of one name. Never a value.

    `type` is the type's bare name (`DataFrame`, `function`, `module`, …); `module` where it comes from;
    `members` the columns of a frame, or the string keys of a dict; `signature` is `(a, b=…)` of a callable.
    """

    name: Name
    type: Name = ""
    module: Name = ""
    members: Annotated[tuple[Name, ...], Meta(max_length=256)] = ()
    signature: Name = ""


class Header(Message, frozen=True):
    """What is known before the text: the language, and where the text stands."""

    language: Name = "python"
    kernel: Name = ""
    path: Name = ""


class Parts(Message, frozen=True):
    """A cursor in a notebook. The last of `before` and the first of `after` are the two halves of the cursor's cell.

    `further_before` and `further_after` are cells for which the prompt has no room: lines may be recalled from them.
    """

    header: Header = Header()
    facts: Annotated[tuple[Fact, ...], Meta(max_length=512)] = ()
    before: Annotated[tuple[Cell, ...], Meta(max_length=4096)] = ()
    after: Annotated[tuple[Cell, ...], Meta(max_length=4096)] = ()
    further_before: Annotated[tuple[Cell, ...], Meta(max_length=4096)] = ()
    further_after: Annotated[tuple[Cell, ...], Meta(max_length=4096)] = ()


class StreamOptions(Message, frozen=True):
    include_usage: bool = False


class CompletionRequest(Message, frozen=True):
    """`POST /v1/completions`: OpenAI's fields, and `parts` in place of `prompt` and `suffix` where the client has them.

    `editor` names who types, so that the worker can keep that editor's keys and values, and so that the newest
    request of an editor takes the place of an older one; `explain` asks for the exact prompt and the time of each
    step in the last event. `max_tokens` 0 prefills and generates nothing. Where `allowed` is given, the likeliest
    first, the text begins with one of its strings, chosen by its place there and by the model, and goes on freely;
    one that ends with a letter ends a word. The text ends before a line that is indented by less than `indent`
    blanks, and with the line that is being written when `seconds` are over; 0 bounds nothing.
    """

    prompt: Text = ""
    suffix: Text | None = None
    parts: Parts | None = None
    model: Name = ""
    max_tokens: Annotated[int, Meta(ge=0, le=MAX_NEW_TOKENS)] = 16
    stop: Annotated[tuple[Name, ...], Meta(max_length=16)] | Name | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    user: Name = ""
    editor: Name = ""
    allowed: Annotated[tuple[Name, ...], Meta(max_length=512)] = ()
    explain: bool = False
    indent: Annotated[int, Meta(ge=0, le=512)] = 0
    seconds: Annotated[float, Meta(ge=0, le=3600)] = 0.0

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop strings as a tuple, whichever way they were given."""
        if self.stop is None:
            return ()
        return (self.stop,) if isinstance(self.stop, str) else self.stop


class WarmRequest(Message, frozen=True):
    """`POST /v1/warm`: the fields of a completion that say what is read. Nothing is written."""

    prompt: Text = ""
    suffix: Text | None = None
    parts: Parts | None = None
    model: Name = ""
    user: Name = ""
    editor: Name = ""


class PromptTokensDetails(Message, frozen=True, omit_defaults=False):
    cached_tokens: int


class Usage(Message, frozen=True, omit_defaults=False):
    """Token counts; `cached_tokens` is how many of the prompt's were kept from an earlier request."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails


class Explanation(Message, frozen=True, omit_defaults=False):
    """The exact text the model read, and the milliseconds of each step."""

    prompt: str
    tokenise_ms: float
    prefill_ms: float
    decode_ms: float


class Choice(Message, frozen=True, omit_defaults=False):
    text: str
    finish_reason: Literal["stop", "length"] | None = None
    index: int = 0
    logprobs: None = None


class Completion(Message, frozen=True, omit_defaults=False):
    """The whole reply, or one event of a stream.

    A stream tells its `usage` in a last event without choices, if `stream_options` ask for it, and an `explanation` in
    its last event, whichever that is.
    """

    id: str
    created: int
    model: str
    choices: tuple[Choice, ...]
    object: Literal["text_completion"] = "text_completion"
    usage: Usage | None = None
    explanation: Explanation | None = None


class Warmed(Message, frozen=True, omit_defaults=False):
    """The reply to `POST /v1/warm`."""

    model: str
    usage: Usage
    object: Literal["warm"] = "warm"


class Model(Message, frozen=True, omit_defaults=False):
    """`GET /v1/models/{model}`: what is served. `created` is when the worker started, in seconds since 1970."""

    id: str
    created: int
    object: Literal["model"] = "model"
    owned_by: str = "local"


class Models(Message, frozen=True, omit_defaults=False):
    """`GET /v1/models`: the one model that is served."""

    data: tuple[Model, ...]
    object: Literal["list"] = "list"


class Health(Message, frozen=True, omit_defaults=False):
    """`GET /health`: where the worker stands. 200 when `ready`, 503 otherwise: also where a model that was loaded fails
    at every step, or hangs in one.

    `status` says the same as `state`, in the word that clients of llama.cpp look for.
    """

    state: Literal["loading", "ready", "failed"]
    progress: float
    message: str
    model: str = ""
    context_tokens: int = 0
    arithmetic: str = ""
    status: Literal["ok", "loading", "failed"] = "loading"


class ErrorDetail(Message, frozen=True, omit_defaults=False):
    message: str
    type: str
    code: str
    param: str | None = None


class ErrorReply(Message, frozen=True, omit_defaults=False):
    """OpenAI's error shape."""

    error: ErrorDetail
