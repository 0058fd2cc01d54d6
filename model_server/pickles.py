"""Pickled weights, as older checkpoints have them: found, and read without running anything.

torch reads tensors out of a pickle and refuses whatever else it asks for. The files are mapped, so that a tensor takes
memory only while it is copied. The worker never comes here: `jupyter codecompose convert` does, once.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from model_server.weights import BadCheckpoint, indexed

POSITIONS = "embed_positions.weights"
"""A table that is computed; old checkpoints carry it."""
CALLED = re.compile(r"GLOBAL (\S+)")
"""How torch names what a pickle would have called."""


def pickles(source: Path) -> list[Path]:
    """The files of pickled weights: one, or those that the index names. Raises BadCheckpoint."""
    if (source / "pytorch_model.bin").is_file():
        return [source / "pytorch_model.bin"]
    if (source / "pytorch_model.bin.index.json").is_file():
        return indexed(source / "pytorch_model.bin.index.json")
    raise BadCheckpoint(f"{source} has no pytorch_model.bin: fetch or copy the checkpoint again")


def unpickled(path: Path) -> dict[str, Tensor]:
    """The tensors of one file, mapped. Raises BadCheckpoint; whatever else the pickle asks for is refused, not run."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        if called := CALLED.search(str(error)):
            raise BadCheckpoint(f"{path} asks for {called[1]} to be run, and was refused: nothing was run") from None
        raise BadCheckpoint(f"{path} is no pickle of weights: fetch or copy it again") from None
    except (OSError, RuntimeError, EOFError, LookupError, ValueError):  # each kind of damage has its own
        raise BadCheckpoint(f"{path} is damaged or cut short: fetch or copy it again") from None
    if not isinstance(found, dict) or not all(isinstance(tensor, Tensor) for tensor in found.values()):
        raise BadCheckpoint(f"{path} holds something else than named tensors: it is not a checkpoint's weights")
    return found


def tensors(
    files: Iterable[Path], config: dict[str, object], dtype: torch.dtype | None = None
) -> Iterator[tuple[str, Tensor]]:
    """Every tensor that is worth writing, by name; one that two names share comes once, under the first."""
    head_is_tied = config.get("model_type") == "xglm" and config.get("tie_word_embeddings", True)
    for path in files:
        seen = set()
        for name, tensor in unpickled(path).items():
            place = (tensor.data_ptr(), tensor.shape, tensor.stride())
            if place in seen or name.endswith(POSITIONS) or (head_is_tied and name == "lm_head.weight"):
                continue
            seen.add(place)
            whole = tensor.untyped_storage().nbytes() == tensor.nbytes
            yield name, cast(tensor.detach() if whole else tensor.detach().clone(), dtype).contiguous()


def cast(tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
    """The tensor in a dtype, where it holds fractions and one is asked for."""
    return tensor.to(dtype) if dtype and tensor.is_floating_point() else tensor
