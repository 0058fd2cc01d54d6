"""llama.cpp's `/infill`, asked as llama.vim and llama.vscode ask it, and read as they read it."""

from __future__ import annotations

import re

import pytest

from model_server.infill import completion
from model_server.llama import Extra, InfillRequest
from model_server.loop import Load
from model_server.tokens import Tokens
from model_server.wire import MAX_NEW_TOKENS, Cell, Parts
from tests.worker.serving import Caller, called, fake

VIM_FIELDS = (
    "content",
    *(f"timings/prompt_{name}" for name in ("n", "ms", "per_token_ms", "per_second")),
    *(f"timings/predicted_{name}" for name in ("n", "ms", "per_token_ms", "per_second")),
    "truncated",
    "tokens_cached",
)
CHUNK = {"text": "def mean(xs):\n    return sum(xs) / len(xs)\n", "time": [0, 4711], "filename": "lib/stats.py"}
VIM = {
    "id_slot": 0,
    "input_prefix": "from stats import mean\n\ndef report(xs):\n",
    "input_suffix": "\n\nreport([1, 2])\n",
    "input_extra": [CHUNK],
    "prompt": "    print(",
    "n_predict": 128,
    "stop": [],
    "n_indent": 4,
    "top_k": 40,
    "top_p": 0.9,
    "samplers": ["top_k", "top_p", "infill"],
    "stream": False,
    "cache_prompt": True,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 1000,
    "response_fields": VIM_FIELDS,
    "model": "",
}
"""A keystroke of llama.vim's."""
VIM_RING = {
    "id_slot": 0,
    "input_prefix": "",
    "input_suffix": "",
    "input_extra": [CHUNK],
    "prompt": "",
    "n_predict": 0,
    "temperature": 0.0,
    "samplers": [],
    "stream": False,
    "cache_prompt": True,
    "t_max_prompt_ms": 1,
    "t_max_predict_ms": 1,
    "response_fields": [""],
    "model": "",
}
"""What llama.vim sends when it took up a piece of another file."""
VSCODE = {
    "id_slot": 0,
    "input_prefix": VIM["input_prefix"],
    "input_suffix": VIM["input_suffix"],
    "input_extra": [CHUNK | {"time": 1767225600000, "filename": "C:\\home\\lib\\stats.py"}],
    "prompt": VIM["prompt"],
    "n_predict": 128,
    "n_cmpl": 3,
    "top_k": 40,
    "top_p": 0.99,
    "stream": False,
    "samplers": ["top_k", "top_p", "infill"],
    "cache_prompt": True,
    "n_indent": 4,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 500,
    "lora": [{"id": 0, "scale": 0.5}],
    "model": "qwen-coder",
}
"""A keystroke of llama.vscode's, with everything that its settings can add."""
VSCODE_RING = {name: VSCODE[name] for name in ("id_slot", "input_extra", "cache_prompt", "t_max_prompt_ms", "lora")} | {
    "input_prefix": "",
    "input_suffix": "",
    "prompt": "",
    "n_predict": 0,
    "samplers": [],
    "t_max_predict_ms": 1,
}


@pytest.fixture
def speaks(tokens: Tokens) -> Load:
    """An engine that goes on with the call, closes its block, and begins another."""
    return fake(tokens, "mean(xs))\n    return xs\ndef other():\n")


