"""Batches for the trainer: every stretch of the corpus once an epoch, examples packed into sequences.

A batch is a pure function of the corpus, the seed and the batch's number, so that a run that was killed goes on with
the very batches that it would have seen. Nothing here knows of the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from random import Random

import numpy as np
from numpy.typing import NDArray

from model_server.corpus.documents import Document
from model_server.training.objective import Objective
from model_server.training.stretches import Epochs, Stretch

WINDOWS = (384, 512, 768, 1024)
SMALLEST = 96
EXAMPLE = 540
"""Tokens of an example, about."""
PAD = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """`ids` and `weights`, `[sequences, length]`; a token's weight is that of predicting it, 0 for padding."""

    ids: NDArray[np.int64]
    weights: NDArray[np.float32]


class Batches:
    """The corpus as numbered batches."""

    def __init__(
        self,
        documents: Sequence[Document],
        objective: Objective,
        *,
        length: int,
        sequences: int,
        weights: Mapping[str, float],
        seed: int,
    ) -> None:
        """`length` tokens a sequence, `sequences` a batch. Raises ValueError where the corpus has no code."""
        self._objective = objective
        self._length, self._sequences, self._seed = length, sequences, seed
        self._epochs = Epochs(documents, weights, seed)
        self._examples = sequences * length / EXAMPLE

    @property
    def per_epoch(self) -> int:
        """How many batches show every stretch about once."""
        return max(1, round(len(self._epochs.of(0)) / self._examples))

    def batch(self, number: int) -> Batch:
        """Batch `number`, the same whenever it is asked for."""
        random = Random(f"{self._seed}:batch:{number}")
        epoch, within = divmod(number, self.per_epoch)
        order = self._epochs.of(epoch)
        first = round(within * self._examples)
        stretches = (order[position % len(order)] for position in count(first))
        ids = np.full((self._sequences, self._length), PAD, dtype=np.int64)
        weights = np.zeros((self._sequences, self._length), dtype=np.float32)
        for row in range(self._sequences):
            self._fill(ids[row], weights[row], stretches, random)
        return Batch(ids, weights)

    def _fill(
        self, ids: NDArray[np.int64], weights: NDArray[np.float32], stretches: Iterator[Stretch], random: Random
    ) -> None:
        """Pack examples into one sequence until there is no room for another."""
        filled = 0
        for stretch in islice(stretches, 16):
            room = min(random.choice(WINDOWS), self._length - filled)
            example = self._objective.example(self._epochs.place(stretch, random), room, random)
            if example is None:
                continue
            end = filled + len(example.ids)
            ids[filled:end] = example.ids
            weights[filled:end] = example.weights
            filled = end
            if self._length - filled < SMALLEST:
                break
