"""Batches for the trainer: every stretch of the corpus once an epoch, examples packed into sequences.

A batch is a pure function of the corpus, the seed and the batch's number, so that a run that was killed goes on with
the very batches that it would have seen. Nothing here knows of the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from random import Random

import numpy as np
from numpy.typing import NDArray

from model_server.families import BUNDLED
from model_server.tokens import Tokens
from model_server.training.corpus import Document
from model_server.training.harvest import harvest
from model_server.training.objective import Example, LanguageCausalMasking
from model_server.wire import Fact

STRETCH = 2200
WINDOWS = (384, 512, 768, 1024)
SMALLEST = 96
EXAMPLES_PER_SEQUENCE = 1.9
TARGET_WEIGHT = 3.0
PAD = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """`ids` and `weights`, `[sequences, length]`; a token's weight is that of predicting it, 0 for padding."""

    ids: NDArray[np.int64]
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a document's code: its cell and the character it is centred on."""

    document: int
    cell: int
    near: int


def stretches(documents: Sequence[Document], weights: dict[str, float], random: Random) -> list[Stretch]:
    """One stretch for every `STRETCH` characters of code, at least one a document, in random order.

    `weights` by `kind:language` thin out what matters less.
    """
    found = []
    for number, doc in enumerate(documents):
        stride = STRETCH / weights.get(f"{doc.kind}:{doc.header.language}", weights.get("other", 1.0))
        offset = random.random() * min(stride, doc.characters)
        for index, cell in enumerate(doc.cells):
            if cell.kind != "code":
                continue
            while offset < len(cell.text):
                found.append(Stretch(number, index, int(offset)))
                offset += stride
            offset -= len(cell.text)
    random.shuffle(found)
    return found


class Batches:
    """The corpus as numbered batches."""

    def __init__(
        self,
        documents: Sequence[Document],
        tokens: Tokens,
        *,
        length: int,
        sequences: int,
        weights: dict[str, float],
        seed: int,
    ) -> None:
        """`length` tokens a sequence, `sequences` a batch. Raises ValueError where the corpus has no code."""
        self.documents = documents
        self.objective = LanguageCausalMasking(tokens, BUNDLED)
        self.length, self.sequences, self.weights, self.seed = length, sequences, weights, seed
        self._facts = lru_cache(maxsize=512)(self._harvest)
        self._epoch = lru_cache(maxsize=2)(self._stretches)
        self._spare = self._distractors()
        if not self._epoch(0):
            raise ValueError("the corpus has no code to train on")

    @property
    def per_epoch(self) -> int:
        """How many batches show every stretch about once."""
        return max(1, round(len(self._epoch(0)) / (self.sequences * EXAMPLES_PER_SEQUENCE)))

    def batch(self, number: int) -> Batch:
        """Batch `number`, the same whenever it is asked for."""
        random = Random(f"{self.seed}:batch:{number}")
        epoch, within = divmod(number, self.per_epoch)
        order = self._epoch(epoch)
        first = round(within * self.sequences * EXAMPLES_PER_SEQUENCE)
        places = (order[position % len(order)] for position in count(first))
        ids = np.full((self.sequences, self.length), PAD, dtype=np.int64)
        weights = np.zeros((self.sequences, self.length), dtype=np.float32)
        for row in range(self.sequences):
            self._fill(ids[row], weights[row], places, random)
        return Batch(ids, weights)

    def _fill(
        self, ids: NDArray[np.int64], weights: NDArray[np.float32], places: Iterator[Stretch], random: Random
    ) -> None:
        """Pack examples into one sequence until there is no room for another."""
        filled = 0
        for place in islice(places, 16):
            example = self._example(place, min(random.choice(WINDOWS), self.length - filled), random)
            if example is None:
                continue
            start, end = filled + len(example.prompt), filled + len(example.prompt) + len(example.target)
            ids[filled:end] = example.prompt + example.target
            weights[filled + 1 : start] = 1.0
            weights[start:end] = TARGET_WEIGHT
            filled = end
            if self.length - filled < SMALLEST:
                break

    def _example(self, place: Stretch, room: int, random: Random) -> Example | None:
        doc = self.documents[place.document]
        text = doc.cells[place.cell].text
        near = min(place.near + random.randrange(STRETCH // 4), len(text) - 1)
        facts = self._facts(place.document).get(place.cell, ())
        return self.objective.example(doc, place.cell, near, facts, self._spare, room, random)

    def _harvest(self, number: int) -> dict[int, tuple[Fact, ...]]:
        """The facts before each code cell of a Python notebook; none for other documents."""
        doc = self.documents[number]
        if doc.kind != "notebook" or doc.header.language != "python":
            return {}
        code = [index for index, cell in enumerate(doc.cells) if cell.kind == "code"]
        return dict(zip(code, harvest([doc.cells[index].text for index in code]), strict=True))

    def _distractors(self) -> list[Fact]:
        """Frames of some notebooks, whose columns are mixed into those of others."""
        frames: list[Fact] = []
        for number in range(min(len(self.documents), 400)):
            for facts in list(self._facts(number).values())[-1:]:
                frames += [fact for fact in facts if fact.members and fact.type == "DataFrame"]
        return frames

    def _stretches(self, epoch: int) -> list[Stretch]:
        return stretches(self.documents, self.weights, Random(f"{self.seed}:epoch:{epoch}"))
