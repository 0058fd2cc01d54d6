"""The ways to multiply by a weight on this processor, and which of them is fastest here.

Processors differ too much for a table: bfloat16 is the fastest with AMX and the slowest without, int8 wins with VNNI.
So each candidate is timed on the machine at hand when the model loads. Every way takes and gives rows of the
network's own dtype, so that the loop above does not know which one runs.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Linear = Callable[[Tensor], Tensor]
Name = Literal["float32", "bfloat16", "int8"]
NAMES: tuple[Name, ...] = ("float32", "bfloat16", "int8")
ROWS = 128
STEPS = 12
"""Steps of one token that are timed with one reading of `ROWS`: about what a keystroke costs."""
GUESSES = 4
WORTH = 1.5
"""A step that checks guesses gives 1.4 to 2.1 tokens on code; it may cost that much more than a plain one."""


def dtype_of(name: Name) -> torch.dtype:
    """The dtype of the rows between the layers."""
    return torch.bfloat16 if name == "bfloat16" else torch.float32


def linear(name: Name, weight: Tensor, bias: Tensor | None) -> Linear:
    """A function from rows `[…, in]` to rows `[…, out]` for a weight `[out, in]`."""
    if name == "int8":
        return int8(weight.float(), None if bias is None else bias.float())
    if name == "bfloat16" and weight.device.type == "cpu":
        return packed(weight.bfloat16(), None if bias is None else bias.bfloat16())
    dtype = dtype_of(name)
    weight = weight.to(dtype).contiguous()
    return partial(F.linear, weight=weight, bias=None if bias is None else bias.to(dtype))


def packed(weight: Tensor, bias: Tensor | None) -> Linear:
    """bfloat16 with the weight in oneDNN's blocked layout."""
    blocked = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
    run = torch.ops.mkldnn._linear_pointwise
    return lambda rows: run(rows, blocked, bias, "none", [], "")


def int8(weight: Tensor, bias: Tensor | None) -> Linear:
    """Weights in int8 with a scale for each output; rows are quantised as they come."""
    scales = weight.abs().amax(dim=1).clamp_min(1e-8).double() / 127
    zeros = torch.zeros(len(weight), dtype=torch.long)
    with warnings.catch_warnings():  # torch means to move these; `measure` falls back on another way if they go
        warnings.simplefilter("ignore", UserWarning)
        quantised = torch.quantize_per_channel(weight, scales, zeros, axis=0, dtype=torch.qint8)
    blocked = torch.ops.quantized.linear_prepack(quantised, bias)
    run = torch.ops.quantized.linear_dynamic
    return lambda rows: run(rows, blocked, False)


@dataclass(frozen=True, slots=True)
class Timing:
    """What a way measured: milliseconds for `ROWS` rows at once, for a few and for one, through one layer's weights."""

    name: Name
    rows_ms: float
    few_ms: float
    row_ms: float

    @property
    def cost(self) -> float:
        """What a keystroke would take of it, in milliseconds."""
        return self.rows_ms + STEPS * self.row_ms

    @property
    def guesses(self) -> int:
        """How many guessed tokens to check in a step: some, where they cost less than what they usually save."""
        return GUESSES if self.few_ms < WORTH * self.row_ms else 0


def timed(call: Callable[[], object], rounds: int) -> float:
    """The fastest of some rounds, in milliseconds: what the machine can do when nothing else runs."""
    call()
    best = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - begun)
    return best * 1000


def measure(name: Name, weights: list[Tensor]) -> Timing | None:
    """Time one way on a layer's weights; None where the processor or torch cannot do it."""
    try:
        ways = [(linear(name, weight, None), weight.shape[1]) for weight in weights]
        dtype = dtype_of(name)
        took = []
        for rows, rounds in ((ROWS, 4), (1 + GUESSES, 20), (1, 20)):
            given = [torch.randn(rows, width, dtype=dtype) for _, width in ways]
            took.append(timed(lambda given=given: [way(x) for (way, _), x in zip(ways, given, strict=True)], rounds))  # type: ignore[misc]
        return Timing(name, *took)
    except (RuntimeError, NotImplementedError, AttributeError):
        return None


def fastest(weights: list[Tensor]) -> tuple[Name, list[Timing]]:
    """The way that makes a keystroke shortest on these weights, and what every one of them measured.

    On one thread: several would wait for each other whenever something else runs, and the wrong way could win.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        timings = [timing for name in NAMES if (timing := measure(name, weights))]
    finally:
        torch.set_num_threads(threads)
    return min(timings, key=lambda timing: timing.cost).name, timings
