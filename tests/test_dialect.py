from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_codecompose.dialect import Dialect, Structured, speaking
from jupyter_codecompose.foreign import Served
from model_server.families import FAMILIES
from model_server.wire import Cell, CompletionRequest, Header, Parts, StreamOptions

REQUEST = CompletionRequest(
    parts=Parts(
        header=Header(path="n.ipynb", kernel="k"), before=(Cell("code", "x = "),), after=(Cell("code", "\ny"),)
    ),
    max_tokens=48,
    stop="\n",
    stream=True,
    stream_options=StreamOptions(include_usage=True),
    editor="editor-7",
    allowed=("region",),
    explain=True,
)
WAYS = ("suffix", "infill", *(family.name for family in FAMILIES))
NEVER = ("parts", "editor", "allowed", "explain", "user")


def body_of(dialect: Dialect, request: CompletionRequest = REQUEST) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dialect.ask(request).body)
    return found


def speaking_to(way: str, owner: str = "somebody", context: int = 2048) -> Dialect:
    return speaking(way, Served("m", owned_by=owner), context)


@pytest.mark.parametrize("way", WAYS)
def test_what_only_our_worker_understands_goes_to_no_other(way: str) -> None:
    asked = speaking_to(way).ask(REQUEST)
    body = json.loads(asked.body)
    assert [name for name in NEVER if name in body] == []
    assert b"editor-7" not in asked.body
    assert asked.session == ""
    assert (body["model"], body["temperature"], body["stream"]) == ("m", 0.0, True)
    assert body.get("max_tokens", body.get("n_predict")) == 48
    assert body["stop"][0] == "\n"


@pytest.mark.parametrize("way", WAYS)
def test_to_read_without_writing_is_to_write_a_token(way: str) -> None:
    body = body_of(speaking_to(way), CompletionRequest(parts=REQUEST.parts, max_tokens=0))
    assert body.get("max_tokens", body.get("n_predict")) == 1


def test_our_worker_is_told_everything() -> None:
    asked = Structured().ask(REQUEST)
    assert json.loads(asked.body)["allowed"] == ["region"]
    assert asked.session == "editor-7"


def test_a_session_is_fit_for_a_header() -> None:
    assert Structured().ask(CompletionRequest(editor="Blatt ä\r\n1")).session == "Blatt%20%C3%A4%0D%0A1"


def test_stops_are_as_many_as_the_api_allows() -> None:
    assert len(body_of(speaking_to("qwen2.5-coder"))["stop"]) == 4


def test_vllm_hides_no_special_token() -> None:
    body = body_of(speaking_to("qwen2.5-coder", "vllm"))
    assert body["skip_special_tokens"] is False
    assert {"<|endoftext|>", "<|file_sep|>", "<|fim_middle|>", "\n# %%"} < set(body["stop"])


@pytest.mark.parametrize("way", ["suffix", "infill", "starcoder", "qwen2.5-coder"])
def test_a_suggestion_ends_where_the_next_cell_would_begin(way: str) -> None:
    assert body_of(speaking_to(way))["stop"][:2] == ["\n", "\n# %%"]


def test_usage_is_asked_for_where_it_is_explained() -> None:
    assert body_of(speaking_to("suffix"))["stream_options"] == {"include_usage": True}
    assert "stream_options" not in body_of(speaking_to("suffix"), CompletionRequest(parts=REQUEST.parts))


def test_a_suffix_is_never_empty() -> None:
    at_the_end = CompletionRequest(parts=Parts(before=(Cell("code", "x = "),)))
    assert body_of(speaking_to("suffix"), at_the_end)["suffix"] == "\n"
    assert body_of(speaking_to("suffix"))["suffix"] == "\ny"


def test_far_text_is_extra_where_llama_cpp_has_room_for_it() -> None:
    long = CompletionRequest(parts=Parts(header=Header(path="a.py"), before=(Cell("code", "value = 1\n" * 900),)))
    roomy, tight = body_of(speaking_to("infill", context=8192), long), body_of(speaking_to("infill"), long)
    (extra,) = roomy["input_extra"]
    assert extra["filename"] == "a.py"
    assert extra["text"] + roomy["input_prefix"] == "value = 1\n" * 900
    assert tight["input_extra"] == []


@pytest.mark.parametrize("way", WAYS)
def test_what_was_sent_is_shown(way: str) -> None:
    assert "x = " in speaking_to(way).ask(REQUEST).text
