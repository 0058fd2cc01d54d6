"""Any causal language model that transformers knows, as a decode loop's engine. Knows token ids only.

Each slot keeps the whole of its keys and values, also where the network looks at a sliding window of them: so the last
ones can be forgotten at any place, and the mask alone says how far a token sees. Reads of equal length are done
together, the shorter slots filled up on the left. Code that comes with a checkpoint is never run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from model_server import arithmetic
from model_server.arithmetic import Name, Timing, dtype_of
from model_server.engine import Branches, Read
from model_server.logits import Logits, noted
from model_server.pretrained import checked_config, read_network, timed_dtypes
from model_server.threads import Threads
from model_server.weights import weight_files

MOST_CONTEXT = 8192
"""The most tokens of a slot, whatever the network allows. What stands further off hardly changes a suggestion, but it
costs seconds to read and, without grouped heads, half a megabyte of memory a token at 7 billion weights."""
MOST_TOGETHER = 1 << 30
"""Bytes of keys and values that are copied at most to read for several slots at once."""


class CacheSlot:
    """The keys and values of the ids that it has read; those of ids that were dropped go before the next read."""

    def __init__(self) -> None:
        """Begin with nothing; a slot grows as it reads."""
        self.ids: list[int] = []
        self.cache = DynamicCache()

    @property
    def size(self) -> int:
        """See `Slot`."""
        return sum(keys.nbytes + values.nbytes for keys, values in pairs(self.cache))

    def trim(self) -> None:
        """Forget what `ids` does not hold: what was dropped from it, and what a step that failed has left in some of
        the layers, of which one may even have its keys and not its values."""
        if not self.ids:
            self.cache = DynamicCache()
            return
        for layer in self.cache.layers:
            if layer.keys is not None and layer.keys.shape[-2] > len(self.ids):
                layer.keys, layer.values = (kept[..., : len(self.ids), :] for kept in (layer.keys, layer.values))


class Causal:
    """A loaded checkpoint."""

    def __init__(self, network: PreTrainedModel, timings: Sequence[Timing] = ()) -> None:
        """Take a network that is where it shall compute; `timings` are what chose its dtype."""
        self._network = network.eval()
        self._device = network.device
        self._vocabulary = network.get_input_embeddings().num_embeddings
        self._timings = timings
        self._threads = Threads(torch.set_num_threads, torch.get_num_threads())
        self.context = min(getattr(network.config, "max_position_embeddings", MOST_CONTEXT), MOST_CONTEXT)

    @classmethod
    def load(cls, directory: Path, progress: Callable[[float], None], way: Name | None = None) -> Causal:
        """Read a checkpoint directory to an accelerator, where there is one; `way` forces an arithmetic, else the
        faster dtype is chosen by timing. Raises BadCheckpoint."""
        config = checked_config(directory)
        weight_files(directory)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        timings = [] if way else timed_dtypes(config.hidden_size, device)
        dtype = dtype_of(way or arithmetic.fastest(timings).name)
        return cls(read_network(directory, config, dtype, progress).to(device), timings)

    @property
    def arithmetic(self) -> str:
        """See `Engine`."""
        name = f"{str(self._network.dtype).removeprefix('torch.')} by transformers"
        told = ", ".join(f"{timing.name} {timing.rows_ms:.2f}/{timing.row_ms:.3f}" for timing in self._timings)
        return f"{name} ({told} ms a matrix of {arithmetic.ROWS}/1 rows)" if told else name

    @property
    def guesses(self) -> int:
        """See `Engine`."""
        return arithmetic.fastest(list(self._timings)).guesses if self._timings else 0

    def new_slot(self) -> CacheSlot:
        """See `Engine`."""
        return CacheSlot()

    @torch.inference_mode()
    def step(self, reads: Sequence[Read | Branches]) -> list[Logits]:
        """See `Engine`. Branches are read slot by slot."""
        self._threads.follow()
        slots = [self._slot(read) for read in reads]
        tables: dict[int, Tensor] = {}
        plain: dict[int, Read] = {}
        for number, read in enumerate(reads):
            if isinstance(read, Branches):
                tables[number] = self._branches(slots[number], read.ways)
            else:
                plain[number] = read
        for bunch in bunches(plain):
            keep = max(len(plain[number].ids) if plain[number].every else 1 for number in bunch)
            ids = [plain[number].ids for number in bunch]
            tables |= zip(bunch, self._read([slots[number] for number in bunch], ids, keep), strict=True)
        return [noted(read, wanted(read, tables[number])) for number, read in enumerate(reads)]

    def _branches(self, slot: CacheSlot, ways: Sequence[Sequence[int]]) -> Tensor:
        """Scores `[tokens of all ways, vocabulary]` after each token of each way to go on."""
        longest, most = max(map(len, ways)), max(1, MOST_TOGETHER // slot.size)
        ids = [[*way, *[0] * (longest - len(way))] for way in ways]  # what is behind a way's end, it does not see
        parts = (ids[start : start + most] for start in range(0, len(ids), most))
        tables = [table for part in parts for table in self._beside(slot, part)]
        return torch.cat([table[: len(way)] for table, way in zip(tables, ways, strict=True)])

    def _slot(self, read: Read | Branches) -> CacheSlot:
        """A read's slot, ready to go on. Raises ValueError."""
        slot = read.slot
        assert isinstance(slot, CacheSlot)
        if isinstance(read, Branches) and not slot.ids:
            raise ValueError("nothing was read yet")
        self._check(slot, read.ids)
        slot.trim()
        return slot

    def _check(self, slot: CacheSlot, ids: Sequence[int]) -> None:
        """An id that is not in the vocabulary would end the process on an accelerator. Raises ValueError."""
        if len(slot.ids) + len(ids) > self.context:
            raise ValueError(f"{len(slot.ids)} + {len(ids)} tokens do not fit in {self.context}")
        if max(ids) >= self._vocabulary:
            raise ValueError(f"token {max(ids)} is not among the network's {self._vocabulary}")

    def _read(self, slots: Sequence[CacheSlot], ids: Sequence[Sequence[int]], keep: int) -> Tensor:
        """Read `ids`, as many for each slot; gives scores `[slots, keep, vocabulary]` after the last of them."""
        if len(slots) == 1:
            return self._alone(slots[0], ids[0], keep)
        cache = joined([slot.cache for slot in slots])
        tables = self._together(slots, ids, keep, cache)
        for row, slot in enumerate(slots):
            for number, (keys, values) in enumerate(pairs(cache)):
                new = slice(keys.shape[-2] - len(ids[row]), None)
                slot.cache.update(keys[row : row + 1, :, new], values[row : row + 1, :, new], number)
        return tables

    def _alone(self, slot: CacheSlot, ids: Sequence[int], keep: int) -> Tensor:
        """Read for one slot, straight into it."""
        given = torch.tensor([ids], device=self._device)
        return scores(self._network(given, past_key_values=slot.cache, use_cache=True, logits_to_keep=keep))

    def _beside(self, slot: CacheSlot, ids: Sequence[Sequence[int]]) -> Tensor:
        """Read several ways to go on from one slot, which stays as it is."""
        several = [slot] * len(ids)
        return self._together(several, ids, len(ids[0]), joined([each.cache for each in several]))

    def _together(
        self, slots: Sequence[CacheSlot], ids: Sequence[Sequence[int]], keep: int, cache: DynamicCache
    ) -> Tensor:
        """Read for several slots whose keys and values are side by side in `cache`."""
        starts = torch.tensor([[len(slot.ids)] for slot in slots])
        positions = starts + torch.arange(len(ids[0]))
        filled = starts.max() - starts
        mask = (torch.arange(int(starts.max()) + len(ids[0])) >= filled).long()
        given = (torch.tensor(ids), mask, positions)
        given_ids, attention_mask, position_ids = (tensor.to(self._device) for tensor in given)
        return scores(
            self._network(
                given_ids,
                attention_mask=attention_mask,
                position_ids=position_ids,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=keep,
            )
        )


