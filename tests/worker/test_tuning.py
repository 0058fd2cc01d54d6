"""The choice of the engine, by timing."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest
import torch

from model_server import arithmetic, tuning
from model_server.arithmetic import Timing
from model_server.engine import Read
from model_server.native import Native
from model_server.weights import BUNDLED_DIRECTORY, XGLMConfig, checked, read_config, read_weights
from model_server.xglm import XGLM
from tests.worker.checkpoints import write_checkpoint

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was timed before."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def bundled() -> tuple[XGLMConfig, dict[str, torch.Tensor]]:
    """The bundled network's sizes and tensors."""
    config = read_config(BUNDLED_DIRECTORY)
    return config, checked(read_weights(BUNDLED_DIRECTORY, lambda share: None), config)


def test_every_candidate_is_timed(bundled: tuple[XGLMConfig, dict[str, torch.Tensor]]) -> None:
    names = [timing.name for timing in tuning.measured(*bundled, CPU)]
    assert names == list(tuning.contenders(bundled[1], CPU))
    assert "native" in names
    assert "float32" in names


def test_the_quickest_is_built() -> None:
    engine = tuning.load(BUNDLED_DIRECTORY, lambda share: None)
    chosen = engine.arithmetic.split(" ")[0]
    assert isinstance(engine, Native if chosen == "native" else XGLM)
    assert "ms a layer" in engine.arithmetic


def test_one_layer_is_timed(bundled: tuple[XGLMConfig, dict[str, torch.Tensor]]) -> None:
    config, weights = tuning.thin(*bundled)
    assert (config.num_layers, config.vocab_size) == (1, tuning.TOKENS)
    assert XGLM(config, weights, "float32").step([Read(XGLM(config, weights, "float32").new_slot(), [1])])


def test_what_fails_is_no_candidate(bundled: tuple[XGLMConfig, dict[str, torch.Tensor]]) -> None:
    config, weights = bundled
    assert tuning.tried("native", replace(config, attention_heads=5), weights, CPU) is None


@pytest.fixture
def unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    """numba, as it is beside a numpy that is too new for it."""

    class TooNew(MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            if name == "model_server.native":
                raise ImportError("Numba needs NumPy 2.3 or less. Got NumPy 2.9.")

    monkeypatch.delitem(sys.modules, "model_server.native")
    monkeypatch.setattr(sys, "meta_path", [TooNew(), *sys.meta_path])


@pytest.mark.usefixtures("unusable")
def test_where_numba_cannot_be_used_torch_computes() -> None:
    assert isinstance(tuning.load(BUNDLED_DIRECTORY, lambda share: None), XGLM)


def test_what_was_the_fastest_and_cannot_be_used_any_more_is_left_out(
    bundled: tuple[XGLMConfig, dict[str, torch.Tensor]], unusable: None
) -> None:
    kept = [Timing("native", 1, 1, 1), Timing("int8", 2, 2, 2), Timing("float32", 3, 3, 3)]
    assert tuning.first(*bundled, CPU, kept).arithmetic.startswith("int8")
    with pytest.raises(ImportError, match="needs NumPy"):
        tuning.first(*bundled, CPU, kept[:1])


def test_a_large_network_is_torchs() -> None:
    weights = {
        f"model.layers.0.{name}.weight": torch.empty(0, 1 << 14)
        for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "fc1", "fc2")
    }
    assert "native" in tuning.contenders(weights, CPU)
    assert "native" not in tuning.contenders(weights | {"large": torch.empty(1 << 15, 1 << 14, device="meta")}, CPU)


def test_an_accelerator_multiplies_with_torch(bundled: tuple[XGLMConfig, dict[str, torch.Tensor]]) -> None:
    assert tuple(tuning.contenders(bundled[1], torch.device("meta"))) == arithmetic.ACCELERATOR


def test_a_tiny_context_can_be_timed(tmp_path: Path) -> None:
    assert tuning.load(write_checkpoint(tmp_path), lambda share: None).arithmetic
