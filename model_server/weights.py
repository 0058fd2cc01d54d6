"""Checkpoint directories in Hugging Face's layout: found, checked and read. safetensors only; nothing is unpickled."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from model_server.families import INCODER

if TYPE_CHECKING:
    from torch import Tensor

BUNDLED_DIRECTORY = Path(__file__).parent / "bundled"
POSITION_OFFSET = 2
"""XGLM numbers its positions from 2 (transformers, `modeling_xglm.py`)."""
HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")
INDEX = "model.safetensors.index.json"
Size = Annotated[int, msgspec.Meta(ge=1)]


COMPANIONS = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "README.md",
    "LICENSE",
)
"""What belongs to a checkpoint beside its weights."""


class BadCheckpoint(Exception):
    """A checkpoint directory that cannot be served; the message says which file is wrong and what to do."""


class NotFetched(BadCheckpoint):
    """What may be a name on the Hugging Face Hub, of which this machine has no whole copy."""


@dataclass(frozen=True, slots=True)
class XGLMConfig:
    """What an XGLM `config.json` says of the network, under its own names; where it is silent, XGLM's defaults."""

    vocab_size: Size
    d_model: Size
    ffn_dim: Size
    num_layers: Size
    attention_heads: Size
    max_position_embeddings: Size
    scale_embedding: bool = True
    activation_function: str = "gelu"
    add_cross_attention: bool = False
    tie_word_embeddings: bool = True


class Index(msgspec.Struct):
    """A sharded checkpoint's table: which file holds which tensor."""

    weight_map: dict[str, str]


def resolve(model: str, revision: str = "") -> Path:
    """The directory that a `--model` option means: `bundled`, a path, or a name on the Hugging Face Hub that was
    fetched before, at a commit, a tag or a branch. Raises BadCheckpoint, and NotFetched where it could be fetched."""
    directory = BUNDLED_DIRECTORY if model == "bundled" else Path(model).expanduser()
    if directory.is_dir():
        return directory
    if not HUB_NAME.fullmatch(model):
        raise BadCheckpoint(
            f"no model directory at {directory}: give 'bundled', a directory with config.json, or a name on the "
            "Hugging Face Hub such as 'Qwen/Qwen2.5-Coder-0.5B'"
        )
    if fetched := in_hub_cache(model, revision):
        return fetched
    raise NotFetched(f"no model directory at {model}; where that is a name on the Hugging Face Hub, {by_hand(model)}")


def in_hub_cache(name: str, revision: str = "") -> Path | None:
    """Where this machine keeps a repository of the Hub, if all of it was fetched; nothing is downloaded."""
    try:
        from huggingface_hub import try_to_load_from_cache

        config = try_to_load_from_cache(name, "config.json", revision=revision or None)
    except (ImportError, OSError, ValueError):
        return None
    directory = Path(config).parent if isinstance(config, str) else None
    return directory if directory and is_whole(directory) else None


def is_whole(directory: Path) -> bool:
    """Whether the weights are there, of whichever kind: a download that was interrupted leaves what came first."""
    try:
        return bool(weight_files(directory))
    except BadCheckpoint:
        return has_pickles(path.name for path in directory.glob("*"))


def has_pickles(names: Iterable[str]) -> bool:
    """Whether any of these files holds pickled weights."""
    return any(name.endswith((".bin", ".pt", ".pth")) for name in names)


def by_hand(name: str) -> str:
    """The commands that bring a model of the Hub here and make it one that is served, and what its licence forbids."""
    folder = name.partition("/")[2]
    commands = (
        f"run 'hf download {name} --local-dir {folder}', then 'jupyter codecompose convert {folder}', "
        f"then 'jupyter codecompose serve --model {folder}'"
    )
    return f"{commands}. {INCODER.licence}" if "incoder" in name.lower() else commands


def read_config(directory: Path) -> XGLMConfig:
    """Read and check `config.json`. Raises BadCheckpoint."""
    path = directory / "config.json"
    raw = read_json(path)
    if raw.get("model_type") != "xglm":
        raise BadCheckpoint(
            f"{path} has model_type {raw.get('model_type')!r}; supported: 'xglm' (InCoder's architecture)"
        )
    try:
        config = msgspec.convert(raw, XGLMConfig)
    except msgspec.ValidationError as error:
        raise BadCheckpoint(f"{path} lacks a size or has a wrong one: {error}") from None
    if config.activation_function != "gelu":
        raise BadCheckpoint(f"{path} has activation_function {config.activation_function!r}; supported: 'gelu'")
    if config.add_cross_attention:
        raise BadCheckpoint(f"{path} has add_cross_attention: a decoder that needs an encoder cannot be served")
    if config.d_model % config.attention_heads:
        raise BadCheckpoint(f"{path}: {config.attention_heads} attention_heads do not divide d_model {config.d_model}")
    return config


