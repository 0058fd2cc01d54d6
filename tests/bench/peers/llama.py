"""llama.cpp, with the checkpoint as a Q8_0 GGUF in GPT-2's layout: XGLM is GPT-2 with another position table.

Two things differ from XGLM: the table is written out as learned positions, which is exact, and llama.cpp's GPT-2 has
the tanh form of GELU, which is off by at most 0.0005 for each number.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
from torch import Tensor

from tests.bench.peers.checkpoint import Checkpoint
from tests.bench.peers.reader import Reader

ARCHITECTURE = "gpt2"
TRIED, GOES = 24, 5
"""Tokens that each count of threads writes, and how often, to find the best one."""


def write_gguf(checkpoint: Checkpoint, path: Path) -> Path:
    """The checkpoint as a GGUF without a vocabulary: matrices in Q8_0, the rest in float32."""
    config = checkpoint.config
    writer = gguf.GGUFWriter(path, ARCHITECTURE)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.d_model)
    writer.add_feed_forward_length(config.ffn_dim)
    writer.add_block_count(config.num_layers)
    writer.add_head_count(config.attention_heads)
    writer.add_layer_norm_eps(1e-5)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("no_vocab")
    for name, tensor in renamed(checkpoint).items():
        add(writer, name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def renamed(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """Every tensor under its name in GPT-2's GGUF."""
    tensors = {
        "token_embd.weight": checkpoint.embedding,
        "position_embd.weight": checkpoint.positions,
        "output.weight": checkpoint.head,
    }
    modules = {"output_norm": checkpoint.pair("model.layer_norm")}
    for number in range(checkpoint.config.num_layers):
        ours, theirs = f"model.layers.{number}", f"blk.{number}"
        modules |= {
            f"{theirs}.attn_norm": checkpoint.pair(f"{ours}.self_attn_layer_norm"),
            f"{theirs}.attn_qkv": checkpoint.qkv(number),
            f"{theirs}.attn_output": checkpoint.pair(f"{ours}.self_attn.out_proj"),
            f"{theirs}.ffn_norm": checkpoint.pair(f"{ours}.final_layer_norm"),
            f"{theirs}.ffn_up": checkpoint.pair(f"{ours}.fc1"),
            f"{theirs}.ffn_down": checkpoint.pair(f"{ours}.fc2"),
        }
    for name, (weight, bias) in modules.items():
        tensors |= {f"{name}.weight": weight, f"{name}.bias": bias}
    return tensors


def add(writer: gguf.GGUFWriter, name: str, tensor: Tensor) -> None:
    """Write one tensor, quantised where it is a matrix that something is multiplied by."""
    values = tensor.contiguous().numpy()
    if tensor.ndim == 1 or name.startswith("position"):
        writer.add_tensor(name, values)
        return
    kind = gguf.GGMLQuantizationType.Q8_0
    writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)


SILENT = llama_cpp.llama_log_callback(lambda level, text, data: None)
"""Hears what llama.cpp logs, and keeps it."""


class Llama(Reader):
    """llama.cpp's own decode call in a loop: no HTTP, no sampler, no text."""

    def __init__(self, path: Path, context: int, threads: int) -> None:
        """Load a GGUF, and settle on the count of threads, at most `threads`, that writes fastest."""
        super().__init__()
        llama_cpp.llama_log_set(SILENT, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        model = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
        assert model, f"llama.cpp cannot load {path}"
        self._vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
        options = llama_cpp.llama_context_default_params()
        options.n_ctx = options.n_batch = options.n_ubatch = context
        options.n_threads = options.n_threads_batch = threads
        self._context = llama_cpp.llama_init_from_model(model, options)
        assert self._context, "llama.cpp cannot make a context"
        self._kept = llama_cpp.llama_get_memory(self._context)
        self.threads = min(range(1, threads + 1), key=lambda count: self._written_with(count, threads))
        llama_cpp.llama_set_n_threads(self._context, self.threads, threads)
        self.described = f"{self.threads} of {threads} threads write fastest"

    def forget(self, kept: int) -> None:
        """See `Reader`."""
        llama_cpp.llama_memory_seq_rm(self._kept, 0, kept, -1)

    def step(self, ids: Sequence[int]) -> int:
        """See `Reader`."""
        given = (llama_cpp.llama_token * len(ids))(*ids)
        status = llama_cpp.llama_decode(self._context, llama_cpp.llama_batch_get_one(given, len(ids)))
        assert status == 0, f"llama.cpp could not decode: {status}"
        scores = llama_cpp.llama_get_logits_ith(self._context, -1)
        return int(np.ctypeslib.as_array(scores, (self._vocabulary,)).argmax())

    def _written_with(self, count: int, threads: int) -> float:
        """The seconds that some tokens take with a count of threads; the best of some goes."""
        llama_cpp.llama_set_n_threads(self._context, count, threads)
        took = []
        for _ in range(GOES):
            self.hold([])
            begun = time.perf_counter()
            self.write([0], TRIED)
            took.append(time.perf_counter() - begun)
        return min(took)
