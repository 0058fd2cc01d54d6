"""XGLM, the architecture of InCoder and of the bundled model, as a decode loop's engine. Knows token ids only.

Keys and values live in slots that are allocated once; reading more ids writes behind those that are there, and
forgetting the last ones is shortening a list. One pass over a layer is eleven operations, and the head is computed for
the last token alone. Source of the arithmetic: transformers' `modeling_xglm.py`; the tests compare against it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from model_server import arithmetic
from model_server.arithmetic import Linear, dtype_of, linear
from model_server.engine import BadScores, Read, Sampling, Score
from model_server.threads import Threads
from model_server.timings import recalled
from model_server.weights import XGLMConfig, checked, read_config, read_weights, sinusoids


class KVSlot:
    """Keys and values `[layers, 2, heads, context, width of a head]` of the ids that it has read."""

    def __init__(self, network: XGLM) -> None:
        """Allocate room for the network's whole context."""
        self._network = network
        self.ids: list[int] = []
        self.cache = torch.zeros(network.cache_shape, dtype=network.dtype, device=network.device)
        self.last: Tensor | None = None

    @property
    def size(self) -> int:
        """See `Slot`."""
        return self.cache.nbytes

    def score(self, ways: Sequence[Sequence[int]], ends: Sequence[int]) -> list[Score]:
        """See `Slot`. The ways are read side by side, in one step."""
        if self.last is None:
            raise ValueError("nothing was read yet")
        read = self._network.logits(self._network.branches(ways, len(self.ids), self.cache))
        tables = torch.split(read.float().log_softmax(dim=-1), [len(way) for way in ways])
        first = self.last.float().log_softmax(dim=-1)[None]
        return [judged(torch.cat((first, table)), way, ends) for table, way in zip(tables, ways, strict=True)]


@dataclass(frozen=True, slots=True)
class Logits:
    """Scores of every token after some ids, `[ids, vocabulary]`; `position` is the next token's."""

    table: Tensor
    position: int

    def pick(self, sampling: Sampling, among: Collection[int] = ()) -> int:
        """See `Scores`."""
        last = self.table[-1]
        if among:
            ids = sorted(among)
            return ids[highest(last[ids])]
        if sampling.temperature == 0:
            return highest(last)
        return sample(last.float(), sampling, self.position)

    def likeliest(self) -> list[int]:
        """See `Scores`."""
        values, ids = self.table.max(dim=-1)
        if values.isnan().any():
            raise BadScores
        likeliest: list[int] = ids.tolist()
        return likeliest


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's weights, ready to multiply."""

    attention_norm: tuple[Tensor, Tensor]
    qkv: Linear
    out: Linear
    norm: tuple[Tensor, Tensor]
    up: Linear
    down: Linear


@dataclass(frozen=True, slots=True)
class Span:
    """Rows that stand one behind another in one slot: its cache, where they start, their positions, and a mask over
    what each may look at; None where plain causality says it."""

    cache: Tensor
    start: int
    rows: int
    positions: Tensor
    mask: Tensor | None

    def attend(self, layer: int, qkv: Tensor) -> Tensor:
        """Keep the rows' keys and values `[rows, 3, heads, width of a head]`, and mix what each row looks at."""
        kept, end = self.cache[layer], self.start + self.rows
        qkv = qkv.permute(1, 2, 0, 3)
        kept[:, :, self.start : end] = qkv[1:]
        plain = self.mask is None and self.rows > 1
        mixed = F.scaled_dot_product_attention(
            qkv[:1], kept[:1, :, :end], kept[1:, :, :end], self.mask, is_causal=plain
        )
        return mixed[0].transpose(0, 1).reshape(self.rows, -1)


