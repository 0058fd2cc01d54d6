"""What the ways to compute measured on this machine, kept in a small file: the second start does not time them.

The file is a convenience: where it cannot be read or written, they are timed again.
"""

from __future__ import annotations

import hashlib
import logging
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np
import torch
from platformdirs import user_cache_path
from torch import Tensor

from model_server.arithmetic import SIZES, Timing

log = logging.getLogger("model_server")
FILE = "timings.json"
PROCESSOR = Path("/proc/cpuinfo")
Kept = dict[str, list[Timing]]


def recalled(weights: list[Tensor], measure: Callable[[], list[Timing]]) -> list[Timing]:
    """The timings of a layer that has these weights: those that were kept, or else new ones, which are kept."""
    path, name = user_cache_path("jupyter-codecompose") / FILE, key(weights)
    kept = read(path)
    if not kept.get(name):
        kept[name] = measure()
        write(path, kept)
    return kept[name]


def key(weights: list[Tensor]) -> str:
    """What the timings depend on: processor or accelerator, what computes, and the shapes of the weights."""
    device = weights[0].device
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else processor()
    shapes = " ".join("x".join(map(str, weight.shape)) for weight in weights)
    rows = " ".join(str(rows) for rows, _ in SIZES)
    made_by = f"torch {torch.__version__}, numba {version('numba')}, numpy {np.__version__}"
    return f"{where}, {made_by}, {rows} rows, {shapes}"


def processor() -> str:
    """The processor's name, and a digest of what it says that it can do."""
    try:
        first = PROCESSOR.read_text().split("\n\n")[0].splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first)}
    digest = hashlib.sha256(told.get("flags", "").encode()).hexdigest()[:8]
    return f"{told.get('model name', platform.machine())} {digest}"


def read(path: Path) -> Kept:
    """What was kept; nothing where there is no such file, or another one."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def write(path: Path, kept: Kept) -> None:
    """Keep it, whole or not at all."""
    new = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(msgspec.json.encode(kept))
        new.replace(path)
    except OSError as error:
        log.info("timings are not kept: %s", error.strerror)