def read_json(path: Path) -> dict[str, object]:
    """An object from one of the checkpoint's JSON files. Raises BadCheckpoint."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, object])
    except FileNotFoundError:
        raise BadCheckpoint(f"{path} is missing: give a checkpoint directory in Hugging Face's layout") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadCheckpoint(f"{path} is not JSON: fetch the checkpoint again") from None


def read_weights(directory: Path, progress: Callable[[float], None]) -> dict[str, Tensor]:
    """Every tensor of the checkpoint by name; `progress` hears the share that is opened. Raises BadCheckpoint.

    The tensors are views of the files, which the system maps: they take no memory of ours before they are copied.
    """
    from safetensors import SafetensorError, safe_open

    weights: dict[str, Tensor] = {}
    files = weight_files(directory)
    for number, path in enumerate(files):
        progress(number / len(files))
        try:
            with safe_open(path, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118 - not a dict
                    weights[name] = opened.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise BadCheckpoint(f"{path} is damaged or cut short ({error}): fetch or copy it again") from None
    progress(1.0)
    return weights


def weight_files(directory: Path) -> list[Path]:
    """The checkpoint's safetensors files and no others: an adapter's may lie beside them. Raises BadCheckpoint, naming
    the conversion where there are only pickles."""
    if (directory / "model.safetensors").is_file():
        return [directory / "model.safetensors"]
    if (directory / INDEX).is_file():
        return indexed(directory / INDEX)
    if has_pickles(path.name for path in directory.glob("*")):
        raise BadCheckpoint(
            f"{directory} has only pickled weights, which can run code: make safetensors of them, once, with "
            f"'jupyter codecompose convert {directory}'"
        )
    raise BadCheckpoint(f"{directory}/model.safetensors is missing: fetch or copy the checkpoint again")


def indexed(path: Path) -> list[Path]:
    """The files that an index names, which all stand beside it. Raises BadCheckpoint."""
    files = [path.parent / name for name in named(path)]
    for file in files:
        if not file.is_file():
            raise BadCheckpoint(f"{path} names {file.name}, which is not beside it: fetch the checkpoint again")
    return files


def named(path: Path) -> list[str]:
    """The names in an index of weights, all of files in its own directory. Raises BadCheckpoint."""
    try:
        names = sorted(set(msgspec.json.decode(path.read_bytes(), type=Index).weight_map.values()))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadCheckpoint(f"{path} is no index of weights ({error}): fetch it again") from None
    if not names:
        raise BadCheckpoint(f"{path} names no file: fetch the checkpoint again")
    if outside := [name for name in names if Path(name).name != name]:
        raise BadCheckpoint(f"{path} names {outside[0]}, which is not beside it: fetch the checkpoint again")
    return names


def shapes(config: XGLMConfig) -> dict[str, tuple[int, ...]]:
    """Every tensor that the network is made of, and its shape."""
    d, f = config.d_model, config.ffn_dim
    square = [f"self_attn.{part}_proj" for part in ("q", "k", "v", "out")]
    norms = ["self_attn_layer_norm", "final_layer_norm"]
    layer = dict.fromkeys(square, (d, d)) | {"fc1": (f, d), "fc2": (d, f)} | dict.fromkeys(norms, (d,))
    modules = {f"model.layers.{n}.{name}": shape for n in range(config.num_layers) for name, shape in layer.items()}
    wanted: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (config.vocab_size, d)}
    if not config.tie_word_embeddings:
        wanted["lm_head.weight"] = (config.vocab_size, d)
    for name, shape in (modules | {"model.layer_norm": (d,)}).items():
        wanted |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return wanted


def checked(weights: dict[str, Tensor], config: XGLMConfig) -> dict[str, Tensor]:
    """The network's tensors under their full names (both with `model.` and without are found in the wild), each of its
    shape. Raises BadCheckpoint, naming the tensor."""
    return {name: _take(weights, name, shape) for name, shape in shapes(config).items()}


def _take(weights: dict[str, Tensor], name: str, shape: tuple[int, ...]) -> Tensor:
    found = weights.get(name, weights.get(name.removeprefix("model.")))
    if found is None:
        raise BadCheckpoint(f"there is no tensor {name}, which config.json makes {shape}: not a whole XGLM checkpoint")
    if tuple(found.shape) != shape:
        raise BadCheckpoint(f"tensor {name} is {tuple(found.shape)}, but config.json makes it {shape}")
    if not found.is_floating_point():
        raise BadCheckpoint(f"tensor {name} holds {found.dtype}: give a checkpoint that is not quantised")
    return found


def sinusoids(positions: int, width: int) -> Tensor:
    """XGLM's position table `[positions, width]`: sines, then cosines, from position `POSITION_OFFSET` on."""
    import torch

    half = width // 2
    rates = torch.exp(torch.arange(half, dtype=torch.float32) * -(math.log(10000) / (half - 1)))
    angles = torch.arange(POSITION_OFFSET, positions + POSITION_OFFSET, dtype=torch.float32)[:, None] * rates
    table = torch.cat([angles.sin(), angles.cos()], dim=1)
    return torch.nn.functional.pad(table, (0, width % 2))
