"""How far the engine is from what the machine could do: reading weights for one token, multiplying for a prompt.

A token needs every weight once, so its floor is bytes over bandwidth; a prompt needs two operations for each weight
and row, so its floor is operations over the rate of matrix multiplication. Both limits are measured here, with the best
kernels that torch has for each dtype; the network's own overhead and everything that is not a matrix is what is above.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from model_server import tuning
from model_server.arithmetic import Name, candidates, dtype_of, linear
from model_server.engine import Engine, step_one
from model_server.tokens import Tokens
from model_server.weights import XGLMConfig, read_config
from tests.bench.figures import Figures, interleaved, median, table, timed
from tests.bench.peers.ours import Ours
from tests.bench.plan import Plan
from tests.bench.texts import prompt

Call = Callable[[], float]
POSSIBLE: tuple[Name, ...] = (*candidates([torch.empty(1)]), "native")
ALL: dict[Name, tuple[int, str, str]] = {
    "float32": (4, "float32", "float32"),
    "bfloat16": (2, "bfloat16", "bfloat16"),
    "int8": (1, "int8", "int8"),
    "mixed": (1, "int8", "bfloat16"),
    "native": (1, "int8", "int8"),
}
WAYS = {name: way for name, way in ALL.items() if name in POSSIBLE}
"""Bytes of a weight where a single row is multiplied, and the dtypes that multiply one row and many; of those ways that
this machine can go."""
DTYPES: tuple[Name, ...] = tuple(name for name in WAYS if name not in ("mixed", "native"))
SIDE, ROWS = 2048, 512


def again(call: Callable[[], object]) -> Call:
    """The milliseconds of a call that has just been made once, so that the cache holds what it can."""

    def run() -> float:
        call()
        return timed(call)

    return run


def one_row(name: Name, size: int) -> tuple[Call, int]:
    """Multiplies one row by matrices of about `size` bytes together; and how many bytes they are."""
    width = WAYS[name][0]
    side = min(SIDE, max(64, int((size / width) ** 0.5) // 64 * 64))
    count = max(1, size // (side * side * width))
    ways = [linear(name, torch.ones(side, side), None) for _ in range(count)]
    row = torch.randn(1, side, dtype=dtype_of(name))
    return again(lambda: [way(row) for way in ways]), count * side * side * width


def many_rows(name: Name) -> Call:
    """Multiplies 512 rows by a large matrix."""
    way, rows = linear(name, torch.ones(SIDE, SIDE), None), torch.randn(ROWS, SIDE, dtype=dtype_of(name))
    return again(lambda: way(rows))


def weights_of(config: XGLMConfig) -> int:
    """Weights that every token is multiplied with, the head's left out."""
    return config.num_layers * (4 * config.d_model**2 + 2 * config.d_model * config.ffn_dim)


def operations(config: XGLMConfig, rows: int) -> float:
    """Operations that reading a prompt takes: a product for each weight and row, what each row looks at, one head."""
    attention = 2 * rows**2 * config.d_model * config.num_layers
    return 2 * weights_of(config) * rows + attention + 2 * config.vocab_size * config.d_model


def readings(plan: Plan, weights: int) -> dict[str, tuple[Call, int]]:
    """What reads from memory, and what reads as many weights as the model has."""
    memory = {f"memory.{name}": one_row(name, plan.buffer) for name in DTYPES}
    return memory | {f"model.{name}": one_row(name, weights * WAYS[name][0]) for name in DTYPES}


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures. A limit is what the machine can do, so its fastest round counts; the engine's median does."""
    torch.set_num_threads(plan.threads)
    config, tokens = read_config(plan.model), Tokens.load(plan.model)
    count = weights_of(config) + config.vocab_size * config.d_model
    reading = readings(plan, count)
    calls = {name: call for name, (call, _) in reading.items()} | {f"rate.{name}": many_rows(name) for name in DTYPES}
    taken = interleaved(calls | engines(plan, tokens), plan.rounds, plan.patience / 2)
    for name, (_, size) in reading.items():
        figures.add(f"limits.{name}", size / min(taken[name]) / 1e6, "GB/s")
    for name in DTYPES:
        figures.add(f"limits.rate.{name}", 2 * ROWS * SIDE**2 / min(taken[f"rate.{name}"]) / 1e9, "TFLOP/s")
    for way, (size, _, _) in WAYS.items():
        for what in ("prefill", "token"):
            figures.add(f"limits.{way}.{what}.p50_ms", median(taken[f"{way}.{what}"]), "ms")
        floors(figures, way, count * size, operations(config, plan.prompt))


