"""A checkpoint's numbers in float32, as other engines' formats want them: embedding scaled, positions as a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from model_server.weights import XGLMConfig, checked, read_config, read_weights, sinusoids

PARTS = ("q", "k", "v")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An XGLM's sizes and tensors, under transformers' names."""

    config: XGLMConfig
    weights: dict[str, Tensor]

    @classmethod
    def read(cls, directory: Path) -> Checkpoint:
        """Raises BadCheckpoint."""
        config = read_config(directory)
        weights = checked(read_weights(directory, lambda share: None), config)
        return cls(config, {name: tensor.float() for name, tensor in weights.items()})

    @property
    def head(self) -> Tensor:
        """The rows that score each token, `[vocabulary, width]`."""
        return self.weights["model.embed_tokens.weight" if self.config.tie_word_embeddings else "lm_head.weight"]

    @property
    def embedding(self) -> Tensor:
        """What is looked up for each token, `[vocabulary, width]`."""
        scale = self.config.d_model**0.5 if self.config.scale_embedding else 1.0
        return self.weights["model.embed_tokens.weight"] * scale

    @property
    def positions(self) -> Tensor:
        """What is added at each position, `[context, width]`."""
        return sinusoids(self.config.max_position_embeddings, self.config.d_model)

    def pair(self, name: str) -> tuple[Tensor, Tensor]:
        """A module's weight and bias."""
        return self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]

    def qkv(self, layer: int) -> tuple[Tensor, Tensor]:
        """Queries, keys and values of a layer as one module."""
        three = [self.pair(f"model.layers.{layer}.self_attn.{part}_proj") for part in PARTS]
        return torch.cat([weight for weight, _ in three]), torch.cat([bias for _, bias in three])
