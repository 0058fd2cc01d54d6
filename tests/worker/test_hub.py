"""What is fetched from the Hub, in which order, and what is said where it cannot be.

With huggingface_hub itself, against a small Hub on this machine.
"""

from __future__ import annotations

import errno
import json
import re
from pathlib import Path

import pytest

from model_server import repository
from model_server.families import INCODER
from model_server.hub import fetch
from model_server.job import Stopped
from model_server.weights import INDEX, BadCheckpoint, resolve
from tests.worker.hub import COMMIT, Hub

LARGE = bytes(range(256)) * 100_000


def fetched(hub: Hub, revision: str = "", told: list[tuple[float, str]] | None = None) -> Path:
    """Fetch it, whatever it holds."""
    said: list[tuple[float, str]] = [] if told is None else told
    return fetch(hub.name, revision, lambda directory: None, lambda *word: said.append(word))


def refusal(hub: Hub, revision: str = "") -> str:
    """What is said instead of fetching it."""
    with pytest.raises(BadCheckpoint) as said:
        fetched(hub, revision)
    assert "\n" not in str(said.value)
    return str(said.value)


def test_only_what_describes_a_model_and_its_weights_come(hub: Hub) -> None:
    directory = fetched(hub)
    assert directory.name == COMMIT
    content = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert set(content) == {"config.json", "tokenizer.json", "model.safetensors", "LICENSE"}
    assert all(hub.files[name] == body for name, body in content.items())
    assert hub.fetched == set(content)


@pytest.mark.parametrize("revision", ["", "v1", COMMIT])
def test_what_was_fetched_is_found_without_a_network(hub: Hub, revision: str) -> None:
    directory = fetched(hub, revision)
    hub.refuse = (500, "")
    assert resolve(hub.name, revision).samefile(directory)
    assert resolve(hub.name, COMMIT).samefile(directory)


def test_progress_only_grows_and_says_how_much_of_what(hub: Hub) -> None:
    hub.files["model.safetensors"] = LARGE
    told: list[tuple[float, str]] = []
    fetched(hub, told=told)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[0] == (0.0, "asking the Hub for somebody/some-model")
    assert told[-1] == (1.0, "downloading some-model@c0ffee00, 25 of 26 MB")
    assert (10 << 20) / len(LARGE) in shares


def test_a_connection_that_is_cut_goes_on_where_it_was(hub: Hub) -> None:
    hub.files["model.safetensors"] = LARGE
    hub.cuts = [15 << 20]
    told: list[tuple[float, str]] = []
    directory = fetched(hub, told=told)
    assert (directory / "model.safetensors").read_bytes() == LARGE
    assert [asked.headers["range"] for asked in hub.asked if "range" in asked.headers] == [f"bytes={10 << 20}-"]
    assert told[-1][0] == 1.0


def test_what_came_whole_is_not_fetched_again(hub: Hub) -> None:
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    weights = hub.files.pop("model.safetensors")
    hub.files |= {names[0]: weights, names[1]: weights + b"more"}
    hub.files[INDEX] = json.dumps({"weight_map": dict(zip("ab", names, strict=True))}).encode()
    hub.broken = {names[1]}
    assert "run 'hf auth login'" in refusal(hub)
    with pytest.raises(BadCheckpoint, match="no model directory at"):
        resolve(hub.name)
    hub.asked.clear()
    hub.broken.clear()
    directory = fetched(hub)
    assert hub.fetched == {names[1]}
    assert {path.name for path in directory.iterdir()} >= set(names)


def test_whoever_stops_a_download_leaves_no_half_of_a_file(hub: Hub, tmp_path: Path) -> None:
    hub.files["model.safetensors"] = LARGE

    def told(share: float, message: str) -> None:
        if share > 0:
            raise Stopped

    with pytest.raises(Stopped):
        fetch(hub.name, "", lambda directory: None, told)
    kept = {path.stat().st_size for path in (tmp_path / "cache").rglob("blobs/*")}
    assert kept == {
        len(body) for name, body in hub.files.items() if name in ("config.json", "tokenizer.json", "LICENSE")
    }


def test_weights_that_cannot_be_served_are_not_fetched(hub: Hub) -> None:
    def look(directory: Path) -> None:
        assert {path.name for path in directory.iterdir()} == {"config.json", "tokenizer.json", "LICENSE"}
        raise BadCheckpoint("of no known family")

    with pytest.raises(BadCheckpoint, match="of no known family"):
        fetch(hub.name, "", look, lambda *word: None)
    assert "model.safetensors" not in hub.fetched


