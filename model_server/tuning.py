"""Which engine computes an XGLM fastest on this machine, and in which arithmetic: each steps through one layer.

A layer is timed and not a matrix, since what stands between the matrices costs one engine more than another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from model_server.arithmetic import SIZES, Name, Timing, candidates, fastest, one_thread, turns
from model_server.engine import Engine, Read
from model_server.timings import recalled
from model_server.weights import XGLMConfig, checked, read_config, read_weights
from model_server.xglm import XGLM

log = logging.getLogger("model_server")
Weights = dict[str, Tensor]
MOST_WEIGHTS = 1 << 28
"""The most weights that machine code of our own reads: its threads share the rows of a step, not a matrix."""
MOST_THREADS = 4
"""So many share a prompt; more would leave each too few rows."""
BEHIND = 256
"""Tokens that stand in the slot before a step."""
TOKENS = 16
"""The vocabulary of the layer that is timed."""


def load(directory: Path, progress: Callable[[float], None], name: Name | None = None) -> Engine:
    """The fastest engine for a checkpoint directory, or the one with a `name`: on an accelerator, where there is one.
    Raises BadCheckpoint."""
    config = read_config(directory)
    weights = checked(read_weights(directory, progress), config)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name:
        return built(name, config, weights, device)
    timings = recalled(first_layer(weights, device), partial(measured, config, weights, device))
    return first(config, weights, device, timings)


def first(config: XGLMConfig, weights: Weights, device: torch.device, timings: list[Timing]) -> Engine:
    """The fastest engine, or the next one where what that needs was changed since it was timed and is no longer usable.
    Raises ImportError where none is."""
    name = fastest(timings).name
    try:
        return built(name, config, weights, device, timings)
    except (ImportError, OSError) as error:
        rest = [timing for timing in timings if timing.name != name]
        if not rest:
            raise
        log.info("%s cannot be used any more: %s", name, type(error).__name__)
        return first(config, weights, device, rest)


def built(
    name: Name, config: XGLMConfig, weights: Weights, device: torch.device, timings: list[Timing] | None = None
) -> Engine:
    """An engine by its name. Raises ImportError or OSError where a library that it alone needs cannot be used."""
    if name == "native":
        from model_server.native import Native

        return Native(config, weights, min(torch.get_num_threads(), MOST_THREADS), timings or ())
    return XGLM(config, weights, name, device, timings or ())


def measured(config: XGLMConfig, weights: Weights, device: torch.device) -> list[Timing]:
    """What each candidate measures on the first layer.

    On one thread: several would wait for each other whenever something else runs, and the wrong one could win.
    """
    layer = thin(config, weights)
    with one_thread():
        tries = {name: tried(name, *layer, device) for name in contenders(weights, device)}
        found = {name: engine for name, engine in tries.items() if engine}
        took = [turns([step(engine, rows) for engine in found.values()], rounds, device) for rows, rounds in SIZES]
    return [Timing(name, *each) for name, *each in zip(found, *took, strict=True)]


def contenders(weights: Weights, device: torch.device) -> Iterator[Name]:
    """The candidates for a network."""
    yield from candidates(first_layer(weights, device))
    if device.type == "cpu" and sum(weight.numel() for weight in weights.values()) <= MOST_WEIGHTS:
        yield "native"


def tried(name: Name, config: XGLMConfig, weights: Weights, device: torch.device) -> Engine | None:
    """A candidate that has gone each step once; None where the machine or a library cannot do it."""
    try:
        engine = built(name, config, weights, device)
        for rows, _ in SIZES:
            step(engine, rows)()
    except Exception as error:  # noqa: BLE001 - libraries raise what they like; others can do it
        log.info("%s cannot be used here: %s", name, type(error).__name__)
        return None
    return engine


def step(engine: Engine, rows: int) -> Callable[[], object]:
    """Reads `rows` rows, always at the same place."""
    rows = min(rows, engine.context // 2)
    slot, behind = engine.new_slot(), [0] * min(BEHIND, engine.context - rows)

    def run() -> object:
        slot.ids[:] = behind
        return engine.step([Read(slot, [0] * rows)])

    return run


def thin(config: XGLMConfig, weights: Weights) -> tuple[XGLMConfig, Weights]:
    """A network of the first layer alone and a few tokens."""
    first = {name: weight for name, weight in weights.items() if ".layers." not in name or ".layers.0." in name}
    tokens = min(TOKENS, config.vocab_size)
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        if name in first:
            first[name] = first[name][:tokens]
    return replace(config, num_layers=1, vocab_size=tokens), first


def first_layer(weights: Weights, device: torch.device) -> list[Tensor]:
    """The shapes of the first layer's matrices, where they shall be."""
    names = [f"self_attn.{part}_proj" for part in ("q", "k", "v", "out")]
    shapes = [weights[f"model.layers.0.{name}.weight"].shape for name in (*names, "fc1", "fc2")]
    return [torch.empty(shape, device=device) for shape in shapes]
