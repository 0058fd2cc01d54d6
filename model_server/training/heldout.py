"""Documents kept from training, and how often the network in the making writes their hidden lines exactly."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch

from model_server import tuning
from model_server.corpus.documents import Document
from model_server.evaluation.cases import Case
from model_server.evaluation.cursors import cursors
from model_server.evaluation.hidden import complete
from model_server.slots import Slots
from model_server.tokens import Tokens

ONE_IN = 100
MOST_CASES = 100


def held(doc: Document, one_in: int = ONE_IN) -> bool:
    """Whether a document is kept from training: the same ones in every run, on every machine."""
    return zlib.crc32(f"{doc.repo}/{doc.header.path}".encode()) % one_in == 0


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Documents to train on (`shown`), and hidden lines of the others."""

    shown: list[Document]
    cases: list[Case]

    @classmethod
    def of(cls, documents: Sequence[Document], one_in: int = ONE_IN) -> HeldOut:
        """One document in `one_in` kept aside; none where that would leave nothing to train on."""
        shown = [doc for doc in documents if not held(doc, one_in)]
        others = [doc for doc in documents if held(doc, one_in)] if shown else []
        return cls(shown or list(documents), cursors(others, MOST_CASES, Random(0)))

    def exact_match(self, checkpoint: Path) -> float:
        """The share of hidden lines that a checkpoint writes exactly, greedily and without a memory (no lines: 0)."""
        with threads_kept():
            tokens, slots = Tokens.load(checkpoint), Slots(tuning.load(checkpoint, lambda share: None), 1)
            right = sum(complete(case, tokens, slots) == case.target for case in self.cases)
        return right / len(self.cases) if self.cases else 0.0


@contextmanager
def threads_kept() -> Iterator[None]:
    """torch has as many threads afterwards as before: an engine sets them to what suits it."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
