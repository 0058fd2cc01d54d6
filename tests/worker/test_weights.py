"""Broken checkpoints are refused with a sentence that names the file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model_server.families import INCODER
from model_server.weights import INDEX, BadCheckpoint, NotFetched, checked, read_config, read_weights, resolve
from tests.worker.checkpoints import write_checkpoint


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "model")


def test_no_directory() -> None:
    with pytest.raises(BadCheckpoint, match="no model directory at"):
        resolve("/nowhere/at/all")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the Hub's."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def snapshot(cache: Path, commit: str = "0" * 40, revision: str = "main") -> Path:
    """A repository that the Hub's own tools have fetched."""
    kept = cache / "models--somebody--some-model"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / revision).write_text(commit)
    return write_checkpoint(kept / "snapshots" / commit)


def test_a_hub_name_that_was_not_fetched_is_told_how(cache: Path) -> None:
    with pytest.raises(NotFetched) as said:
        resolve("facebook/incoder-1B")
    for part in (
        "hf download facebook/incoder-1B --local-dir incoder-1B",
        "jupyter codecompose convert incoder-1B",
        "jupyter codecompose serve --model incoder-1B",
        INCODER.licence,
    ):
        assert part in str(said.value)


def test_a_hub_name_that_was_fetched_is_found(cache: Path) -> None:
    kept = snapshot(cache)
    assert resolve("somebody/some-model").samefile(kept)


def test_a_revision_is_found_by_its_name_and_by_its_commit(cache: Path) -> None:
    kept = snapshot(cache, "1" * 40, "v1")
    assert resolve("somebody/some-model", "v1").samefile(kept)
    assert resolve("somebody/some-model", "1" * 40).samefile(kept)
    for other in ("", "v2", "2" * 40):
        with pytest.raises(NotFetched):
            resolve("somebody/some-model", other)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_what_was_fetched_in_part_is_not_taken_for_whole(cache: Path, missing: str) -> None:
    (snapshot(cache) / missing).unlink()
    with pytest.raises(NotFetched):
        resolve("somebody/some-model")


def test_pickles_that_were_fetched_are_found_to_be_converted(cache: Path) -> None:
    kept = snapshot(cache)
    (kept / "model.safetensors").rename(kept / "pytorch_model.bin")
    assert resolve("somebody/some-model").samefile(kept)


def test_no_config(tmp_path: Path) -> None:
    with pytest.raises(BadCheckpoint, match=r"config.json is missing"):
        read_config(tmp_path)


def test_config_is_not_json(directory: Path) -> None:
    (directory / "config.json").write_text("{")
    with pytest.raises(BadCheckpoint, match=r"config.json is not JSON"):
        read_config(directory)


def test_another_architecture(directory: Path) -> None:
    (directory / "config.json").write_text(json.dumps({"model_type": "llama"}))
    with pytest.raises(BadCheckpoint, match="'llama'; supported: 'xglm'"):
        read_config(directory)


def test_a_size_is_missing(directory: Path) -> None:
    (directory / "config.json").write_text(json.dumps({"model_type": "xglm", "d_model": 4}))
    with pytest.raises(BadCheckpoint, match="lacks a size"):
        read_config(directory)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"d_model": "64"}, r"a wrong one: Expected `int`, got `str` - at `\$\.d_model`"),
        ({"num_layers": 0}, r"Expected `int` >= 1 - at `\$\.num_layers`"),
        ({"activation_function": "relu"}, "activation_function 'relu'; supported: 'gelu'"),
        ({"add_cross_attention": True}, "needs an encoder cannot be served"),
        ({"attention_heads": 5}, "5 attention_heads do not divide d_model 64"),
    ],
)
def test_what_would_be_served_wrongly(directory: Path, changes: dict[str, object], said: str) -> None:
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(BadCheckpoint, match=said):
        read_config(directory)


def test_missing_weights(directory: Path) -> None:
    (directory / "model.safetensors").unlink()
    with pytest.raises(BadCheckpoint, match=r"model.safetensors is missing: fetch or copy"):
        read_weights(directory, lambda share: None)


@pytest.mark.parametrize("kept", [0, 5, 1000, -1])
def test_truncated_weights(directory: Path, kept: int) -> None:
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BadCheckpoint, match="damaged or cut short"):
        read_weights(directory, lambda share: None)


def test_pickled_weights_are_never_read(directory: Path) -> None:
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")
    with pytest.raises(BadCheckpoint, match="jupyter codecompose convert"):
        read_weights(directory, lambda share: None)


def test_the_index_says_which_files_are_the_models(directory: Path) -> None:
    whole = load_file(directory / "model.safetensors")
    shutil.copyfile(directory / "model.safetensors", directory / "adapter_model.safetensors")
    (directory / "model.safetensors").unlink()
    names = sorted(whole)
    where = {name: f"model-{n % 2 + 1:05}-of-00002.safetensors" for n, name in enumerate(names)}
    for file in set(where.values()):
        save_file({name: whole[name] for name in names if where[name] == file}, directory / file)
    save_file({"adapter": torch.ones(1)}, directory / "adapter_model.safetensors")
    (directory / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": where}))
    assert sorted(read_weights(directory, lambda share: None)) == names
    (directory / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(BadCheckpoint, match=r"names model-00002-of-00002\.safetensors, which is not"):
        read_weights(directory, lambda share: None)


def test_an_adapter_alone_is_no_model(directory: Path) -> None:
    (directory / "model.safetensors").rename(directory / "adapter_model.safetensors")
    with pytest.raises(BadCheckpoint, match=r"model.safetensors is missing"):
        read_weights(directory, lambda share: None)


@pytest.mark.parametrize(
    "index", ["{", "[]", '{"weight_map": {}}', '{"weight_map": {"a": 1}}', '{"weight_map": {"a": "../outside"}}']
)
def test_a_wrong_index(directory: Path, index: str) -> None:
    (directory / "model.safetensors").rename(directory.parent / "outside")
    (directory / INDEX).write_text(index)
    with pytest.raises(BadCheckpoint, match=INDEX):
        read_weights(directory, lambda share: None)


@pytest.mark.parametrize(
    ("name", "tensor", "said"),
    [
        ("model.layer_norm.bias", None, r"no tensor model.layer_norm.bias, which config.json makes \(64,\)"),
        ("model.layers.1.fc2.weight", torch.ones(64, 127), r"is \(64, 127\), but config.json makes it \(64, 128\)"),
        ("model.embed_tokens.weight", torch.ones(3, 64), r"embed_tokens.weight is \(3, 64\), but config.json"),
        ("model.layers.0.fc1.bias", torch.ones(128, dtype=torch.int8), "not quantised"),
    ],
)
def test_a_wrong_tensor_is_named(directory: Path, name: str, tensor: torch.Tensor | None, said: str) -> None:
    weights = read_weights(directory, lambda share: None)
    del weights[name]
    if tensor is not None:
        weights[name] = tensor
    with pytest.raises(BadCheckpoint, match=said):
        checked(weights, read_config(directory))


def test_a_head_of_its_own_is_asked_for(directory: Path) -> None:
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tie_word_embeddings": False}))
    with pytest.raises(BadCheckpoint, match=r"no tensor lm_head\.weight"):
        checked(read_weights(directory, lambda share: None), read_config(directory))
