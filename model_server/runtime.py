"""XGLM by ONNX Runtime, on a processor: the fastest for one, and for several who write at once.

Its threads sleep while they wait, so a computing cell beside it costs little. Each slot's keys and values are bound
once to the graph that reads for one; several reads share a graph of `MOST` spans, those that are missing being a row
that nobody looks at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor

from model_server.arithmetic import Timing, guesses, told
from model_server.engine import Read, Score
from model_server.graph import drawn, names, written
from model_server.logits import Logits, scored
from model_server.weights import XGLMConfig, checked

MOST, WORTH = 8, 3
"""Spans that are read in one go, and from how many on that is quicker than one after the other."""
READ = 256
"""Rows that are read in one go: what they look at is a table that should stay in the processor's cache."""
Ints = NDArray[np.int64]


@dataclass(eq=False)
class KVSlot:
    """Keys and values `[layers, 2, heads, context, width of a head]` of the ids that it has read, and what binds them
    to the graph for one."""

    network: Runtime
    cache: NDArray[np.float32]
    binding: onnxruntime.IOBinding
    ids: list[int] = field(default_factory=list)
    last: Tensor | None = None

    @property
    def size(self) -> int:
        """See `Slot`."""
        return self.cache.nbytes

    def score(self, ways: Sequence[Sequence[int]], ends: Sequence[int]) -> list[Score]:
        """See `Slot`. The ways are read side by side, in one step."""
        if self.last is None:
            raise ValueError("nothing was read yet")
        return scored(self.last, self.network.branches(self, ways), ways, ends)