class XGLM:
    """A loaded checkpoint."""

    def __init__(
        self,
        config: XGLMConfig,
        weights: dict[str, Tensor],
        way: arithmetic.Name | None = None,
        device: torch.device | None = None,
    ) -> None:
        """Take a checkpoint's tensors to a device: an accelerator where there is one. `way` forces an arithmetic, else
        the fastest is chosen by timing.

        Raises BadCheckpoint where a tensor is missing or of the wrong shape, before anything is computed.
        """
        self.config = config
        self.context = config.max_position_embeddings
        self.device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._heads, self._width = config.attention_heads, config.d_model
        weights = {name: weight.to(self.device) for name, weight in checked(weights, config).items()}
        self.timings = [] if way else recalled(first_layer(weights), arithmetic.measured)
        self._name = way or arithmetic.fastest(self.timings).name
        self.dtype = dtype_of(self._name)
        table = weights["model.embed_tokens.weight"].float()
        scale = config.d_model**0.5 if config.scale_embedding else 1.0
        self._embedding = (table * scale).to(self.dtype)
        self._head = linear(self._name, table if config.tie_word_embeddings else weights["lm_head.weight"], None)
        del table  # a copy, in float32: gone before the layers are made
        self._positions = sinusoids(self.context, config.d_model).to(self.device, self.dtype)
        self._layers = [self._layer(weights, f"model.layers.{number}.") for number in range(config.num_layers)]
        self._norm = self._pair(weights, "model.layer_norm")
        self._threads = Threads(torch.set_num_threads, torch.get_num_threads())

    @classmethod
    def load(cls, directory: Path, progress: Callable[[float], None], way: arithmetic.Name | None = None) -> XGLM:
        """Read a checkpoint directory. Raises BadCheckpoint."""
        config = read_config(directory)
        return cls(config, read_weights(directory, progress), way)

    @property
    def arithmetic(self) -> str:
        """See `Engine`."""
        measured = ", ".join(f"{t.name} {t.rows_ms:.2f}/{t.row_ms:.3f}" for t in self.timings)
        return f"{self._name} ({measured} ms a layer of {arithmetic.ROWS}/1 rows)" if measured else self._name

    @property
    def guesses(self) -> int:
        """See `Engine`: by what a step of a few rows measured against one of a single row."""
        return next((timing.guesses for timing in self.timings if timing.name == self._name), 0)

    @property
    def cache_shape(self) -> tuple[int, ...]:
        """The shape of a slot's keys and values."""
        return (self.config.num_layers, 2, self._heads, self.context, self._width // self._heads)

    def new_slot(self) -> KVSlot:
        """See `Engine`."""
        return KVSlot(self)

    @torch.inference_mode()
    def step(self, reads: Sequence[Read]) -> list[Logits]:
        """See `Engine`."""
        spans = [self._span(read) for read in reads]
        ids = [token for read in reads for token in read.ids]
        rows = self._pass(ids, spans)
        pieces = torch.split(rows, [span.rows for span in spans])
        wanted = [piece if read.every else piece[-1:] for read, piece in zip(reads, pieces, strict=True)]
        tables = torch.split(self.logits(torch.cat(wanted)), [len(piece) for piece in wanted])
        return [self._noted(read, table) for read, table in zip(reads, tables, strict=True)]

    @torch.inference_mode()
    def logits(self, rows: Tensor) -> Tensor:
        """Scores of every token for each row, `[rows, vocabulary]`."""
        return self._head(rows)

    @torch.inference_mode()
    def branches(self, ways: Sequence[Sequence[int]], start: int, cache: Tensor) -> Tensor:
        """The rows of several ways to go on from `start`, one after another; none of them sees another."""
        lengths = [len(way) for way in ways]
        if start + sum(lengths) > self.context:
            raise ValueError(f"{start} + {sum(lengths)} tokens do not fit in {self.context}")
        positions = torch.cat([torch.arange(start, start + length) for length in lengths])
        alone = torch.block_diag(*(torch.ones(length, length).tril() for length in lengths))  # type: ignore[no-untyped-call]
        mask = torch.zeros(sum(lengths), start + sum(lengths), dtype=self.dtype)
        mask[:, start:].masked_fill_(alone == 0, float("-inf"))
        span = Span(cache, start, sum(lengths), positions.to(self.device), mask.to(self.device))
        return self._pass([token for way in ways for token in way], [span])

    def _span(self, read: Read) -> Span:
        """Where a read's rows stand. Raises ValueError."""
        slot, start, rows = read.slot, len(read.slot.ids), len(read.ids)
        assert isinstance(slot, KVSlot)
        if start + rows > self.context:
            raise ValueError(f"{start} + {rows} tokens do not fit in {self.context}")
        mask = causal(start, rows, self.dtype, self.device)
        return Span(slot.cache, start, rows, torch.arange(start, start + rows, device=self.device), mask)

    def _noted(self, read: Read, table: Tensor) -> Logits:
        """What was read stands in its slot from now on."""
        slot = read.slot
        assert isinstance(slot, KVSlot)
        slot.ids.extend(read.ids)
        slot.last = table[-1]
        return Logits(table, len(slot.ids))

    def _pass(self, ids: Sequence[int], spans: Sequence[Span]) -> Tensor:
        """All layers over `ids`, all spans' rows behind each other; gives rows `[ids, width]` after the last norm.

        The weights are multiplied once with all rows; what stands before a row is looked at span by span.
        """
        self._threads.follow()
        positions = torch.cat([span.positions for span in spans])
        x = self._embedding[torch.tensor(ids, device=self.device)] + self._positions[positions]
        width, split = (self._width,), [span.rows for span in spans]
        for number, layer in enumerate(self._layers):
            qkv = layer.qkv(F.layer_norm(x, width, *layer.attention_norm)).view(len(ids), 3, self._heads, -1)
            seen = [span.attend(number, part) for span, part in zip(spans, torch.split(qkv, split), strict=True)]
            mixed = seen[0] if len(seen) == 1 else torch.cat(seen)
            x = x + layer.out(mixed)
            x = x + layer.down(F.gelu(layer.up(F.layer_norm(x, width, *layer.norm))))
        return F.layer_norm(x, width, *self._norm)

    def _layer(self, weights: dict[str, Tensor], prefix: str) -> Layer:
        three = [f"{prefix}self_attn.{part}_proj." for part in "qkv"]
        qkv = torch.cat([weights[f"{name}weight"] for name in three])
        qkv_bias = torch.cat([weights[f"{name}bias"] for name in three])

        def full(name: str) -> Linear:
            return linear(self._name, weights[f"{prefix}{name}.weight"], weights[f"{prefix}{name}.bias"])

        return Layer(
            self._pair(weights, f"{prefix}self_attn_layer_norm"),
            linear(self._name, qkv, qkv_bias),
            full("self_attn.out_proj"),
            self._pair(weights, f"{prefix}final_layer_norm"),
            full("fc1"),
            full("fc2"),
        )

    def _pair(self, weights: dict[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
        return weights[f"{name}.weight"].to(self.dtype), weights[f"{name}.bias"].to(self.dtype)


def first_layer(weights: dict[str, Tensor]) -> list[Tensor]:
    """The first layer's weights, to time the ways to multiply."""
    names = [f"self_attn.{part}_proj" for part in ("q", "k", "v", "out")]
    return [weights[f"model.layers.0.{name}.weight"] for name in (*names, "fc1", "fc2")]


def causal(start: int, rows: int, dtype: torch.dtype, device: torch.device) -> Tensor | None:
    """What each of `rows` new tokens may look at, given `start` old ones; None where plain causality says it."""
    if start == 0 or rows == 1:
        return None
    mask = torch.full((rows, start + rows), float("-inf"), dtype=dtype, device=device)
    return mask.triu(start + 1)


def highest(scores: Tensor) -> int:
    """Where the highest score stands. Raises BadScores."""
    value, at = scores.max(dim=-1)
    if value.isnan():
        raise BadScores
    return int(at)


def judged(table: Tensor, way: Sequence[int], ends: Sequence[int]) -> Score:
    """The score of a way by the log-probabilities `[1 + tokens, vocabulary]` before its first token and after each."""
    chosen = table[torch.arange(len(way)), torch.tensor(way)]
    best = table.amax(dim=-1)
    end = table[-1, torch.tensor(ends)].logsumexp(dim=0)
    likelihood = chosen.sum() + end
    regret = (chosen - best[:-1]).sum() + (end - best[-1]).clamp_max(0)
    return Score(float(likelihood), float(regret))


def sample(logits: Tensor, sampling: Sampling, position: int) -> int:
    """A token drawn at a temperature from the smallest set that holds `top_p` of the probability."""
    highest(logits)
    ordered, ids = torch.softmax(logits / sampling.temperature, dim=-1).sort(descending=True)
    ordered[ordered.cumsum(0) - ordered > sampling.top_p] = 0
    generator = None if sampling.seed is None else torch.Generator().manual_seed(sampling.seed + position)
    return int(ids[torch.multinomial(ordered, 1, generator=generator)])
