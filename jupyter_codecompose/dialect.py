"""The ways of asking a server for a completion: what is sent, and what its events mean. Pure.

Our own worker is given the notebook's parts and lays them out itself. Any other is given text: a prompt that holds the
marks of its model's family, or the two sides of the cursor, which the server joins. What only our worker understands
(`parts`, `editor`, `allowed`, `explain`) goes to no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from jupyter_codecompose.errors import Busy, CodeComposeError, Failed, Replaced
from jupyter_codecompose.foreign import Served, completion, decoded, filled
from jupyter_codecompose.prompt import Sides, rendered, sides
from model_server.families import FAMILIES
from model_server.layout import Family
from model_server.scripts import STOPS
from model_server.wire import Completion, CompletionRequest, ErrorReply

WAYS = ("auto", "parts", "suffix", "infill")
"""How `CodeCompose.worker_prompt` names them, beside the families."""
BROKEN_OFF: dict[str, type[CodeComposeError]] = {"replaced": Replaced, "too_many_requests": Busy}
DROP_SPECIAL_TOKENS = ("vllm", "sglang")
"""Servers that leave special tokens out of the text, and so see no stop string in it, unless told otherwise."""
MOST_STOPS = 4
"""What OpenAI's API allows."""
ROOM_FOR_EXTRA = 4_096
"""Tokens of context from which on llama.cpp reads extra text: beside a batch, 2,048 of them where nobody set it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it is sent; `text` is the notebook's part of it, for people, '' where the server tells it. `session`
    is the same for all requests that share a beginning."""

    path: str
    body: bytes
    text: str = ""
    session: str = ""


class Dialect(Protocol):
    """A way of asking."""

    def ask(self, request: CompletionRequest) -> Asked:
        """What to send."""

    def read(self, data: bytes) -> Completion:
        """One event. Raises one of our errors where the server breaks off, or cannot be understood."""


@dataclass(frozen=True, slots=True)
class Structured:
    """Our own worker's: the structured parts, unrendered."""

    def ask(self, request: CompletionRequest) -> Asked:
        """See `Dialect.ask`."""
        return Asked("/v1/completions", msgspec.json.encode(request), session=quote(request.editor))

    def read(self, data: bytes) -> Completion:
        """See `Dialect.read`."""
        if data.startswith(b'{"error"'):
            raise BROKEN_OFF.get(decoded(data, ErrorReply).error.code, Failed)
        return decoded(data, Completion)


@dataclass(frozen=True, slots=True)
class Rendered:
    """OpenAI's completions, the layout of the model's family written into the prompt."""

    model: str
    context: int
    family: Family
    server: str = ""

    def ask(self, request: CompletionRequest) -> Asked:
        """See `Dialect.ask`."""
        prompt = rendered(self.family, request, self.context)
        stops = [*request.stops, *self.family.stops, *self.family.ends]
        if self.server in DROP_SPECIAL_TOKENS:
            return _completions(self.model, request, prompt, prompt=prompt, stop=stops, skip_special_tokens=False)
        return _completions(self.model, request, prompt, prompt=prompt, stop=stops[:MOST_STOPS])

    def read(self, data: bytes) -> Completion:
        """See `Dialect.read`."""
        return completion(data, self.model)


@dataclass(frozen=True, slots=True)
class Suffixed:
    """OpenAI's completions with a `suffix`: the server knows how its model takes it."""

    model: str
    context: int

    def ask(self, request: CompletionRequest) -> Asked:
        """See `Dialect.ask`."""
        text = sides(request, self.context)
        suffix = text.after or "\n"  # an empty one is none to Ollama, which would then answer as in a chat
        fields = {"prompt": text.above + text.before, "suffix": suffix, "stop": [*request.stops, *STOPS]}
        return _completions(self.model, request, _marked(text), **fields)

    def read(self, data: bytes) -> Completion:
        """See `Dialect.read`."""
        return completion(data, self.model)


@dataclass(frozen=True, slots=True)
class Infilled:
    """llama.cpp's infill: it knows the marks of its model, and reads text from far above first."""

    model: str
    context: int

    def ask(self, request: CompletionRequest) -> Asked:
        """See `Dialect.ask`."""
        text = sides(request, self.context)
        apart = bool(text.above) and self.context >= ROOM_FOR_EXTRA
        body = {
            "model": self.model,
            "input_extra": [{"filename": text.path, "text": text.above}] if apart else [],
            "input_prefix": text.before if apart else text.above + text.before,
            "input_suffix": text.after,
            "n_predict": max(request.max_tokens, 1),
            "temperature": request.temperature,
            "stop": [*request.stops, *STOPS],
            "stream": True,
            "cache_prompt": True,
            "response_fields": ["content", "stop", "stop_type", "tokens_predicted", "tokens_evaluated", "timings"],
        }
        return Asked("/infill", msgspec.json.encode(body), _marked(text))

    def read(self, data: bytes) -> Completion:
        """See `Dialect.read`."""
        return filled(data, self.model)


def speaking(way: str, model: Served, context: int) -> Dialect:
    """The way of asking that is named 'suffix', 'infill', or by a family."""
    if way == "suffix":
        return Suffixed(model.id, context)
    if way == "infill":
        return Infilled(model.id, context)
    family = next(family for family in FAMILIES if family.name == way)
    return Rendered(model.id, context, family, model.owned_by or "")


def _completions(model: str, request: CompletionRequest, text: str, **fields: Any) -> Asked:
    """A request for completions. What has another default elsewhere is always said; nothing is asked for no tokens."""
    body = {
        "model": model,
        "max_tokens": max(request.max_tokens, 1),
        "temperature": request.temperature,
        "stream": True,
        **fields,
    }
    if request.explain:
        body["stream_options"] = {"include_usage": True}
    return Asked("/v1/completions", msgspec.json.encode(body), text)


def _marked(text: Sides) -> str:
    return f"{text.above}{text.before}⟨cursor⟩{text.after}"
