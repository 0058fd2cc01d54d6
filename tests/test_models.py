from __future__ import annotations

import pytest

from jupyter_codecompose.errors import Down
from jupyter_codecompose.foreign import Served
from jupyter_codecompose.models import NAMES, chosen, family_named, shown, way
from model_server.families import FAMILIES

TWO = (Served("qwen2.5-coder:latest"), Served("starcoder2:3b"))


def test_the_only_model_needs_no_name() -> None:
    assert chosen(TWO[:1], "") is TWO[0]


def test_a_model_is_found_by_its_name() -> None:
    assert chosen(TWO, "starcoder2:3b") is TWO[1]
    assert chosen(TWO, "qwen2.5-coder") is TWO[0]


@pytest.mark.parametrize(
    ("offered", "wanted", "words"),
    [
        ((), "", "offers no model"),
        (TWO, "", "several models: name one in CodeCompose.worker_model"),
        (TWO, "other", "does not offer the model"),
    ],
)
def test_what_to_do_where_no_model_is_chosen(offered: tuple[Served, ...], wanted: str, words: str) -> None:
    with pytest.raises(Down, match=words) as down:
        chosen(offered, wanted)
    assert "starcoder2" not in str(down.value)


@pytest.mark.parametrize(
    ("model", "wanted", "expected"),
    [
        (Served("any.gguf", owned_by="llamacpp"), "auto", "infill"),
        (Served("qwen2.5-coder:1.5b", owned_by="library"), "auto", "suffix"),
        (Served("Qwen/Qwen2.5-Coder-7B", owned_by="vllm"), "auto", "qwen2.5-coder"),
        (Served("code", owned_by="vllm", root="/models/starcoder2-3b"), "auto", "starcoder2"),
        (Served("code"), "granite-code", "granite-code"),
        (Served("any.gguf", owned_by="llamacpp"), "starcoder", "starcoder"),
    ],
)
def test_the_way_of_asking(model: Served, wanted: str, expected: str) -> None:
    assert way(model, wanted) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("gpt-4", "llama-3-8b", "qwen2.5-7b", "Qwen2.5-Coder-7B-Instruct", "codegemma-7b-it"),
        *("CodeLlama-34b-hf", "CodeLlama-7b-Python-hf", "mamba-codestral-7B-v0.1"),
    ],
)
def test_what_is_not_certain_is_asked(name: str) -> None:
    with pytest.raises(Down, match="set CodeCompose"):
        way(Served(name, owned_by="vllm"), "auto")


@pytest.mark.parametrize("owner", ["vllm", "llamacpp"])
def test_a_suffix_is_not_sent_to_who_does_not_read_it(owner: str) -> None:
    with pytest.raises(Down, match="takes no suffix"):
        way(Served("x", owned_by=owner), "suffix")


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("facebook/incoder-1B", "incoder"),
        ("bigcode/santacoder", "santacoder"),
        ("bigcode/starcoderbase-1b", "starcoder"),
        ("bigcode/starcoder2-3b", "starcoder2"),
        ("codellama/CodeLlama-7b-hf", "codellama"),
        ("deepseek-ai/deepseek-coder-6.7b-base", "deepseek-coder"),
        ("ibm-granite/granite-3b-code-base-2k", "granite-code"),
        ("google/codegemma-2b", "codegemma"),
        ("mistralai/Codestral-22B-v0.1", "codestral"),
    ],
)
def test_families_by_published_names(name: str, family: str) -> None:
    assert family_named(name) == family


def test_every_name_is_a_family() -> None:
    assert set(NAMES) <= {family.name for family in FAMILIES}


def test_a_name_is_shown_bounded_and_plain() -> None:
    assert shown(Served("a\x1b[31m\n" + "b" * 500)) == "a[31m" + "b" * 95


@pytest.mark.parametrize(
    ("model", "context"),
    [
        (Served("a", max_model_len=4096), 4096),
        (Served("a", meta={"n_ctx": 1024}), 1024),
        (Served("a", meta={"n_ctx": "many"}), 0),
        (Served("a"), 0),
    ],
)
def test_the_context_as_servers_say_it(model: Served, context: int) -> None:
    assert model.context == context
