"""InCoder-1B's shape with random weights in bfloat16 on a GPU: a token against the bandwidth, a warm suggestion, and
tokens a second of 1 to 128 editors. Without a GPU a small shape runs on the processor, so that this file is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import torch

from model_server.arithmetic import Name, candidates, dtype_of
from model_server.engine import Read, Sampling, Slot, step_one
from model_server.weights import XGLMConfig, shapes
from model_server.xglm import XGLM
from tests.bench.figures import Figures, interleaved, median, table, timed
from tests.bench.plan import Plan

INCODER = XGLMConfig(50_518, 2048, 8192, 24, 32, 2048)
SMALL = XGLMConfig(2048, 256, 1024, 4, 4, 2048)
PROMPT, TYPED, WRITTEN = 512, 3, 20
GREEDY = Sampling()
STEPS = 8
BUFFER = 1 << 32
"""Bytes that are copied to measure the GPU's bandwidth."""


def network(config: XGLMConfig, device: torch.device) -> XGLM:
    """A network of a shape, with random weights on a device: in bfloat16, where it can do that."""
    way: Name = "bfloat16" if "bfloat16" in candidates([torch.empty(1, device=device)]) else "float32"
    spread = {"device": device, "dtype": dtype_of(way)}
    weights = {name: torch.randn(shape, **spread) * 0.02 for name, shape in shapes(config).items()}  # type: ignore[call-overload]
    return XGLM(config, weights, way, device)


def waiting(device: torch.device, call: Callable[[], object]) -> Callable[[], float]:
    """The milliseconds of a call until the device has done it all."""

    def run() -> None:
        call()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return lambda: timed(run)


def bandwidth(device: torch.device, size: int) -> float:
    """Bytes a second: a copy reads and writes each byte once."""
    here = torch.ones(size, dtype=torch.uint8, device=device)
    there = torch.empty_like(here)
    copy = waiting(device, lambda: there.copy_(here))
    copy()
    return 2 * size / min(copy() for _ in range(5)) * 1000


def read(engine: XGLM, length: int) -> Slot:
    """A slot that has read a random prompt."""
    slot = engine.new_slot()
    ids: list[int] = torch.randint(engine.config.vocab_size, (length,)).tolist()
    step_one(engine, slot, ids)
    return slot


def write(engine: XGLM, slots: Sequence[Slot], count: int) -> None:
    """Write tokens for several editors, a step for all of them."""
    last = [[1]] * len(slots)
    for _ in range(count):
        reads = [Read(slot, ids) for slot, ids in zip(slots, last, strict=True)]
        last = [[scores.pick(GREEDY)] for scores in engine.step(reads)]


def back(slots: Sequence[Slot], length: int) -> None:
    """Cut slots back to a prompt of so many ids."""
    for slot in slots:
        del slot.ids[length:]


def warm(engine: XGLM, length: int) -> Callable[[], None]:
    """A suggestion on a prefix that is kept but for the last ids."""
    slot = read(engine, length)
    typed = slot.ids[-TYPED:]

    def run() -> None:
        back([slot], length - TYPED)
        step_one(engine, slot, typed)
        write(engine, [slot], WRITTEN - 1)

    return run


def stepping(engine: XGLM, slots: Sequence[Slot], length: int) -> Callable[[], None]:
    """Some steps of several editors."""

    def run() -> None:
        back(slots, length)
        write(engine, slots, STEPS)

    return run


def everybody(engine: XGLM, length: int, most: int) -> list[Slot]:
    """Slots of `most` editors, or as many as fit."""
    slots: list[Slot] = []
    with suppress(torch.OutOfMemoryError):
        while len(slots) < most:
            slots.append(read(engine, length))
    return slots


def take(figures: Figures, plan: Plan, name: str, config: XGLMConfig, device: torch.device, size: int) -> None:
    """The figures of a shape on a device."""
    engine = network(config, device)
    length = min(PROMPT, plan.prompt)
    weights = sum(torch.Size(shape).numel() for shape in shapes(config).values())
    speed = bandwidth(device, size)
    calls = {"suggestion": waiting(device, warm(engine, length))}
    slots = everybody(engine, length, max(plan.crowds))
    counts = [count for count in plan.crowds if count <= len(slots)]
    calls |= {str(count): waiting(device, stepping(engine, slots[:count], length)) for count in counts}
    taken = interleaved(calls, -(-plan.rounds // 3), plan.patience / 4)
    figures.add(f"{name}.bandwidth", speed / 1e9, "GB/s")
    figures.add(f"{name}.token.floor_ms", engine.dtype.itemsize * weights / speed * 1000, "ms")
    figures.add(f"{name}.token.p50_ms", median(taken["1"]) / STEPS, "ms")
    figures.ratio(f"{name}.token.to_floor", f"{name}.token.p50_ms", f"{name}.token.floor_ms")
    figures.spread(f"{name}.warm.20_tokens", taken["suggestion"])
    for count in counts:
        rate = count * STEPS / median(taken[str(count)]) * 1000
        figures.add(f"{name}.editors.{count}", rate, "tokens/s")


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    torch.manual_seed(0)
    if torch.cuda.is_available():
        device = torch.device("cuda")
        figures.note("gpu", torch.cuda.get_device_name(device))
        take(figures, plan, "gpu", INCODER, device, BUFFER)
    else:
        figures.note("gpu", "this machine has no GPU: that column is not measured")
        torch.set_num_threads(plan.threads)
        take(figures, plan, "gpu.small_on_cpu", SMALL, torch.device("cpu"), plan.buffer)


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    lines = {
        "bandwidth": ("bandwidth, a large copy", 0, ""),
        "token.floor_ms": ("a token's floor: its weights' bytes", 2, ""),
        "token.p50_ms": ("a token, one editor", 2, ""),
        "token.to_floor": ("against the floor", 1, "2"),
        "warm.20_tokens.p50_ms": (f"{WRITTEN} tokens on a kept prefix", 1, "60 ms"),
    } | {f"editors.{count}": (f"{count} editors", 0, "") for count in plan.crowds}
    rows = [
        [what, *(figures.said(f"{at}.{name}", digits) for at in ("gpu", "gpu.small_on_cpu")), goal]
        for name, (what, digits, goal) in lines.items()
    ]
    return "\n\n".join(
        (
            "## On a GPU",
            f"InCoder-1B's shape, random weights, bfloat16 ({figures.notes.get('gpu', '')}); the second column is a "
            "small shape on the processor, which only shows that the benchmark runs.",
            table(["", "InCoder-1B on a GPU", "small, on the processor", "at most"], rows),
        )
    )
