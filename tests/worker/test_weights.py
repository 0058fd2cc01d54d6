"""Broken checkpoints are refused with a sentence that names the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_server.weights import BadCheckpoint, read_config, read_weights, resolve
from tests.worker.checkpoints import write_checkpoint


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "model")


def test_no_directory() -> None:
    with pytest.raises(BadCheckpoint, match="no model directory at"):
        resolve("/nowhere/at/all")


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
    with pytest.raises(BadCheckpoint, match="only pickled weights"):
        read_weights(directory, lambda share: None)
