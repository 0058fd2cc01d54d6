"""XGLM, the architecture of InCoder and of the bundled model, as a decode loop's engine. Knows token ids only.

Keys and values live in slots that are allocated once; reading more ids writes behind those that are there, and
forgetting the last ones is shortening a list. One pass over a layer is eleven operations, and the head is computed for
the last token alone. Source of the arithmetic: transformers' `modeling_xglm.py`; the tests compare against it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from model_server.arithmetic import Linear, Name, Timing, dtype_of, guesses, linear, told
from model_server.engine import Branches, Read
from model_server.logits import Logits, noted
from model_server.threads import Threads
from model_server.weights import XGLMConfig, checked, read_config, read_weights, sinusoids


class KVSlot:
    """Keys and values `[layers, 2, heads, context, width of a head]` of the ids that it has read."""

    def __init__(self, network: XGLM) -> None:
        """Allocate room for the network's whole context."""
        self.ids: list[int] = []
        self.cache = torch.zeros(network.cache_shape, dtype=network.dtype, device=network.device)

    @property
    def size(self) -> int:
        """See `Slot`."""
        return self.cache.nbytes


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
    """Rows that stand one behind another in one slot: its cache, where they start, their ids and positions, and a mask
    over what each may look at; None where plain causality says it. `every` asks for all their scores."""

    cache: Tensor
    start: int
    ids: Sequence[int]
    every: bool
    positions: Tensor
    mask: Tensor | None

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.ids)

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
        way: Name,
        device: torch.device | None = None,
        timings: Sequence[Timing] = (),
    ) -> None:
        """Take a checkpoint's tensors to a device, the processor unless it is given, to multiply them in some `way`,
        which `timings` have chosen.

        Raises BadCheckpoint where a tensor is missing or of the wrong shape, before anything is computed.
        """
        self.config = config
        self.context = config.max_position_embeddings
        self.device = device or torch.device("cpu")
        self._heads, self._width = config.attention_heads, config.d_model
        weights = checked(weights, config)
        self._name, self._timings = way, timings
        self.dtype = dtype_of(way)
        table = weights["model.embed_tokens.weight"].to(self.device).float()
        scale = config.d_model**0.5 if config.scale_embedding else 1.0
        self._embedding = (table * scale).to(self.dtype)
        head = table if config.tie_word_embeddings else self._taken(weights, "lm_head.weight")
        self._head = linear(self._name, head, None)
        del table, head  # a copy, in float32: gone before the layers are made
        self._positions = sinusoids(self.context, config.d_model).to(self.device, self.dtype)
        self._layers = [self._layer(weights, f"model.layers.{number}.") for number in range(config.num_layers)]
        self._norm = self._pair(weights, "model.layer_norm")
        self._threads = Threads(torch.set_num_threads, torch.get_num_threads())

    @classmethod
    def load(cls, directory: Path, progress: Callable[[float], None], way: Name) -> XGLM:
        """Read a checkpoint directory. Raises BadCheckpoint."""
        config = read_config(directory)
        return cls(config, read_weights(directory, progress), way)

    @property
    def arithmetic(self) -> str:
        """See `Engine`."""
        return told(self._name, self._timings)

    @property
    def guesses(self) -> int:
        """See `Engine`."""
        return guesses(self._name, self._timings)

    @property
    def cache_shape(self) -> tuple[int, ...]:
        """The shape of a slot's keys and values."""
        return (self.config.num_layers, 2, self._heads, self.context, self._width // self._heads)

    def new_slot(self) -> KVSlot:
        """See `Engine`."""
        return KVSlot(self)

    @torch.inference_mode()
    def step(self, reads: Sequence[Read | Branches]) -> list[Logits]:
        """See `Engine`."""
        spans = [self._span(read) for read in reads]
        pieces = torch.split(self._pass(spans), [span.rows for span in spans])
        wanted = [piece if span.every else piece[-1:] for span, piece in zip(spans, pieces, strict=True)]
        tables = torch.split(self._head(torch.cat(wanted)), [len(piece) for piece in wanted])
        return [noted(read, table) for read, table in zip(reads, tables, strict=True)]

    def _span(self, read: Read | Branches) -> Span:
        """Where a read's rows stand. Raises ValueError."""
        slot, start = read.slot, len(read.slot.ids)
        assert isinstance(slot, KVSlot)
        ids = read.ids
        if start + len(ids) > self.context:
            raise ValueError(f"{start} + {len(ids)} tokens do not fit in {self.context}")
        if max(ids) >= self.config.vocab_size:  # which would end the process on an accelerator
            raise ValueError(f"token {max(ids)} is not among the network's {self.config.vocab_size}")
        if isinstance(read, Branches):
            positions, mask = apart(start, [len(way) for way in read.ways], self.dtype)
            return Span(slot.cache, start, ids, True, positions.to(self.device), mask.to(self.device))
        positions = torch.arange(start, start + len(ids), device=self.device)
        return Span(slot.cache, start, ids, read.every, positions, causal(start, len(ids), self.dtype, self.device))

    def _pass(self, spans: Sequence[Span]) -> Tensor:
        """All layers over the rows of all spans, behind each other; gives rows `[rows, width]` after the last norm.

        The weights are multiplied once with all rows; what stands before a row is looked at span by span.
        """
        self._threads.follow()
        ids = [token for span in spans for token in span.ids]
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
        qkv = torch.cat([self._taken(weights, f"{name}weight") for name in three])
        qkv_bias = torch.cat([self._taken(weights, f"{name}bias") for name in three])

        def full(name: str) -> Linear:
            return linear(self._name, *self._pair(weights, f"{prefix}{name}"))

        return Layer(
            self._pair(weights, f"{prefix}self_attn_layer_norm"),
            linear(self._name, qkv, qkv_bias),
            full("self_attn.out_proj"),
            self._pair(weights, f"{prefix}final_layer_norm"),
            full("fc1"),
            full("fc2"),
        )

    def _pair(self, weights: dict[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
        return self._taken(weights, f"{name}.weight"), self._taken(weights, f"{name}.bias")

    def _taken(self, weights: dict[str, Tensor], name: str) -> Tensor:
        """One tensor where it is multiplied, as it is multiplied: a device never holds a checkpoint a second time."""
        return weights[name].to(self.device, self.dtype)


def causal(start: int, rows: int, dtype: torch.dtype, device: torch.device) -> Tensor | None:
    """What each of `rows` new tokens may look at, given `start` old ones; None where plain causality says it."""
    if start == 0 or rows == 1:
        return None
    mask = torch.full((rows, start + rows), float("-inf"), dtype=dtype, device=device)
    return mask.triu(start + 1)


def apart(start: int, lengths: Sequence[int], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The positions of ways of such lengths that all go on from `start`, and what each row of them may look at."""
    positions = torch.cat([torch.arange(start, start + length) for length in lengths])
    own = torch.block_diag(*(torch.ones(length, length).tril() for length in lengths))  # type: ignore[no-untyped-call]
    mask = torch.zeros(len(own), start + len(own), dtype=dtype)
    mask[:, start:].masked_fill_(own == 0, float("-inf"))
    return positions, mask
