"""llama.cpp's own server as a program, with a tiny model that this file writes: one that always writes the same word.

Its weights let each token decide the next one alone: after the mark of the middle comes the first letter of `WORD`, and
after its last letter the end; after `>`, with which a mark ends that was read as text, comes no letter of it. Run as a
program it is a child as ours are: one line with its address, and an end with its standard input.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
from tokenizers.pre_tokenizers import ByteLevel

WORD = "value"
ENDLESS = "_"
"""After a prompt whose last character is this one, it is written for ever."""
CONTEXT, WIDTH, INNER, LAYERS, HEADS = 1024, 264, 2048, 4, 4
MARKS = (
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
)


def follows(tokens: list[str]) -> np.ndarray:
    """The head `[vocabulary, width]`: a 1 where a token follows another; the end follows all others."""
    word = dict(zip(("<|fim_middle|>", *WORD), WORD, strict=False))
    after = dict.fromkeys(tokens, MARKS[0]) | word | {ENDLESS: ENDLESS}
    head = np.zeros((len(tokens), WIDTH), np.float32)
    for token, following in after.items():
        head[tokens.index(following), tokens.index(token)] = 1
    return head


def write(path: Path) -> None:
    """A GGUF file in Llama's architecture: a token for each byte, and those of Qwen2.5-Coder that matter here."""
    import gguf

    tokens = [*sorted(ByteLevel.alphabet()), *MARKS]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * len(MARKS))
    writer.add_token_merges(["Ā Ā"])  # there must be one; these are two zero bytes
    writer.add_eos_token_id(tokens.index(MARKS[0]))
    writer.add_add_bos_token(False)
    for name, weights in network(tokens).items():
        writer.add_tensor(f"{name}.weight", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def network(tokens: list[str]) -> dict[str, np.ndarray]:
    """Every weight: layers that add nothing to what a token is."""
    one, square = np.ones(WIDTH, np.float32), np.zeros((WIDTH, WIDTH), np.float32)
    wide, narrow = np.zeros((INNER, WIDTH), np.float32), np.zeros((WIDTH, INNER), np.float32)
    layer = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), square) | {"attn_norm": one, "ffn_norm": one}
    layer |= {"ffn_gate": wide, "ffn_up": wide, "ffn_down": narrow}
    layers = {f"blk.{number}.{name}": weights for number in range(LAYERS) for name, weights in layer.items()}
    embedded = np.eye(len(tokens), WIDTH, dtype=np.float32)
    return {"token_embd": embedded, "output_norm": one, "output": follows(tokens), **layers}


def main(path: Path) -> None:
    """Serves until standard input closes."""
    import xllamacpp

    write(path)
    options = xllamacpp.CommonParams()
    options.model.path = str(path)
    options.model_alias = {"tiny"}
    options.n_ctx, options.n_parallel = CONTEXT, 1
    options.cpuparams.n_threads = 1
    options.warmup, options.endpoint_slots = False, True
    if token := os.environ["CODECOMPOSE_TOKEN"]:
        options.api_keys = [token]
    server = xllamacpp.Server(options)
    print(json.dumps({"url": server.listening_address}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
