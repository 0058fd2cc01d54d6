"""What this machine is good at, found by asking it: the arithmetic to train in, and memory that is not given back."""

from __future__ import annotations

import ctypes
import sys
import time
from functools import cache

import torch

MALLOC_OPTIONS = {"M_TRIM_THRESHOLD": (-1, 2**31 - 1), "M_TOP_PAD": (-2, 2**28), "M_MMAP_MAX": (-4, 0)}


def keep_memory() -> None:
    """Ask glibc to keep what is freed for the next step: giving a gigabyte back and faulting it in again, step after
    step, takes a third of the time. Elsewhere than on glibc, nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        for option, value in MALLOC_OPTIONS.values():
            mallopt(option, value)


@cache
def bfloat16_pays() -> bool:
    """Whether matrices are multiplied faster in bfloat16 than in float32 here, by timing both."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    took = {}
    for dtype in (torch.float32, torch.bfloat16):
        matrix = torch.ones(512, 512, dtype=dtype)
        matrix @ matrix
        begun = time.perf_counter()
        for _ in range(4):
            matrix @ matrix
        took[dtype] = time.perf_counter() - begun
    return took[torch.bfloat16] < took[torch.float32]