class Runtime:
    """A loaded checkpoint."""

    def __init__(
        self, config: XGLMConfig, weights: dict[str, Tensor], threads: int, timings: Sequence[Timing] = ()
    ) -> None:
        """Draw a checkpoint's graphs, to be run by so many `threads`; `timings` have chosen this engine.

        Raises BadCheckpoint where a tensor is missing or of the wrong shape.
        """
        self.config, self.context = config, config.max_position_embeddings
        self._timings = timings
        whole = {name: tensor.float() for name, tensor in checked(weights, config).items()}
        self._one, self._several = (session(drawn(config, whole, spans), threads) for spans in (1, MOST))
        self._nobody = np.zeros((config.num_layers, 2, config.attention_heads, 1, self._width), dtype=np.float32)
        self._binding = self._several.io_binding()
        self._bound: list[KVSlot] = []
        torch.set_num_threads(1)  # it only picks here; its threads would spin beside these

    @property
    def arithmetic(self) -> str:
        """See `Engine`."""
        return told("graph", self._timings)

    @property
    def guesses(self) -> int:
        """See `Engine`."""
        return guesses("graph", self._timings)

    @property
    def _width(self) -> int:
        """The width of a head."""
        return self.config.d_model // self.config.attention_heads

    def new_slot(self) -> KVSlot:
        """See `Engine`."""
        shape = (self.config.num_layers, 2, self.config.attention_heads, self.context, self._width)
        slot = KVSlot(self, np.zeros(shape, dtype=np.float32), self._one.io_binding())
        self._bind(slot.binding, 0, slot.cache)
        return slot

    def step(self, reads: Sequence[Read]) -> list[Logits]:
        """See `Engine`."""
        for read in reads:
            self._check(len(read.slot.ids), len(read.ids))
        tables: list[Tensor] = []
        for start in range(0, len(reads), MOST):
            part = reads[start : start + MOST]
            tables += self._together(part) if len(part) >= WORTH else map(self._alone, part)
        return [noted(read, table) for read, table in zip(reads, tables, strict=True)]

    def branches(self, slot: KVSlot, ways: Sequence[Sequence[int]]) -> Tensor:
        """The scores after each token of several ways to go on, one way after another; none of them sees another, and
        the slot stays as it is. Raises ValueError."""
        start, lengths = len(slot.ids), [len(way) for way in ways]
        rows = sum(lengths)
        self._check(start, rows)
        positions = np.concatenate([np.arange(start, start + length) for length in lengths])
        mask = np.zeros((1, 1, rows, start + rows), dtype=np.float32)
        for end, length in zip(accumulate(lengths), lengths, strict=True):
            mask[:, :, end - length :, start : start + end - length] = -np.inf
        ids = [token for way in ways for token in way]
        return self._run(self._one, slot.binding, ids, positions, [start + rows], np.arange(rows), {"mask": mask})

    def _alone(self, read: Read) -> Tensor:
        """The scores of one read, part by part."""
        slot, begin = kept(read), len(read.slot.ids)
        tables = []
        for at in range(0, len(read.ids), READ):
            ids, start = read.ids[at : at + READ], begin + at
            end = start + len(ids)
            wanted = np.arange(len(ids)) if read.every else np.array([len(ids) - 1])
            mask = {"mask": np.zeros((1, 1, len(ids), end), dtype=np.float32)}
            tables.append(self._run(self._one, slot.binding, ids, np.arange(start, end), [end], wanted, mask))
        return torch.cat(tables) if read.every else tables[-1]

    def _together(self, reads: Sequence[Read]) -> Sequence[Tensor]:
        """The scores of several reads, the places of those that are missing filled with nobody's."""
        missing = MOST - len(reads)
        lengths = [*(len(read.ids) for read in reads), *[1] * missing]
        starts = [*(len(read.slot.ids) for read in reads), *[0] * missing]
        ids = [*(token for read in reads for token in read.ids), *[0] * missing]
        ends = [start + length for start, length in zip(starts, lengths, strict=True)]
        positions = np.concatenate([np.arange(start, end) for start, end in zip(starts, ends, strict=True)])
        lasts = [*accumulate(len(read.ids) for read in reads)]
        firsts = [last - (len(read.ids) if read.every else 1) for read, last in zip(reads, lasts, strict=True)]
        wanted = np.concatenate([np.arange(first, last) for first, last in zip(firsts, lasts, strict=True)])
        self._bind_all([kept(read) for read in reads])
        more = {"lengths": np.array(lengths)}
        table = self._run(self._several, self._binding, ids, positions, ends, wanted, more)
        return torch.split(table, [last - first for first, last in zip(firsts, lasts, strict=True)])

    def _run(
        self,
        graph: onnxruntime.InferenceSession,
        binding: onnxruntime.IOBinding,
        ids: Sequence[int],
        positions: Ints,
        ends: Sequence[int],
        wanted: Ints,
        more: dict[str, NDArray[Any]],
    ) -> Tensor:
        """Run a graph on what `binding` binds; scores `[wanted, vocabulary]`. `ends` is where each span's rows end."""
        given = {"ids": np.array([ids], dtype=np.int64), "positions": positions, "wanted": wanted, **more}
        for span, end in enumerate(ends):
            given[f"total{span}"] = np.array([end], dtype=np.int32)
            given[f"last{span}"] = np.array([end - 1], dtype=np.int32)
        for name, values in given.items():
            binding.bind_cpu_input(name, values)
        scores = np.empty((1, len(wanted), self.config.vocab_size), dtype=np.float32)
        binding.bind_output("scores", "cpu", 0, np.float32, scores.shape, scores.ctypes.data)
        graph.run_with_iobinding(binding)
        return torch.from_numpy(scores[0])

    def _bind_all(self, slots: list[KVSlot]) -> None:
        """Bind some slots to the graph for several, if they are not those of the step before, as they mostly are."""
        if slots != self._bound:
            for span in range(MOST):
                self._bind(self._binding, span, slots[span].cache if span < len(slots) else self._nobody)
            self._bound = slots

    def _bind(self, binding: onnxruntime.IOBinding, span: int, cache: NDArray[np.float32]) -> None:
        """Have a span read and write a slot's keys and values where they are."""
        for name, part in zip(names(self.config, span), cache.reshape(-1, 1, *cache.shape[2:]), strict=True):
            for bind, called in ((binding.bind_input, name), (binding.bind_output, written(name))):
                bind(called, "cpu", 0, np.float32, part.shape, part.ctypes.data)

    def _check(self, start: int, rows: int) -> None:
        if start + rows > self.context:
            raise ValueError(f"{start} + {rows} tokens do not fit in {self.context}")


def session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    """A graph, ready to run.

    Threads that spin while they wait make a warm suggestion up to 1.5 times quicker on a quiet machine, and more than
    twice as slow beside a computing cell.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def kept(read: Read) -> KVSlot:
    """A read's slot."""
    assert isinstance(read.slot, KVSlot)
    return read.slot


def noted(read: Read, table: Tensor) -> Logits:
    """What was read stands in its slot from now on."""
    slot = kept(read)
    slot.ids.extend(read.ids)
    slot.last = table[-1]
    return Logits(table, len(slot.ids))
