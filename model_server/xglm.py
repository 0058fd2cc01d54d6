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
from model_server.engine import Sampling, Score
from model_server.threads import Threads
from model_server.weights import XGLMConfig, checked, read_config, read_weights, sinusoids


class KVSlot:
    """Keys and values `[layers, 2, heads, context, width of a head]` of the ids that it has read."""

    def __init__(self, network: XGLM) -> None:
        """Allocate room for the network's whole context."""
        self._network = network
        self.ids: list[int] = []
        self.cache = torch.zeros(network.cache_shape, dtype=network.dtype)
        self._logits: Tensor | None = None

    @property
    def size(self) -> int:
        """See `Slot`."""
        return self.cache.nbytes

    def read(self, ids: Sequence[int]) -> None:
        """See `Slot`."""
        self._logits = self._network.logits(self.rows(ids)[-1:])[0]

    def rows(self, ids: Sequence[int]) -> Tensor:
        """Read `ids` and give the network's last rows for each of them, `[ids, width]`."""
        if len(self.ids) + len(ids) > self._network.context:
            raise ValueError(f"{len(self.ids)} + {len(ids)} tokens do not fit in {self._network.context}")
        rows = self._network.rows(ids, len(self.ids), self.cache)
        self.ids.extend(ids)
        return rows

    def check(self, ids: Sequence[int]) -> list[int]:
        """See `Slot`."""
        logits = self._network.logits(self.rows(ids))
        following: list[int] = logits.argmax(dim=-1).tolist()
        return following

    def score(self, ways: Sequence[Sequence[int]], ends: Sequence[int]) -> list[Score]:
        """See `Slot`. The ways are read side by side, in one step."""
        if self._logits is None:
            raise ValueError("nothing was read yet")
        read = self._network.logits(self._network.branches(ways, len(self.ids), self.cache))
        tables = torch.split(read.float().log_softmax(dim=-1), [len(way) for way in ways])
        first = self._logits.float().log_softmax(dim=-1)[None]
        return [judged(torch.cat((first, table)), way, ends) for table, way in zip(tables, ways, strict=True)]

    def pick(self, sampling: Sampling, among: Collection[int] = ()) -> int:
        """See `Slot`."""
        if self._logits is None:
            raise ValueError("nothing was read yet")
        if among:
            ids = torch.tensor(sorted(among))
            return int(ids[self._logits[ids].argmax()])
        if sampling.temperature == 0:
            return int(self._logits.argmax())
        return sample(self._logits.float(), sampling, len(self.ids))


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's weights, ready to multiply."""

    attention_norm: tuple[Tensor, Tensor]
    qkv: Linear
    out: Linear
    norm: tuple[Tensor, Tensor]
    up: Linear
    down: Linear


class XGLM:
    """A loaded checkpoint."""

    def __init__(self, config: XGLMConfig, weights: dict[str, Tensor], way: arithmetic.Name | None = None) -> None:
        """Take a checkpoint's tensors; `way` forces an arithmetic, else the fastest is chosen by timing.

        Raises BadCheckpoint where a tensor is missing or of the wrong shape, before anything is computed.
        """
        self.config = config
        self.context = config.max_position_embeddings
        self._heads, self._width = config.attention_heads, config.d_model
        weights = checked(weights, config)
        chosen, self.timings = (way, []) if way else arithmetic.fastest(first_layer(weights))
        self._name = chosen
        self.dtype = dtype_of(chosen)
        table = weights["model.embed_tokens.weight"].float()
        scale = config.d_model**0.5 if config.scale_embedding else 1.0
        self._embedding = (table * scale).to(self.dtype)
        self._head = linear(chosen, table if config.tie_word_embeddings else weights["lm_head.weight"], None)
        del table  # a copy, in float32: gone before the layers are made
        self._positions = sinusoids(self.context, config.d_model).to(self.dtype)
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
    def logits(self, rows: Tensor) -> Tensor:
        """Scores of every token for each row, `[rows, vocabulary]`."""
        return self._head(rows)

    @torch.inference_mode()
    def rows(self, ids: Sequence[int], start: int, cache: Tensor) -> Tensor:
        """Rows `[ids, width]` after the last norm, for ids that stand at `start`; writes their keys and values."""
        positions = self._positions[start : start + len(ids)]
        mask = None if len(ids) == 1 else causal(start, len(ids), self.dtype)
        return self._pass(ids, positions, mask, start, cache)

    @torch.inference_mode()
    def branches(self, ways: Sequence[Sequence[int]], start: int, cache: Tensor) -> Tensor:
        """The rows of several ways to go on from `start`, one after another; none of them sees another."""
        ids = [token for way in ways for token in way]
        if start + len(ids) > self.context:
            raise ValueError(f"{start} + {len(ids)} tokens do not fit in {self.context}")
        positions = torch.cat([self._positions[start : start + len(way)] for way in ways])
        alone = torch.block_diag(*(torch.ones(len(way), len(way)).tril() for way in ways))  # type: ignore[no-untyped-call]
        mask = torch.zeros(len(ids), start + len(ids), dtype=self.dtype)
        mask[:, start:].masked_fill_(alone == 0, float("-inf"))
        return self._pass(ids, positions, mask, start, cache)

    def _pass(self, ids: Sequence[int], positions: Tensor, mask: Tensor | None, start: int, cache: Tensor) -> Tensor:
        """All layers over `ids`, whose keys and values are written from `start` on."""
        self._threads.follow()
        end = start + len(ids)
        x = self._embedding[torch.tensor(ids)] + positions
        width = (self._width,)
        for layer, kept in zip(self._layers, cache, strict=True):
            qkv = layer.qkv(F.layer_norm(x, width, *layer.attention_norm)).view(len(ids), 3, self._heads, -1)
            qkv = qkv.permute(1, 2, 0, 3)
            kept[:, :, start:end] = qkv[1:]
            mixed = F.scaled_dot_product_attention(
                qkv[:1], kept[:1, :, :end], kept[1:, :, :end], mask, is_causal=mask is None and len(ids) > 1
            )
            x = x + layer.out(mixed[0].transpose(0, 1).reshape(len(ids), self._width))
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


def causal(start: int, rows: int, dtype: torch.dtype) -> Tensor | None:
    """What each of `rows` new tokens may look at, given `start` old ones; None where plain causality says it."""
    if start == 0:
        return None
    mask = torch.full((rows, start + rows), float("-inf"), dtype=dtype)
    return mask.triu(start + 1)


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
    ordered, ids = torch.softmax(logits / sampling.temperature, dim=-1).sort(descending=True)
    ordered[ordered.cumsum(0) - ordered > sampling.top_p] = 0
    generator = None if sampling.seed is None else torch.Generator().manual_seed(sampling.seed + position)
    return int(ids[torch.multinomial(ordered, 1, generator=generator)])
