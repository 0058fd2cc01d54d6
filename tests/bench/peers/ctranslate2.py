"""CTranslate2 with int8 weights. XGLM is OPT with another position table, which its loader takes as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import torch
from ctranslate2.converters.transformers import OPTLoader
from transformers import OPTConfig, OPTForCausalLM

from tests.bench.peers.checkpoint import Checkpoint

PAD = "1"


def opt(checkpoint: Checkpoint) -> OPTForCausalLM:
    """The same network as transformers' OPT. Its numbers are the same, too: positions begin at 2 in both."""
    ours = checkpoint.config
    config = OPTConfig(
        vocab_size=ours.vocab_size,
        hidden_size=ours.d_model,
        word_embed_proj_dim=ours.d_model,
        ffn_dim=ours.ffn_dim,
        num_hidden_layers=ours.num_layers,
        num_attention_heads=ours.attention_heads,
        max_position_embeddings=ours.max_position_embeddings,
        activation_function="gelu",
        tie_word_embeddings=False,
    )
    table = torch.nn.functional.pad(checkpoint.positions, (0, 0, 2, 0))
    state = {
        "model.decoder.embed_tokens.weight": checkpoint.embedding,
        "model.decoder.embed_positions.weight": table,
        "lm_head.weight": checkpoint.head,
        "model.decoder.final_layer_norm.weight": checkpoint.weights["model.layer_norm.weight"],
        "model.decoder.final_layer_norm.bias": checkpoint.weights["model.layer_norm.bias"],
    }
    layers = {name: tensor for name, tensor in checkpoint.weights.items() if name.startswith("model.layers.")}
    state |= {name.replace("model.", "model.decoder.", 1): tensor for name, tensor in layers.items()}
    model = OPTForCausalLM(config).eval()
    model.load_state_dict(state)
    return model


def write_ctranslate2(checkpoint: Checkpoint, directory: Path) -> Path:
    """The checkpoint in CTranslate2's format, int8; a token's text is its number."""
    spec = OPTLoader().get_model_spec(opt(checkpoint))
    spec.register_vocabulary([str(number) for number in range(checkpoint.config.vocab_size)])
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = PAD
    spec.validate()
    spec.optimize(quantization="int8")
    directory.mkdir()
    spec.save(str(directory))
    return directory


class CTranslate2:
    """A generator whose kept prefix is its static prompt."""

    def __init__(self, directory: Path, threads: int) -> None:
        """Load a directory that `write_ctranslate2` wrote."""
        self._generator = ctranslate2.Generator(str(directory), compute_type="int8", intra_threads=threads)
        self._held: list[str] | None = None

    def hold(self, ids: Sequence[int]) -> None:
        """See `Peer`. The prefix is read with the first request that names it, so one is made."""
        self._held = list(map(str, ids)) or None
        if self._held:
            self.write([int(PAD)], 1)

    def write(self, ids: Sequence[int], count: int) -> list[int]:
        """See `Peer`."""
        (result,) = self._generator.generate_batch(
            [list(map(str, ids))],
            max_length=count,
            min_length=count,
            static_prompt=self._held,
            cache_static_prompt=True,
            include_prompt_in_result=False,
            end_token=PAD,
        )
        return list(result.sequences_ids[0])