def engines(plan: Plan, tokens: Tokens) -> dict[str, Call]:
    """The engine with each arithmetic: reading a prompt, and writing a token."""
    ids = prompt(tokens, plan.prompt)
    calls: dict[str, Call] = {}
    for way in WAYS:
        engine = tuning.load(plan.model, lambda share: None, way)
        calls[f"{way}.prefill"] = prefill(engine, ids)
        calls[f"{way}.token"] = token(Ours(engine, tokens, 0), ids, max(plan.written))
    return calls


def floors(figures: Figures, name: Name, size: int, work: float) -> None:
    """What a token of `size` bytes and a prompt of `work` operations would take at the machine's limits.

    Bytes are bytes: the fastest kernel's bandwidth counts for all, among sizes that are as large as the weights.
    """
    _, one, many = WAYS[name]
    larger = [dtype for dtype in DTYPES if WAYS[dtype][0] >= WAYS[name][0]]
    fastest = max(figures.values[f"limits.model.{dtype}"][0] for dtype in (one, *larger)) * 1e9
    multiplying = figures.values[f"limits.rate.{many}"][0] * 1e12
    figures.add(f"limits.{name}.prefill.floor_ms", work / multiplying * 1000, "ms")
    figures.add(f"limits.{name}.token.floor_ms", size / fastest * 1000, "ms")
    for what in ("prefill", "token"):
        at = f"limits.{name}.{what}"
        figures.ratio(f"{at}.to_floor", f"{at}.p50_ms", f"{at}.floor_ms")


def prefill(engine: Engine, ids: list[int]) -> Call:
    """Reads a prompt into an empty slot; gives its milliseconds."""
    slot = engine.new_slot()

    def run() -> float:
        slot.ids.clear()
        return timed(lambda: step_one(engine, slot, ids))

    return run


def token(ours: Ours, ids: list[int], count: int) -> Call:
    """Writes behind a prompt without guesses; gives the milliseconds of one token."""

    def run() -> float:
        ours.hold(ids[:-1])
        return timed(lambda: ours.write(ids[-1:], count)) / count

    return run


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    said = figures.said
    machine = [
        [name, said(f"limits.memory.{name}"), said(f"limits.model.{name}"), said(f"limits.rate.{name}", 2)]
        for name in DTYPES
    ]
    columns = ("p50_ms", "floor_ms", "to_floor")
    ours = [
        [name, *(said(f"limits.{name}.{what}.{column}", 2) for what in ("prefill", "token") for column in columns)]
        for name in WAYS
    ]
    head = ["", f"reading {plan.prompt} tokens", "floor", "ratio", "one token, no guesses", "floor", "ratio"]
    return "\n\n".join(
        (
            "## How far from the limit",
            "What the machine can do: one row by matrices that are larger than the cache and by as many weights as "
            f"the model has, and {ROWS} rows by a matrix.",
            table(["", "from memory", "at the model's size", f"{ROWS} rows"], machine),
            "What the engine does with each arithmetic. The floor of a token is its weights' bytes over the best "
            "bandwidth at that size or a larger one; a prompt's is its operations over that dtype's rate.",
            table(head, ours),
        )
    )
