"""llama.cpp's `/infill`: its request as the worker's own, and the worker's pieces in its words.

Where the two differ, this worker's own way holds: the model's family lays the text out, and an absent temperature is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PureWindowsPath

import msgspec

from model_server.decode import decoded
from model_server.generation import Done, Piece
from model_server.llama import Extra, Infilled, InfillRequest, Settings, Timings, Written
from model_server.wire import MAX_NEW_TOKENS, Cell, CompletionRequest, Explanation, Parts, Usage

USUAL_TOKENS = 128


def infill_request(body: bytes) -> InfillRequest:
    """What an editor asks for. Raises Refused."""
    return decoded(body, InfillRequest)


def completion(request: InfillRequest) -> CompletionRequest:
    """The same as a request of this worker's own."""
    most = USUAL_TOKENS if request.n_predict < 0 else min(request.n_predict, MAX_NEW_TOKENS)
    return CompletionRequest(
        parts=parts(request),
        max_tokens=most,
        stop=request.stop,
        temperature=request.temperature,
        top_p=request.top_p,
        seed=None if request.seed < 0 else request.seed,
        stream=request.stream,
        explain=True,
        indent=request.n_indent,
        seconds=request.t_max_predict_ms / 1000,
    )


def parts(request: InfillRequest) -> Parts:
    """The text as cells: each piece of another file under its name, then the two halves of the one at hand."""
    extras = (Cell("code", titled(extra)) for extra in request.input_extra)
    after = (Cell("code", request.input_suffix),) if request.input_suffix.strip() else ()
    return Parts(before=(*extras, Cell("code", request.input_prefix + request.prompt)), after=after)


def titled(extra: Extra) -> str:
    """A piece of another file under that file's bare name."""
    name = PureWindowsPath(extra.filename).name
    text = extra.text.rstrip("\n") + "\n"
    return f"# {name}\n{text}" if name else text


class Infills:
    """The reply to one request, whole or as events."""

    last = b""

    def __init__(self, request: InfillRequest, model: str, context: int) -> None:
        """`model` is the name that is served, `context` its context in tokens."""
        self.request = completion(request)
        self._fields, self._model = request.response_fields, model
        most = self.request.max_tokens
        self._settings = Settings(context, most, request.temperature, request.top_p, request.seed)

    def whole(self, text: str, done: Done) -> object:
        """The whole reply, or the fields of it that were asked for."""
        usage = done.usage
        reply = Infilled(
            content=text,
            model=self._model,
            tokens_predicted=usage.completion_tokens,
            tokens_evaluated=usage.prompt_tokens,
            tokens_cached=usage.prompt_tokens_details.cached_tokens,
            generation_settings=self._settings,
            timings=timings(usage, done.explanation),
        )
        return chosen(reply, self._fields) if self._fields else reply

    def events(self, piece: Piece | Done) -> Iterator[object]:
        """The event that a piece becomes."""
        yield Written(piece.text) if isinstance(piece, Piece) else self.whole("", piece)


def timings(usage: Usage, told: Explanation | None) -> Timings:
    """llama.cpp's figures from ours; without an explanation no time is known, and all times are 0."""
    read = usage.prompt_tokens - usage.prompt_tokens_details.cached_tokens
    read_ms = told.tokenise_ms + told.prefill_ms if told else 0.0
    write_ms = told.decode_ms if told else 0.0
    return Timings(
        read,
        read_ms,
        *rates(read, read_ms),
        usage.completion_tokens,
        write_ms,
        *rates(usage.completion_tokens, write_ms),
    )


def rates(count: int, milliseconds: float) -> tuple[float, float]:
    """Milliseconds a token, and tokens a second; 0 where there is nothing to divide by."""
    return (milliseconds / count if count else 0.0, count * 1000 / milliseconds if milliseconds else 0.0)


def chosen(reply: Infilled, fields: tuple[str, ...]) -> dict[str, object]:
    """The fields of a reply that were asked for, by the names they were asked for; what it has not is left out."""
    whole = msgspec.to_builtins(reply)
    found = ((field, found_in(whole, field.split("/"))) for field in fields)
    return {field: value for field, value in found if value is not None}


def found_in(value: object, path: list[str]) -> object:
    """What stands at a path of an object; None where nothing does."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
