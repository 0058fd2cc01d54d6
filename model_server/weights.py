"""Checkpoint directories in Hugging Face's layout: found, checked and read. safetensors only; nothing is unpickled."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

BUNDLED_DIRECTORY = Path(__file__).parent / "bundled"
POSITION_OFFSET = 2
"""XGLM numbers its positions from 2 (transformers, `modeling_xglm.py`)."""


class BadCheckpoint(Exception):
    """A checkpoint directory that cannot be served; the message says which file is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class XGLMConfig:
    """The sizes in an XGLM `config.json`, under its own names."""

    vocab_size: int
    d_model: int
    ffn_dim: int
    num_layers: int
    attention_heads: int
    max_position_embeddings: int
    scale_embedding: bool = True
    activation_function: str = "gelu"


def resolve(model: str) -> Path:
    """The directory that a `--model` option means: `bundled`, or a path. Raises BadCheckpoint."""
    directory = BUNDLED_DIRECTORY if model == "bundled" else Path(model).expanduser()
    if not directory.is_dir():
        raise BadCheckpoint(f"no model directory at {directory}: give 'bundled' or a directory with config.json")
    return directory


def read_config(directory: Path) -> XGLMConfig:
    """Read and check `config.json`. Raises BadCheckpoint."""
    path = directory / "config.json"
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        raise BadCheckpoint(f"{path} is missing: give a checkpoint directory in Hugging Face's layout") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise BadCheckpoint(f"{path} is not JSON: fetch the checkpoint again") from None
    if raw.get("model_type") != "xglm":
        raise BadCheckpoint(
            f"{path} has model_type {raw.get('model_type')!r}; supported: 'xglm' (InCoder's architecture)"
        )
    fields = {name: raw[name] for name in XGLMConfig.__dataclass_fields__ if name in raw}
    try:
        return XGLMConfig(**fields)
    except TypeError as error:
        raise BadCheckpoint(f"{path} lacks a size: {error}") from None


def read_weights(directory: Path, progress: Callable[[float], None]) -> dict[str, Tensor]:
    """Every tensor of the checkpoint by name; `progress` hears the share that is read. Raises BadCheckpoint."""
    from safetensors import SafetensorError, safe_open

    weights: dict[str, Tensor] = {}
    files = weight_files(directory)
    for number, path in enumerate(files):
        try:
            with safe_open(path, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118 - not a dict
                    weights[name] = opened.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise BadCheckpoint(f"{path} is damaged or cut short ({error}): fetch or copy it again") from None
        progress((number + 1) / len(files))
    return weights


def weight_files(directory: Path) -> list[Path]:
    """The checkpoint's safetensors files. Raises BadCheckpoint, naming the conversion where there are only pickles."""
    files = sorted(directory.glob("*.safetensors"))
    if files:
        return files
    if any(directory.glob("*.bin")) or any(directory.glob("*.pt")):
        raise BadCheckpoint(f"{directory} has only pickled weights, which can run code: convert them to safetensors")
    raise BadCheckpoint(f"{directory}/model.safetensors is missing: fetch or copy the checkpoint again")


def sinusoids(positions: int, width: int) -> Tensor:
    """XGLM's position table `[positions, width]`: sines, then cosines, from position `POSITION_OFFSET` on."""
    import torch

    half = width // 2
    rates = torch.exp(torch.arange(half, dtype=torch.float32) * -(math.log(10000) / (half - 1)))
    angles = torch.arange(POSITION_OFFSET, positions + POSITION_OFFSET, dtype=torch.float32)[:, None] * rates
    table = torch.cat([angles.sin(), angles.cos()], dim=1)
    return torch.nn.functional.pad(table, (0, width % 2))