def pairs(cache: DynamicCache) -> Iterator[tuple[Tensor, Tensor]]:
    """Keys and values of each layer that has any, `[rows, heads, tokens, width of a head]`."""
    return ((layer.keys, layer.values) for layer in cache.layers if layer.keys is not None)


def joined(caches: Sequence[DynamicCache]) -> DynamicCache:
    """Several slots' keys and values as rows of one, filled up on the left."""
    longest = max(cache.get_seq_length() for cache in caches)
    layers = zip(*(pairs(cache) for cache in caches), strict=True)
    return DynamicCache([tuple(stacked(kind, longest) for kind in zip(*layer, strict=True)) for layer in layers])


def stacked(tensors: Iterable[Tensor], longest: int) -> Tensor:
    """Keys, or values, of several slots, one below the other, all as long as the longest."""
    return torch.cat([F.pad(tensor, (0, 0, longest - tensor.shape[-2], 0)) for tensor in tensors])


def bunches(reads: dict[int, Read]) -> list[list[int]]:
    """Numbers of the reads that are done together: of equal length, after something, and not too large to copy."""
    found: list[list[int]] = []
    for number, read in sorted(reads.items(), key=lambda each: (len(each[1].ids), len(each[1].slot.ids))):
        bunch = [*found[-1], number] if found else [number]
        alike = found and len(read.ids) == len(reads[bunch[0]].ids) and reads[bunch[0]].slot.ids
        if alike and read.slot.size * len(bunch) <= MOST_TOGETHER:
            found[-1] = bunch
        else:
            found.append([number])
    return found


def scores(output: Any) -> Tensor:
    """What a network gave, where it is picked from."""
    table: Tensor = output.logits.float().cpu()
    return table


def wanted(read: Read | Branches, table: Tensor) -> Tensor:
    """What was asked for of a table that may hold more."""
    return table[-1:] if isinstance(read, Read) and not read.every else table
