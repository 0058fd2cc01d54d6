"""Small checkpoints that the tests write for themselves: real files, random weights."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel, XGLMConfig, XGLMForCausalLM

from model_server.corpus.documents import Document
from model_server.families import INCODER
from model_server.published import CODEGEMMA, CODELLAMA, CODESTRAL, DEEPSEEK, QWEN, STARCODER, STARCODER2
from model_server.scripts import Script
from model_server.training.model import Network, Shape, save_checkpoint
from model_server.training.tokenizer import new_tokenizer, save, train
from model_server.wire import Cell, Header

LINES = """import numpy as np
import pandas as pd
def mean(values, weights=None):
    total = sum(values)
    return total / len(values)
df = pd.read_csv("penguins.csv")
df.groupby("species")["mass"].mean()
for row in range(10):
    print(row, "naïve café 🚀")
"""


def small_tokenizer() -> Tokenizer:
    """A tokenizer of the bundled family, trained on a few lines."""
    doc = Document("here", "script", Header("python"), (Cell("code", LINES * 20),))
    return train([doc], 400)


def incoder_tokenizer() -> Tokenizer:
    """A tokenizer with InCoder's special tokens, which puts `<|endoftext|>` before whatever it encodes, as InCoder's
    does."""
    special = ["<s>", "<pad>", "<|endoftext|>", "<unk>", *INCODER.marks]
    tokenizer = train_on(new_tokenizer(), special)
    start = ("<|endoftext|>", special.index("<|endoftext|>"))
    tokenizer.post_processor = processors.TemplateProcessing(single="<|endoftext|> $A", special_tokens=[start])
    return tokenizer


def train_on(tokenizer: Tokenizer, special: list[str]) -> Tokenizer:
    """Teach a tokenizer the same few lines, with other special tokens."""
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([LINES * 20], trainer)
    return tokenizer


def published_tokenizer(family: Script) -> Tokenizer:
    """A tokenizer with a published family's special tokens, made as that family's is: byte-level, or SentencePiece's
    with or without its leading space."""
    special = list(dict.fromkeys([*family.tokens, *family.marks, *family.ends]))
    if family in (CODELLAMA, CODESTRAL, CODEGEMMA):
        return sentencepiece(special, led=bool(family.lead))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer = train_on(tokenizer, special)
    return unmarked(tokenizer) if family is DEEPSEEK else tokenizer


def sentencepiece(special: list[str], *, led: bool) -> Tokenizer:
    """A tokenizer as transformers makes it of a SentencePiece model: no splitting, spaces as `▁`, bytes for what is not
    in the vocabulary; where it is `led` (Llama's way), a space is put before a text and taken away again, and a line
    break is a byte."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(" ", "merged_with_next"), pre_tokenizers.Metaspace(prepend_scheme="never", split=False)]
    )
    every_byte = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<unk>", *special, *every_byte], show_progress=False, limit_alphabet=80
    )
    tokenizer.train_from_iterator([LINES.replace("\n", " " if led else " \n ") * 20], trainer)
    spaces = normalizers.Replace(" ", "▁")
    back = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.pre_tokenizer = None
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), spaces]) if led else spaces
    tokenizer.decoder = decoders.Sequence([*back, decoders.Strip(" ", 1, 0)] if led else back)
    return tokenizer


def unmarked(tokenizer: Tokenizer) -> Tokenizer:
    """A tokenizer whose file lists its special tokens as ordinary ones, as DeepSeek Coder's does."""
    raw = json.loads(tokenizer.to_str())
    for token in raw["added_tokens"]:
        token["special"] = False
    return Tokenizer.from_str(json.dumps(raw))


def write_checkpoint(directory: Path, tokenizer: Tokenizer | None = None, *, context: int = 512) -> Path:
    """A whole checkpoint directory of a tiny random XGLM."""
    tokenizer = tokenizer or small_tokenizer()
    torch.manual_seed(7)
    shape = Shape(tokenizer.get_vocab_size(), 64, 128, 2, 4, context)
    network = Network(shape)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.08)
    save_checkpoint(network, directory)
    save(tokenizer, directory)
    return directory


def random_incoder(vocabulary: int, **changes: object) -> XGLMForCausalLM:
    """transformers' network in InCoder's shape made small, with every option of InCoder's own `config.json`."""
    sizes = {"vocab_size": vocabulary, "d_model": 64, "ffn_dim": 256, "num_layers": 3, "attention_heads": 4}
    ids = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
    rest = {"max_position_embeddings": 2048, "dropout": 0.0, "attention_dropout": 0.1, "layerdrop": 0.0}
    config = XGLMConfig(**sizes | ids | rest | {"scale_embedding": True, "activation_function": "gelu"} | changes)
    torch.manual_seed(3)
    model = XGLMForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.1)
    return model


def write_incoder(directory: Path, **changes: object) -> XGLMForCausalLM:
    """A checkpoint directory as transformers writes it, of a small random InCoder."""
    tokenizer = incoder_tokenizer()
    model = random_incoder(tokenizer.get_vocab_size(), **changes)
    model.save_pretrained(directory)
    save(tokenizer, directory)
    (directory / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    return model


WINDOW = 48
CAUSAL: dict[str, tuple[Script, dict[str, object]]] = {
    "gpt_bigcode": (STARCODER, {}),
    "starcoder2": (STARCODER2, {"sliding_window": WINDOW}),
    "llama": (CODELLAMA, {}),
    "qwen2": (QWEN, {"use_sliding_window": True, "sliding_window": WINDOW, "max_window_layers": 1}),
    "gemma": (CODEGEMMA, {"head_dim": 16}),
    "mistral": (CODESTRAL, {"sliding_window": WINDOW}),
}
"""Small networks of the architectures that the published families have, with what is special about each."""


def random_causal(kind: str, vocabulary: int, **changes: object) -> PreTrainedModel:
    """transformers' network of an architecture, made small."""
    sizes = {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "max_position_embeddings": 512}
    if kind != "gpt_bigcode":
        sizes |= {"intermediate_size": 128, "num_key_value_heads": 2}
    ids = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}
    options = sizes | ids | {"vocab_size": vocabulary} | CAUSAL[kind][1] | changes
    torch.manual_seed(5)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **options)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.12)
    return model


def write_causal(directory: Path, kind: str, **changes: object) -> PreTrainedModel:
    """A checkpoint directory as transformers writes it, of a small random network with its family's tokenizer. The
    special tokens, which come first in the vocabulary, it hardly ever writes."""
    tokenizer = published_tokenizer(CAUSAL[kind][0])
    model = random_causal(kind, tokenizer.get_vocab_size(), **changes)
    with torch.no_grad():
        model.get_output_embeddings().weight[:12] = 0
    model.save_pretrained(directory)
    save(tokenizer, directory)
    return model


def pickle_weights(directory: Path, model: XGLMForCausalLM, shards: int = 1) -> None:
    """Replace a checkpoint's safetensors by pickles as they were written in InCoder's days: the head a second time, and
    the position table."""
    (directory / "model.safetensors").unlink(missing_ok=True)
    state = dict(model.state_dict()) | {"model.embed_positions.weights": torch.ones(8, 64)}
    if shards == 1:
        torch.save(state, directory / "pytorch_model.bin")
        return
    where = {name: f"pytorch_model-{n % shards + 1:05}-of-{shards:05}.bin" for n, name in enumerate(state)}
    for file in set(where.values()):
        torch.save({name: state[name] for name in state if where[name] == file}, directory / file)
    (directory / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))