def test_a_token_is_shown_to_the_hub_alone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetched(hub)
    shown = {
        asked.path.split("/")[1]: asked.headers.get("authorization") for asked in hub.asked if asked.method == "GET"
    }
    assert shown.pop("api") == shown.pop("somebody") == "Bearer hf_secret"
    assert list(shown.values()) == [None]


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        (
            (401, "RepoNotFound"),
            "there is no directory somebody/some-model and no such model on the Hub; if it is private",
        ),
        ((404, "RepoNotFound"), "no such model on the Hub"),
        ((401, ""), r"refuses somebody/some-model \(401\): run"),
        ((403, "GatedRepo"), "is gated: accept its terms at http://127.0.0.1"),
        ((403, ""), r"refuses somebody/some-model \(403\): run 'hf auth login'"),
        ((429, ""), "answers 429 for somebody/some-model: try again later"),
        ((500, ""), "answers 500 for somebody/some-model: try again later"),
    ],
)
def test_a_refusal_is_one_sentence(hub: Hub, refuse: tuple[int, str], said: str) -> None:
    hub.refuse = refuse
    assert re.search(said, refusal(hub))


def test_a_revision_that_is_not_there(hub: Hub) -> None:
    assert "somebody/some-model has no revision v2: give one of its" in refusal(hub, "v2")


def test_a_name_that_the_hub_cannot_have(hub: Hub) -> None:
    hub.name = "somebody/some--model"
    assert "cannot be a name on the Hub" in refusal(hub)
    assert not hub.asked


def test_sizes_that_are_wrong(hub: Hub) -> None:
    hub.larger = 5
    assert "came with a wrong size: start again" in refusal(hub)
    hub.larger = 0
    assert fetched(hub).name == COMMIT


def test_a_page_of_somebody_elses(hub: Hub) -> None:
    hub.html = True
    assert "does not answer as the Hub does: check HF_ENDPOINT, and the proxy" in refusal(hub)


@pytest.mark.parametrize("revision", ["", "v1"])
def test_no_network(hub: Hub, monkeypatch: pytest.MonkeyPatch, revision: str) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    said = refusal(hub, revision)
    assert "http://127.0.0.1:9 is out of reach (ConnectError) and somebody/some-model is not on this machine" in said
    pinned = f" --revision {revision}" if revision else ""
    assert f"run 'hf download somebody/some-model{pinned} --local-dir some-model', copy that directory here" in said
    assert said.endswith("and give --model some-model")


def test_a_network_that_swallows_everything(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "ANSWER_SECONDS", 0.2)
    hub.silent = True
    assert "is out of reach (ReadTimeout)" in refusal(hub)


def test_offline_by_setting(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set: unset it, or where there is a network run 'hf download" in refusal(hub)
    assert not hub.asked


def test_pickles_alone_are_told_how_to_convert(hub: Hub) -> None:
    hub.name = "facebook/incoder-1B"
    hub.files = {"config.json": b"{}", "pytorch_model.bin": b"never fetched"}
    said = refusal(hub)
    for part in ("which can run code", "hf download", "jupyter codecompose convert incoder-1B", INCODER.licence):
        assert part in said
    assert not hub.fetched


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_no_checkpoint(hub: Hub, missing: str) -> None:
    hub.files = {name: body for name, body in hub.files.items() if name not in (missing, "pytorch_model.bin")}
    assert "has no config.json with model.safetensors" in refusal(hub)
    assert not hub.fetched


@pytest.mark.parametrize("where", [{}, {"a": "model-00001-of-00001.safetensors"}, {"a": "../model.safetensors"}])
def test_an_index_that_names_what_is_not_there(hub: Hub, where: dict[str, str]) -> None:
    del hub.files["model.safetensors"]
    hub.files[INDEX] = json.dumps({"weight_map": where}).encode()
    assert INDEX in refusal(hub)
    assert hub.fetched == {"config.json", "tokenizer.json", "LICENSE", INDEX}


def test_a_disk_that_is_too_small(hub: Hub) -> None:
    hub.larger = 10**18
    said = refusal(hub)
    assert "somebody/some-model needs 1000000000000 MB, and " in said
    assert said.endswith("make room, or set HF_HOME to a directory on a larger disk")
    assert "model.safetensors" not in hub.fetched


def test_a_disk_that_is_full_is_said() -> None:
    full = repository.sentence(OSError(errno.ENOSPC, "No space left on device"), "somebody/some-model", "")
    assert full.startswith("the disk is full: make room")


def test_a_cache_that_may_not_be_written(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the directory should be")
    assert "set HF_HOME to a directory of yours" in refusal(hub)
