"""XGLM by machine code made for this processor, from `forward`: the fastest for one, and for several who write at once.

A step of a few rows is one thread's; where there are more to read, and cores that are free, several threads share them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model_server.arithmetic import Timing, guesses, told
from model_server.engine import Branches, Read
from model_server.forward import Matrix, Network, Norm, Rows, read, slot_bytes
from model_server.logits import Logits, highest, noted
from model_server.threads import Threads
from model_server.tiles import packed
from model_server.weights import XGLMConfig, checked, sinusoids

KINDS = ("weight", "bias")
PART = 32
"""Rows of a part at most: what lies between two matrices should stay in a core's own cache."""
SHARED = 5
"""From so many rows on, more than one thread is worth waking."""


@dataclass(eq=False)
class KVSlot:
    """Keys and values of the ids that it has read; see `forward.Memory`."""

    memory: NDArray[np.uint8]
    ids: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        """See `Slot`."""
        return self.memory.nbytes


@dataclass(frozen=True, slots=True)
class Span:
    """Ids to read, whose keys and values go into a slot from `start` on. They go on from its first `shared` places, and
    do not see what stands between. Of the last `wanted` the scores are asked for."""

    slot: KVSlot
    ids: Sequence[int]
    shared: int
    start: int
    wanted: int


class Native:
    """A loaded checkpoint."""

    def __init__(
        self, config: XGLMConfig, weights: dict[str, Tensor], threads: int, timings: Sequence[Timing] = ()
    ) -> None:
        """Pack a checkpoint's weights, to be read by at most so many `threads`; `timings` have chosen this engine.

        Raises BadCheckpoint where a tensor is missing or of the wrong shape, and ValueError where heads do not fit.
        """
        self.config, self.context, self._timings = config, config.max_position_embeddings, timings
        self._width = config.d_model // config.attention_heads
        if self._width % 4:
            raise ValueError(f"heads of a width of {self._width} do not fit: it must be a multiple of 4")
        self._network = network(config, checked(weights, config))
        torch.set_num_threads(1)  # it only picks here; its threads would spin beside these
        self._threads = Threads(lambda _: None, threads)
        self._others = ThreadPoolExecutor(max(1, threads - 1), "engine")
        self._bytes = slot_bytes(config.num_layers, config.attention_heads, self.context, self._width)

    @property
    def arithmetic(self) -> str:
        """See `Engine`."""
        return told("native", self._timings)

    @property
    def guesses(self) -> int:
        """See `Engine`."""
        return guesses("native", self._timings)

    def new_slot(self) -> KVSlot:
        """See `Engine`."""
        return KVSlot(np.zeros(self._bytes, np.uint8))

    def step(self, reads: Sequence[Read | Branches]) -> list[Logits]:
        """See `Engine`."""
        spans = [list(placed(read)) for read in reads]
        table = self._read([span for each in spans for span in each])
        tables = torch.split(table, [sum(span.wanted for span in each) for each in spans])
        # At once: a call for each would wait each time for the event loop's thread. Of branches nobody asks for it.
        best = None if any(isinstance(read, Branches) for read in reads) else iter(highest(table))
        return [
            noted(read, table, list(islice(best, len(table))) if best else None)
            for read, table in zip(reads, tables, strict=True)
        ]

    def _read(self, spans: Sequence[Span]) -> Tensor:
        """The scores that are wanted, `[wanted, vocabulary]`. Raises ValueError."""
        for span in spans:
            if span.start + len(span.ids) > self.context:
                raise ValueError(f"{span.start} + {len(span.ids)} tokens do not fit in {self.context}")
            if max(span.ids) >= self.config.vocab_size:
                raise ValueError(f"token {max(span.ids)} is not among the network's {self.config.vocab_size}")
        self._threads.follow()
        count = sum(len(span.ids) for span in spans)
        threads = self._threads.count if count >= SHARED else 1
        rows = tabled(spans, min(PART, -(-count // threads)))
        scores = np.empty((sum(span.wanted for span in spans), self._network.head.scales.shape[1]), np.float32)
        others = [self._others.submit(read, self._network, rows, scores, n, threads) for n in range(1, threads)]
        read(self._network, rows, scores, 0, threads)
        for other in others:
            other.result()
        return torch.from_numpy(scores)[:, : self.config.vocab_size]


def placed(read: Read | Branches) -> Iterator[Span]:
    """Where the rows of a read stand; ways to go on stand one behind another."""
    slot = read.slot
    assert isinstance(slot, KVSlot)
    shared = start = len(slot.ids)
    if isinstance(read, Read):
        yield Span(slot, read.ids, shared, start, len(read.ids) if read.every else 1)
        return
    for way in read.ways:
        yield Span(slot, way, shared, start, len(way))
        start += len(way)


def tabled(spans: Sequence[Span], part: int) -> Rows:
    """The rows of some spans, in parts of so many."""
    lengths = [len(each.ids) for each in spans]
    count = sum(lengths)

    def each_row(values: Sequence[int]) -> NDArray[np.int64]:
        return np.repeat(np.array(values, np.int64), lengths)

    ids = np.array([token for each in spans for token in each.ids], np.int64)
    behind = np.arange(count) - each_row(np.cumsum([0, *lengths[:-1]]).tolist())
    shared, own = each_row([each.shared for each in spans]), each_row([each.start for each in spans])
    slots = each_row([each.slot.memory.ctypes.data for each in spans])
    asked = behind >= each_row([len(each.ids) - each.wanted for each in spans])
    bounds = np.append(np.arange(0, count, part), count)
    follows = np.array([begin > 0 and bool(slots[begin] == slots[begin - 1]) for begin in bounds[:-1]])
    return Rows(
        ids, shared + behind, own + behind, shared, own, slots, np.where(asked, np.cumsum(asked) - 1, -1),
        bounds, follows, np.zeros(len(follows), np.int64),
    )  # fmt: skip


def network(config: XGLMConfig, weights: dict[str, Tensor]) -> Network:
    """A checkpoint's weights, as they are multiplied."""
    arrays = {name: tensor.float().numpy() for name, tensor in weights.items()}
    table = arrays["model.embed_tokens.weight"]

    def layers(*parts: str) -> list[list[NDArray[np.float32]]]:
        names = [[f"model.layers.{number}.{part}" for part in parts] for number in range(config.num_layers)]
        return [[np.concatenate([arrays[f"{name}.{what}"] for name in each]) for what in KINDS] for each in names]

    return Network(
        config.attention_heads,
        table * np.float32(config.d_model**0.5 if config.scale_embedding else 1),
        sinusoids(config.max_position_embeddings, config.d_model).numpy(),
        Norm(*stacked(layers("self_attn_layer_norm"))),
        matrix(layers(*(f"self_attn.{part}_proj" for part in "qkv"))),
        matrix(layers("self_attn.out_proj")),
        Norm(*stacked(layers("final_layer_norm"))),
        matrix(layers("fc1")),
        matrix(layers("fc2")),
        Norm(*(arrays[f"model.layer_norm.{what}"][None] for what in KINDS)),
        matrix([[table if config.tie_word_embeddings else arrays["lm_head.weight"], np.zeros(len(table), np.float32)]]),
    )


def stacked(pairs: Sequence[Sequence[NDArray[np.float32]]]) -> Iterator[NDArray[np.float32]]:
    """Weights and biases, each of all layers."""
    return (np.stack(each) for each in zip(*pairs, strict=True))


def matrix(pairs: Sequence[Sequence[NDArray[np.float32]]]) -> Matrix:
    """Weights and biases of all layers, packed."""
    blocks, scales = zip(*(packed(weight) for weight, _ in pairs), strict=True)
    biases = [np.pad(bias, (0, len(found) - len(bias))) for (_, bias), found in zip(pairs, scales, strict=True)]
    return Matrix(np.stack(blocks), np.stack(scales), np.stack(biases))
