"""A request's body, from bytes to a message: the one place where input is checked.

A parameter that is null counts as left out, as OpenAI's clients mean it. Whatever is wrong is refused in one sentence
that names the parameter. Knows nothing of what the messages mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TypeVar

import msgspec

from model_server.refusal import Refused

T = TypeVar("T", bound=msgspec.Struct)
LONGEST_SENTENCE, LONGEST_NAME = 200, 64


def decoded(body: bytes, kind: type[T], only: Mapping[str, object] | None = None) -> T:
    """A JSON object as a message. `only` holds parameters that may be given, but with that value alone.

    Raises Refused.
    """
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(body, type=kind)
    return leniently(parsed(body), kind, only or {})


def leniently(fields: Mapping[str, object], kind: type[T], only: Mapping[str, object]) -> T:
    """The same for what is not the message to the letter: seven times slower, and with a sentence for what is wrong."""
    known = {field.encode_name for field in msgspec.structs.fields(kind)} | only.keys()
    if kind.__struct_config__.forbid_unknown_fields and (unknown := sorted(fields.keys() - known)):
        name = unknown[0][:LONGEST_NAME]
        raise Refused(400, "unknown_parameter", f"`{name}` is no parameter that is known here", param=name)
    given = {name: whole(value) for name, value in fields.items() if value is not None}
    for name, value in only.items():
        if not same(given.pop(name, value), value):
            raise Refused(400, "unsupported_parameter", f"`{name}` is not supported here: leave it out", param=name)
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        said = str(error)
        wrong = f"the body is not what is asked for: {short(said)}"
        raise Refused(400, "invalid_request", wrong, param=named(said)) from None


def parsed(body: bytes) -> dict[str, object]:
    """A JSON object. Raises Refused."""
    try:
        value = msgspec.json.decode(body)
    except RecursionError:
        raise Refused(400, "invalid_request", "the body is nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, "invalid_request", f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refused(400, "invalid_request", "the body must be a JSON object")
    return value


def whole(value: object) -> object:
    """A number without its empty fraction: JSON's 1.0 is a 1."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def same(value: object, wanted: object) -> bool:
    """Whether two JSON values are equal; `true` is no 1."""
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def named(said: str) -> str | None:
    """The parameter that a sentence of msgspec's speaks of."""
    found = re.findall(r"`\$\.(\w+)", said)
    return found[-1] if found else None


def short(said: str) -> str:
    """A sentence without its middle, where it quotes too much."""
    half = LONGEST_SENTENCE // 2
    return said if len(said) <= LONGEST_SENTENCE else f"{said[:half]} … {said[-half:]}"
