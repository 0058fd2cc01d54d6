"""Checkpoints that transformers reads: whether it makes a network of one that can be run here, and that network.

Safetensors only, from a directory of this machine, and never with code that comes with a checkpoint. Knows nothing of
slots and steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import transformers
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING
from transformers.utils import logging

from model_server.arithmetic import SIZES, Name, Timing, dtype_of, one_thread, turns
from model_server.timings import recalled
from model_server.weights import BadCheckpoint, read_json

ATTENTION = {"full_attention", "sliding_attention"}
"""Kinds of layers whose keys and values can be kept whole, and shortened."""
DTYPES: tuple[Name, ...] = ("float32", "bfloat16")
WIDEST = 2048
"""A matrix of this width is out of every cache already; a wider one takes longer to time and tells no more."""


def checked_config(directory: Path) -> Any:
    """A checkpoint's configuration, of a network that can be run here. Raises BadCheckpoint."""
    path = directory / "config.json"
    raw = read_json(path)
    if raw.get("is_encoder_decoder"):
        raise BadCheckpoint(f"{path} has is_encoder_decoder: a decoder that needs an encoder cannot be served")
    if "quantization_config" in raw:
        raise BadCheckpoint(f"{path} has a quantization_config: give a checkpoint that is not quantised")
    try:
        config = AutoConfig.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
        network = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    except Exception:  # noqa: BLE001 - each configuration has errors of its own
        raise BadCheckpoint(
            f"transformers {transformers.__version__} makes no causal language model of {path} (model_type "
            f"{raw.get('model_type')!r}), and code that comes with a checkpoint is never run: give another checkpoint"
        ) from None
    if network._is_stateful or not ATTENTION.issuperset(getattr(config, "layer_types", None) or ()):
        raise BadCheckpoint(f"{path}: a {config.model_type} keeps a state that cannot be shortened; give a transformer")
    return config


def read_network(
    directory: Path, config: Any, dtype: torch.dtype, progress: Callable[[float], None]
) -> PreTrainedModel:
    """The network with all of its weights. Raises BadCheckpoint."""
    safely = {"use_safetensors": True, "trust_remote_code": False, "local_files_only": True}
    try:
        with heard(progress):
            network, found = AutoModelForCausalLM.from_pretrained(
                directory, config=config, dtype=dtype, output_loading_info=True, **safely
            )
    except Exception as error:  # noqa: BLE001 - transformers and safetensors raise what they like
        said = str(error).strip().split("\n")[0]
        raise BadCheckpoint(f"{directory} cannot be loaded ({said}): fetch the checkpoint again") from None
    if missing := sorted(found["missing_keys"]):
        raise BadCheckpoint(f"{directory} has no tensor {missing[0]}: not a whole checkpoint; fetch it again")
    return network


@contextmanager
def heard(progress: Callable[[float], None]) -> Iterator[None]:
    """Tell the share of the weights that transformers has loaded, where it would draw a bar."""

    def bar(make: Callable[..., Any], given: tuple[Any, ...], options: dict[str, Any]) -> Any:
        return counted(given[0], progress) if given else make(*given, **options | {"disable": True})

    before = logging.set_tqdm_hook(bar)
    try:
        yield
    finally:
        logging.set_tqdm_hook(before)


def counted(items: Iterable[Any], progress: Callable[[float], None]) -> Iterator[Any]:
    """Items as they are, each told when it is done with."""
    every = list(items)
    for number, item in enumerate(every, 1):
        yield item
        progress(number / len(every))


def timed_dtypes(width: int, device: torch.device) -> list[Timing]:
    """What each dtype measures, or measured before, on a matrix about as wide as a network's."""
    width = min(width, WIDEST)
    weight = torch.empty(4 * width, width, device=device)
    return recalled([weight], partial(measured, weight))


def measured(weight: Tensor) -> list[Timing]:
    """What each dtype measures on a matrix, as transformers multiplies it; on one thread, as in `tuning`."""
    weights = [torch.randn_like(weight).to(dtype_of(name)) for name in DTYPES]

    def reading(rows: int) -> list[Callable[[], object]]:
        return [partial(F.linear, each.new_ones(rows, each.shape[1]), each) for each in weights]

    with one_thread():
        took = [turns(reading(rows), rounds, weight.device) for rows, rounds in SIZES]
    return [Timing(name, *each) for name, *each in zip(DTYPES, *took, strict=True)]
