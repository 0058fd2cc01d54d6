from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from jupyter_codecompose.settings import PROMPTS, TOKEN_VARIABLE, Settings, WrongSetting, read_token


@pytest.mark.parametrize(
    "values",
    [
        {"worker_url": "ftp://x"},
        {"worker_url": "http://worker.example:8000"},
        {"worker_url": "https://user:secret@worker.example"},
        {"worker_url": "https://worker.example/?token=secret"},
        {"worker_url": "https://worker.example:port"},
        {"worker_url": "http://127.0.0.1.evil.example"},
        {"model": "/no/such/place"},
        {"model": "no such/place"},
        {"model_revision": "main"},
        {"model_revision": "--port", "model": "owner/name"},
        {"model_revision": "main", "model": "."},
        {"worker_model": "code"},
        {"worker_model": "two words", "worker_url": "http://127.0.0.1:1"},
        {"worker_model": "x" * 201, "worker_url": "http://127.0.0.1:1"},
        {"worker_prompt": "infill"},
        {"worker_prompt": "gpt", "worker_url": "http://127.0.0.1:1"},
        {"worker_context": 4096},
        {"worker_context": 255, "worker_url": "http://127.0.0.1:1"},
        {"worker_context": 1_000_001, "worker_url": "http://127.0.0.1:1"},
        {"timeout": 0.0},
        {"timeout": float("nan")},
        {"timeout": 61.0},
        {"max_tokens": 0},
        {"max_tokens": 513},
        {"most_lines": 0},
        {"most_lines": 21},
        {"start_worker": "never"},
    ],
    ids=lambda values: str(next(iter(values.items()))),
)
def test_a_wrong_value_is_named_with_what_is_allowed(values: dict[str, object]) -> None:
    with pytest.raises(WrongSetting) as wrong:
        Settings(**values)  # type: ignore[arg-type]
    assert next(iter(values)) in str(wrong.value)
    assert "allowed: " in str(wrong.value)
    assert "secret" not in str(wrong.value)


@pytest.mark.parametrize(
    "url", ["", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1/base", "https://worker.example"]
)
def test_good_urls(url: str) -> None:
    assert Settings(worker_url=url).managed is not bool(url)


def test_plain_http_to_another_host_must_be_wanted() -> None:
    assert Settings(worker_url="http://worker.example", allow_insecure_worker=True)


def test_a_model_of_the_hub_need_not_be_here_yet() -> None:
    assert Settings(model="owner/no-such-model", model_revision="refs/pr/7").managed


@pytest.mark.parametrize("way", ["auto", "parts", "suffix", "infill", "qwen2.5-coder", "incoder"])
def test_the_ways_of_asking(way: str) -> None:
    there = "http://127.0.0.1:1/v1"
    assert Settings(worker_url=there, worker_model="Qwen/Qwen2.5-Coder-7B", worker_prompt=way, worker_context=4096)


def test_the_page_for_administrators_names_each_setting_and_each_way() -> None:
    page = (Path(__file__).parent.parent / "docs" / "servers.md").read_text("utf-8")
    names = [field.name for field in fields(Settings) if field.name.startswith("worker_")]
    assert [name for name in (*names, *PROMPTS) if f"`{name}`" not in page and f"CodeCompose.{name}`" not in page] == []


def test_the_token_is_never_shown() -> None:
    assert "hunter2" not in repr(Settings(token="hunter2"))


def test_the_token_comes_from_the_environment_or_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    file = tmp_path / "token"
    file.write_text("from-file\n")
    file.chmod(0o640)
    with pytest.raises(WrongSetting, match="chmod 600"):
        read_token(str(file))
    file.chmod(0o600)
    assert read_token(str(file)) == "from-file"
    assert read_token("") == ""
    monkeypatch.setenv(TOKEN_VARIABLE, "from-environment")
    assert read_token(str(file)) == "from-environment"
    monkeypatch.setenv(TOKEN_VARIABLE, "two\nlines")
    with pytest.raises(WrongSetting) as wrong:
        read_token("")
    assert "two" not in str(wrong.value)


@pytest.mark.parametrize(
    ("choice", "url", "told"),
    [
        ("local", "", True),
        ("local", "http://127.0.0.1:9", True),
        ("local", "https://worker.example", False),
        ("always", "https://worker.example", True),
        ("never", "", False),
    ],
)
def test_outputs_are_told_to_a_worker_on_this_machine(choice: str, url: str, told: bool) -> None:
    assert Settings(send_outputs=choice, worker_url=url).tells_outputs is told  # type: ignore[arg-type]


def test_another_choice_of_outputs_is_refused() -> None:
    with pytest.raises(WrongSetting, match="send_outputs is 'sometimes'"):
        Settings(send_outputs="sometimes")  # type: ignore[arg-type]
