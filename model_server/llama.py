"""The messages of llama.cpp's `/infill`, as llama.vim and llama.vscode send and read them, as frozen structs.

Source: the README of llama.cpp's server. Fields that are not here are passed over: slots, samplers, caches and adapters
are not the client's to choose, and `n_cmpl` asks for several answers and gets one.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from model_server.wire import Name, Text


class Received(msgspec.Struct, frozen=True):
    """Base of what comes from these editors: immutable, and patient with keys that it does not know."""


class Extra(Received, frozen=True):
    """A piece of another file."""

    text: Text
    filename: Text = ""


class InfillRequest(Received, frozen=True):
    """`POST /infill`: `input_extra`, then `input_prefix`, `prompt`, the cursor, `input_suffix`.

    `n_predict` 0 only reads, and -1 leaves the number of tokens to the worker. The text ends with the line that is
    being written when `t_max_predict_ms` are over, and before one that is indented by less than `n_indent` blanks.
    `response_fields` chooses the fields of the reply; `a/b` is field `b` of object `a`.
    """

    input_prefix: Text = ""
    input_suffix: Text = ""
    input_extra: Annotated[tuple[Extra, ...], Meta(max_length=1024)] = ()
    prompt: Text = ""
    n_predict: Annotated[int, Meta(ge=-1, le=2**31)] = -1
    n_indent: Annotated[int, Meta(ge=0, le=512)] = 0
    t_max_predict_ms: Annotated[float, Meta(ge=0, le=3_600_000)] = 0
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    seed: Annotated[int, Meta(ge=-1, le=2**63 - 1)] = -1
    stop: Annotated[tuple[Name, ...], Meta(max_length=16)] = ()
    stream: bool = False
    response_fields: Annotated[tuple[Name, ...], Meta(max_length=64)] = ()


class Timings(msgspec.Struct, frozen=True):
    """How many tokens were read and written, and in which time; those that were kept are not read."""

    prompt_n: int
    prompt_ms: float
    prompt_per_token_ms: float
    prompt_per_second: float
    predicted_n: int
    predicted_ms: float
    predicted_per_token_ms: float
    predicted_per_second: float


class Settings(msgspec.Struct, frozen=True):
    """What the text was written with; `n_ctx` is the model's context, in tokens."""

    n_ctx: int
    n_predict: int
    temperature: float
    top_p: float
    seed: int


class Infilled(msgspec.Struct, frozen=True):
    """The reply, and the last event of a stream (whose `content` is empty, since the events before it had the text)."""

    content: str
    model: str
    tokens_predicted: int
    tokens_evaluated: int
    tokens_cached: int
    generation_settings: Settings
    timings: Timings
    stop: bool = True
    truncated: bool = False


class Written(msgspec.Struct, frozen=True):
    """An event of a stream before its last."""

    content: str
    stop: bool = False
