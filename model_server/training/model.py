"""The network to train: XGLM as a torch module, with the parameter names of Hugging Face's `XGLMForCausalLM`.

Only what training needs: a whole sequence in, logits out. Serving has its own loop over the same checkpoint
(`model_server/xglm.py`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from model_server.weights import read_config, read_weights, sinusoids


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a network, under their names in an XGLM `config.json`."""

    vocab_size: int = 8192
    d_model: int = 448
    ffn_dim: int = 1792
    num_layers: int = 6
    attention_heads: int = 7
    max_position_embeddings: int = 1024

    def config(self) -> dict[str, object]:
        """The checkpoint's `config.json`."""
        return asdict(self) | {
            "architectures": ["XGLMForCausalLM"],
            "model_type": "xglm",
            "activation_function": "gelu",
            "scale_embedding": True,
            "bos_token_id": 0,
            "pad_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 0,
            "dropout": 0.0,
            "attention_dropout": 0.0,
            "activation_dropout": 0.0,
            "layerdrop": 0.0,
            "init_std": 0.02,
            "use_cache": True,
            "torch_dtype": "bfloat16",
        }


class Attention(nn.Module):
    """Causal self-attention."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.d_model
        self.heads = shape.attention_heads
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (
            proj(x).view(batch, length, self.heads, -1).transpose(1, 2)
            for proj in (self.q_proj, self.k_proj, self.v_proj)
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        out: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(batch, length, width))
        return out


class Layer(nn.Module):
    """Pre-norm attention and feed-forward."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attn = Attention(shape)
        self.self_attn_layer_norm = nn.LayerNorm(shape.d_model)
        self.fc1 = nn.Linear(shape.d_model, shape.ffn_dim)
        self.fc2 = nn.Linear(shape.ffn_dim, shape.d_model)
        self.final_layer_norm = nn.LayerNorm(shape.d_model)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.self_attn_layer_norm(x))
        out: Tensor = x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x))))
        return out


class Body(nn.Module):
    """Embedding, layers and the last norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocab_size, shape.d_model)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.num_layers))
        self.layer_norm = nn.LayerNorm(shape.d_model)
        table = sinusoids(shape.max_position_embeddings, shape.d_model)
        self.register_buffer("positions", table, persistent=False)
        self.scale = shape.d_model**0.5

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed_tokens(ids) * self.scale + self.positions[: ids.shape[1]]  # type: ignore[index]
        for layer in self.layers:
            x = layer(x)
        out: Tensor = self.layer_norm(x)
        return out


class Network(nn.Module):
    """XGLM with its head tied to the embedding: ids `[batch, length]` in, logits `[batch, length, vocabulary]` out."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.model = Body(shape)
        self.apply(self._initialise)
        for layer in self.model.layers:
            for last in (layer.self_attn.out_proj, layer.fc2):  # type: ignore[union-attr]
                nn.init.zeros_(last.weight)  # type: ignore[arg-type,union-attr]

    def forward(self, ids: Tensor) -> Tensor:
        return F.linear(self.model(ids), self.model.embed_tokens.weight)

    @staticmethod
    def _initialise(module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)


def save_checkpoint(network: Network, directory: Path) -> None:
    """Write `config.json` and `model.safetensors` (bfloat16) as transformers would."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(network.shape.config(), indent=2) + "\n")
    weights = {name: tensor.detach().bfloat16().contiguous() for name, tensor in network.state_dict().items()}
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})


def load_checkpoint(directory: Path) -> Network:
    """The network of a checkpoint directory in float32, ready to be trained further. Raises BadCheckpoint."""
    config = read_config(directory)
    network = Network(Shape(**{size.name: getattr(config, size.name) for size in fields(Shape)}))
    saved = read_weights(directory, lambda share: None)
    network.load_state_dict({name: saved[name].float() for name in network.state_dict()})
    return network
