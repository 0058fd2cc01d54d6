"""OpenAI's `/v1/completions`: its request as the worker's own, and the worker's pieces in its words.

Source: OpenAI's published API reference. Not covered: several prompts or choices, token ids as a prompt, log
probabilities, `echo` and penalties, each of which is refused by name. Two defaults are this worker's own: the
temperature is 0, and a prompt that is too long for the model is cut at its far end.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

from msgspec.structs import asdict

from model_server.decode import decoded
from model_server.generation import Done, Piece
from model_server.refusal import Refused
from model_server.wire import Choice, Completion, CompletionRequest, Explanation, Usage, WarmRequest

DONE = "[DONE]"
ONLY: dict[str, object] = {
    "n": 1,
    "best_of": 1,
    "echo": False,
    "logprobs": None,
    "logit_bias": {},
    "presence_penalty": 0,
    "frequency_penalty": 0,
}
"""OpenAI's parameters that may be given at their default alone."""


def completion_request(body: bytes, model: str) -> CompletionRequest:
    """What a client asks for. Raises Refused."""
    request = decoded(body, CompletionRequest, ONLY)
    check(request, model)
    return request


def warm_request(body: bytes, model: str) -> CompletionRequest:
    """What a client wants to have read. Raises Refused."""
    request = decoded(body, WarmRequest)
    check(request, model)
    return CompletionRequest(**asdict(request), max_tokens=0)


def check(request: CompletionRequest | WarmRequest, model: str) -> None:
    """What no single field can tell. Raises Refused."""
    if request.model not in ("", model):
        said = f"the model {request.model!r} does not exist here: this worker serves {model!r}"
        raise Refused(404, "model_not_found", said, param="model")
    if request.parts and (request.prompt or request.suffix):
        raise Refused(400, "invalid_request", "give either `parts` or `prompt` and `suffix`, not both", param="parts")


class Completions:
    """The reply to one request, whole or as events."""

    last = f"data: {DONE}\n\n".encode()

    def __init__(self, request: CompletionRequest, model: str) -> None:
        """`model` is the name that is served."""
        self.request = request
        self._id, self._created, self._model = f"cmpl-{secrets.token_hex(12)}", int(time.time()), model
        self._counted = not request.stream or (
            request.stream_options is not None and request.stream_options.include_usage
        )

    def whole(self, text: str, done: Done) -> object:
        """The whole reply."""
        return self._message(Choice(text, done.reason), usage=done.usage, explanation=done.explanation)

    def events(self, piece: Piece | Done) -> Iterator[object]:
        """The events that a piece becomes: where usage is asked for, it has an event of its own, the last one."""
        if isinstance(piece, Piece):
            yield self._message(Choice(piece.text))
        elif self._counted:
            yield self._message(Choice("", piece.reason))
            yield self._message(usage=piece.usage, explanation=piece.explanation)
        else:
            yield self._message(Choice("", piece.reason), explanation=piece.explanation)

    def _message(
        self, *choices: Choice, usage: Usage | None = None, explanation: Explanation | None = None
    ) -> dict[str, object]:
        """A completion without what was not asked for."""
        message = Completion(self._id, self._created, self._model, choices, usage=usage, explanation=explanation)
        hidden = {"usage": not self._counted, "explanation": explanation is None}
        return {name: value for name, value in asdict(message).items() if not hidden.get(name)}
