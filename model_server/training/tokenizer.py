"""The tokenizer: byte-level BPE whose tokens may span spaces but never a line's end.

Like InCoder's, whole idioms (`import numpy as np`) become one token, which makes suggestions short to generate. A
newline and a line's indentation are tokens apart, so text can be tokenised line by line: what stands above the
cursor's line keeps its ids while the line changes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from model_server.corpus.documents import Document
from model_server.families import BUNDLED, INCODER
from model_server.layout import Family
from model_server.training.cm import MOST_SPANS

LINE = Regex(r"\n|(?<=\n)[ \t]+|[^\n]+")
LONGEST_LINE = 160
LONGEST_TOKEN = 28
INCODER_TOKENS = ("<|endoftext|>", "<pad>", "<|endofmask|>", *(f"<|mask:{number}|>" for number in range(MOST_SPANS)))
SPECIAL_TOKENS = {BUNDLED.name: BUNDLED.special_tokens, INCODER.name: INCODER_TOKENS}
FAMILIES: dict[str, Family] = {BUNDLED.name: BUNDLED, INCODER.name: INCODER}
FILE = "tokenizer.json"


def new_tokenizer() -> Tokenizer:
    """An untrained tokenizer that splits at line ends and indentation only."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(LINE, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def texts(documents: Iterable[Document]) -> Iterator[str]:
    """What the tokenizer learns from: every cell, with very long lines left out (they are data, not language)."""
    for doc in documents:
        for cell in doc.cells:
            lines = [line for line in cell.text.split("\n") if len(line) <= LONGEST_LINE]
            yield "\n".join(lines)


def train(documents: Iterable[Document], vocabulary: int, family: Family = BUNDLED) -> Tokenizer:
    """A tokenizer of `vocabulary` entries, the family's special tokens first."""
    tokenizer = new_tokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL_TOKENS[family.name]),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=LONGEST_TOKEN,
        min_frequency=8,
        show_progress=True,
    )
    tokenizer.train_from_iterator(texts(documents), trainer)
    return tokenizer


def save(tokenizer: Tokenizer, directory: Path) -> None:
    """Write `tokenizer.json` where a checkpoint expects it."""
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(directory / FILE))


def copy(source: Path, directory: Path) -> None:
    """Give a checkpoint directory the tokenizer of another."""
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / FILE, directory)