def test_llama_vim_shows_what_it_gets(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.ask("POST", "/infill", VIM)
        assert said.json.keys() == set(VIM_FIELDS)
        assert re.match(rb'\s*\{.*"content"\s*:"', said.body), "llama.vim looks at the bytes before it decodes them"
        assert said.json["content"] == "mean(xs))\n    return xs\n"
        assert said.json["truncated"] is False
        assert all(isinstance(said.json[name], int | float) for name in VIM_FIELDS if name.startswith("timings"))
        assert said.json["timings/predicted_n"] > 0
        assert (await caller.ask("POST", "/infill", VIM)).json["tokens_cached"] > 0

    called(speaks, scenario)


def test_llama_vscode_shows_what_it_gets(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        said = (await caller.ask("POST", "/infill", VSCODE)).json
        assert said["content"] == "mean(xs))\n    return xs\n"
        assert said["generation_settings"]["n_ctx"] == 1024
        timings = said["timings"]
        assert timings["prompt_n"] == said["tokens_evaluated"] - said["tokens_cached"]
        assert timings["predicted_n"] == said["tokens_predicted"]
        assert timings["predicted_per_second"] == pytest.approx(1000 * timings["predicted_n"] / timings["predicted_ms"])
        assert (await caller.ask("GET", "/health")).json["status"] == "ok"

    called(speaks, scenario)


def test_what_one_editor_has_typed_is_not_told_to_another(speaks: Load) -> None:
    """Neither by a count nor by the time that it takes: nothing of it is compared."""

    async def cached(caller: Caller, peer: str, **headers: str) -> int:
        caller.peer = peer
        return int((await caller.ask("POST", "/infill", VIM, **headers)).json["tokens_cached"])

    async def scenario(caller: Caller) -> None:
        for peer in ("192.0.2.1", "192.0.2.2"):
            assert await cached(caller, peer) == 0
            assert await cached(caller, peer) > 0
        for client in ("198.51.100.1", "198.51.100.2"):
            assert await cached(caller, "192.0.2.1", **{"X-Forwarded-For": client}) == 0
            assert await cached(caller, "192.0.2.1", **{"X-Forwarded-For": client}) > 0

    called(speaks, scenario)


@pytest.mark.parametrize("body", [VIM_RING, VSCODE_RING], ids=["vim", "vscode"])
def test_pieces_of_other_files_are_read_ahead(speaks: Load, body: dict[str, object]) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.ask("POST", "/infill", body)
        assert said.status == 200
        assert said.json == {} or said.json["tokens_predicted"] == 0
        again = (await caller.ask("POST", "/infill", body | {"response_fields": []})).json
        assert again["tokens_cached"] == again["tokens_evaluated"] - 1

    called(speaks, scenario)


def test_a_stream_gives_the_same_text(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        whole = (await caller.ask("POST", "/infill", VSCODE)).json
        *texts, last = (await caller.ask("POST", "/infill", VSCODE | {"stream": True})).events
        assert "".join(each["content"] for each in texts) == whole["content"]
        assert [each["stop"] for each in (*texts, last)] == [False] * len(texts) + [True]
        assert (last["content"], last["tokens_predicted"]) == ("", whole["tokens_predicted"])

    called(speaks, scenario)


def test_other_files_come_first_under_their_names() -> None:
    extras = (Extra("x = 1", "C:\\lib\\one.py"), Extra("y = 2\n\n", "lib/two.py"), Extra("z = 3\n"))
    request = completion(InfillRequest("a\n", "\nc", extras, prompt="b"))
    texts = ("# one.py\nx = 1\n", "# two.py\ny = 2\n", "z = 3\n", "a\nb")
    assert request.parts == Parts(before=tuple(Cell("code", text) for text in texts), after=(Cell("code", "\nc"),))


@pytest.mark.parametrize(("asked", "given"), [(-1, 128), (0, 0), (7, 7), (10**6, MAX_NEW_TOKENS)])
def test_tokens_are_as_many_as_the_worker_may_write(asked: int, given: int) -> None:
    assert completion(InfillRequest(n_predict=asked)).max_tokens == given


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": [1, 2]}, "prompt"),
        ({"input_extra": ["text"]}, "input_extra"),
        ({"input_extra": [{"filename": "a.py"}]}, "input_extra"),
        ({"n_predict": "many"}, "n_predict"),
        ({"temperature": 9}, "temperature"),
    ],
)
def test_what_cannot_be_meant_is_refused(speaks: Load, fields: dict[str, object], param: str) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.ask("POST", "/infill", VIM | fields)
        assert (said.status, said.error["param"]) == (400, param)

    called(speaks, scenario)
