"""The ways to multiply by a weight, and what they measured.

Processors differ too much for a table: bfloat16 is the fastest with AMX and the slowest without, int8 wins with VNNI,
and where bfloat16 reads faster and int8 writes faster, each may do what it does best. So each candidate is timed on the
machine at hand when the model first loads. Every way takes and gives rows of the network's own dtype, so that the loop
above does not know which one runs.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Linear = Callable[[Tensor], Tensor]
Name = Literal["float32", "bfloat16", "int8", "mixed", "native"]
"""The ways to multiply with torch; and `native`, which is machine code of our own and not made here."""
PROCESSOR: tuple[Name, ...] = ("float32", "bfloat16", "int8", "mixed")
WITHOUT_BFLOAT16: tuple[Name, ...] = ("float32", "int8")
ACCELERATOR: tuple[Name, ...] = ("float32", "bfloat16")
ROWS = 128
STEPS = 12
"""Steps of one token that are timed with one reading of `ROWS`: about what a keystroke costs."""
MANY = 16
"""From so many rows on, the mixed way multiplies in bfloat16."""
MOST_MIXED = 1 << 23
"""The most weights of a layer that are kept twice: beyond, the memory is worth more than the time."""
GUESSES = 3
SIZES = ((ROWS, 6), (1 + GUESSES, 20), (1, 20))
"""How many rows are timed, and how often."""
WORTH = 1.6
"""A step that checks two guesses gives 1.6 tokens on notebooks (four: 1.8); it may cost so much more than a plain."""


def dtype_of(name: Name) -> torch.dtype:
    """The dtype of the rows between the layers."""
    return torch.bfloat16 if name == "bfloat16" else torch.float32


def linear(name: Name, weight: Tensor, bias: Tensor | None) -> Linear:
    """A function from rows `[…, in]` to rows `[…, out]` for a weight `[out, in]`."""
    if name == "int8":
        return int8(weight.float(), None if bias is None else bias.float())
    if name == "mixed":
        return mixed(linear("bfloat16", weight, bias), linear("int8", weight, bias))
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
    """Weights in int8 with a scale for each output; rows are quantised as they come.

    Without VNNI, products are added in pairs of 16 bits: of rows with all 8 bits these would not hold the sum.
    """
    scales = weight.abs().amax(dim=1).clamp_min(1e-8).double() / 127
    zeros = torch.zeros(len(weight), dtype=torch.long)
    with warnings.catch_warnings():  # torch means to move these; `measure` falls back on another way if they go
        warnings.simplefilter("ignore", UserWarning)
        quantised = torch.quantize_per_channel(weight, scales, zeros, axis=0, dtype=torch.qint8)
    blocked = torch.ops.quantized.linear_prepack(quantised, bias)
    run = torch.ops.quantized.linear_dynamic
    seven_bits = not torch.cpu._is_vnni_supported()
    return lambda rows: run(rows, blocked, seven_bits)


def mixed(many: Linear, few: Linear) -> Linear:
    """One way for many rows, in bfloat16, and another for few, in float32."""
    return lambda rows: many(rows.bfloat16()).float() if len(rows) >= MANY else few(rows)


@dataclass(frozen=True, slots=True)
class Timing:
    """What was measured: milliseconds of a layer for `ROWS` rows at once, for a few and for one."""

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


def candidates(weights: list[Tensor]) -> tuple[Name, ...]:
    """The ways that may suit a layer's weights where they are."""
    if weights[0].device.type != "cpu":
        return ACCELERATOR
    twice = sum(weight.numel() for weight in weights) <= MOST_MIXED
    names = PROCESSOR if torch.ops.mkldnn._is_mkldnn_bf16_supported() else WITHOUT_BFLOAT16
    return tuple(name for name in names if twice or name != "mixed")


@contextmanager
def one_thread() -> Iterator[None]:
    """torch on a single thread, for the time of a measurement."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def turns(calls: Sequence[Callable[[], object]], rounds: int, device: torch.device) -> list[float]:
    """The milliseconds of each call's fastest round: what the machine can do when nothing else runs.

    They take turns, so that what slows one slows all.
    """
    wait = partial(torch.cuda.synchronize, device) if device.type == "cuda" else int
    took = [[timed(call, wait) for call in calls] for _ in range(rounds)]
    return [min(each) for each in zip(*took, strict=True)]


def timed(call: Callable[[], object], wait: Callable[[], object]) -> float:
    """The milliseconds of a call. `wait` returns when an accelerator has done what it was told."""
    wait()
    begun = time.perf_counter()
    call()
    wait()
    return (time.perf_counter() - begun) * 1000


def fastest(timings: list[Timing]) -> Timing:
    """The way that makes a keystroke shortest."""
    return min(timings, key=lambda timing: timing.cost)


def guesses(name: Name, timings: Sequence[Timing]) -> int:
    """How many guesses to check in a step of what is called `name`."""
    return next((timing.guesses for timing in timings if timing.name == name), 0)


def told(name: Name, timings: Sequence[Timing]) -> str:
    """What was chosen, and what was measured: one line for people."""
    measured = ", ".join(f"{t.name} {t.rows_ms:.2f}/{t.row_ms:.3f}" for t in timings)
    return f"{name} ({measured} ms a layer of {ROWS}/1 rows)" if measured else name
