"""Small checkpoints that the tests write for themselves: real files, random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer

from model_server.families import INCODER
from model_server.training.corpus import Document
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
    """A tokenizer with InCoder's special tokens."""
    tokenizer = new_tokenizer()
    tokenizer.add_special_tokens([*INCODER.marks, "<|endoftext|>", "<pad>"])
    return train_on(tokenizer, [*INCODER.marks, "<|endoftext|>", "<pad>"])


def train_on(tokenizer: Tokenizer, special: list[str]) -> Tokenizer:
    """Teach a tokenizer the same few lines, with other special tokens."""
    from tokenizers import pre_tokenizers, trainers

    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([LINES * 20], trainer)
    return tokenizer


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
