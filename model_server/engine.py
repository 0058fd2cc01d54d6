"""What an engine is to the rest of the worker: token ids in, scores out, with keys and values kept in slots.

One step reads for several requests at once. An engine knows nothing of text, requests or HTTP. `FakeEngine` is an
honest small one without torch, for tests and for measuring everything but the network.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
"""Some tokens of the vocabulary, by which its scores are indexed: half of a large one may be meant."""
Result = TypeVar("Result")
COLDEST = 1e-4
"""The lowest temperature at which anything but the likeliest token is ever drawn."""


def ids_of(tokens: Iterable[int]) -> Ids:
    """Some tokens in their order."""
    return np.array(sorted(tokens), np.int64)


class BadScores(Exception):
    """The network gave no numbers: its weights are damaged, or its arithmetic overflowed."""

    def __init__(self) -> None:
        super().__init__("the network gave scores that are no numbers: fetch the checkpoint again")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen: greedily at temperature 0, and where it is so low that dividing by it overflows."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is taken."""
        return self.temperature < COLDEST


@dataclass(frozen=True, slots=True)
class Score:
    """What a network thinks of a way to go on: its log-probability, and what it loses against the likeliest token at
    every step; both are 0 at best."""

    likelihood: float
    regret: float


class Slot(Protocol):
    """One text that an engine has read. `ids` are the tokens whose keys and values it holds; dropping the last ones
    is shortening the list."""

    ids: list[int]

    @property
    def size(self) -> int:
        """Bytes."""


@dataclass(frozen=True, slots=True)
class Read:
    """Ids to read in a slot behind those that it holds. `every` asks for the scores after each of them, where
    otherwise those after the last are enough. The last `guessed` ones are guesses, which may be left out."""

    slot: Slot
    ids: Sequence[int]
    every: bool = False
    guessed: int = 0

    @property
    def rows(self) -> int:
        """How many tokens that is."""
        return len(self.ids)

    @property
    def certain(self) -> Read:
        """The same without guesses."""
        return replace(self, ids=self.ids[: len(self.ids) - self.guessed], guessed=0)


@dataclass(frozen=True, slots=True)
class Branches:
    """Several ways to go on behind what a slot holds, read side by side: none sees another, and the slot stays as it
    is. Together they need room in it."""

    slot: Slot
    ways: Sequence[Sequence[int]]

    @property
    def ids(self) -> list[int]:
        """The ways, one behind another."""
        return [token for way in self.ways for token in way]

    @property
    def rows(self) -> int:
        """How many tokens that is."""
        return sum(map(len, self.ways))


class Scores(Protocol):
    """What a network thinks of the next token after some of the ids that were read. Raises BadScores."""

    def pick(self, sampling: Sampling, among: Ids | tuple[()] = ()) -> int:
        """The next token after the last id; one of `among`, where any are given."""

    def likeliest(self) -> list[int]:
        """The likeliest token after each id whose scores were asked for."""

    def judge(self, branches: Scores, ways: Sequence[Sequence[int]], ends: Ids) -> list[Score]:
        """What to think of each way to go on after the last id, followed by one of `ends`; `branches` is what the
        engine gave for them."""


@dataclass(frozen=True, slots=True)
class Front:
    """Where a text goes on: the slot that holds it, and what its last id gave."""

    slot: Slot
    scores: Scores

    def judge(self, ways: Sequence[Sequence[int]], ends: Ids) -> Generator[Branches, Scores, list[Score]]:
        """What to think of each way to go on, followed by one of `ends`; they are read in one step."""
        branches = yield Branches(self.slot, ways)
        return self.scores.judge(branches, ways, ends)


class Engine(Protocol):
    """A loaded network. It and its slots are used from one thread."""

    @property
    def context(self) -> int:
        """The most tokens that a slot holds."""

    @property
    def arithmetic(self) -> str:
        """How it computes, and what that measured: one line for people."""

    @property
    def guesses(self) -> int:
        """How many guessed tokens it pays to check in one step; 0 where it does not."""

    def new_slot(self) -> Slot:
        """An empty slot."""

    def step(self, reads: Sequence[Read | Branches]) -> Sequence[Scores]:
        """Read for several slots at once, each of them in one read only; of branches, the scores after each id.
        Raises ValueError where a slot has no room, before anything is read."""


def step_one(engine: Engine, slot: Slot, ids: Sequence[int]) -> Scores:
    """A step of a single read, for whoever has but one slot."""
    return engine.step([Read(slot, ids)])[0]


def driven(steps: Generator[Read | Branches, Scores, Result], engine: Engine) -> Result:
    """What comes of reads that depend on each other, each a step by itself."""
    try:
        step = next(steps)
        while True:
            step = steps.send(engine.step([step])[0])
    except StopIteration as end:
        result: Result = end.value
        return result


@dataclass
class FakeSlot:
    """A slot of an engine that says its sentence, and begins again after every prompt."""

    sentence: Sequence[int]
    ids: list[int] = field(default_factory=list)
    said: int = 0
    size: int = 0

    @property
    def following(self) -> int:
        """What comes next of the sentence."""
        return self.sentence[self.said % len(self.sentence)]

    def read(self, ids: Sequence[int]) -> int:
        """Read some ids and say what follows them: the sentence goes on only token by token."""
        self.said = self.said + 1 if list(ids) == [self.following] else 0
        self.ids.extend(ids)
        return self.following

    def rest(self, count: int) -> list[int]:
        """What comes next, so many tokens of it."""
        return [self.sentence[number % len(self.sentence)] for number in range(self.said, self.said + count)]


@dataclass(frozen=True, slots=True)
class FakeScores:
    """The tokens that follow, as a fake slot says them."""

    tokens: list[int]

    def pick(self, sampling: Sampling, among: Ids | tuple[()] = ()) -> int:
        """See `Scores`."""
        return self.tokens[-1] if not len(among) or self.tokens[-1] in among else min(map(int, among))

    def likeliest(self) -> list[int]:
        """See `Scores`."""
        return self.tokens

    def judge(self, branches: Scores, ways: Sequence[Sequence[int]], ends: Ids) -> list[Score]:
        """See `Scores`: a wrong token costs 10."""
        right = branches.likeliest()
        wrong = [sum(token != said for token, said in zip(way, right, strict=False)) for way in ways]
        return [Score(-10.0 * count, -10.0 * count) for count in wrong]


@dataclass(frozen=True)
class FakeEngine:
    """Says one sentence, token by token, at a given pace in seconds a step."""

    sentence: Sequence[int]
    context: int = 1024
    seconds: float = 0.0
    arithmetic: str = "none (a fake engine)"
    guesses: int = 0

    def new_slot(self) -> FakeSlot:
        """See `Engine`."""
        return FakeSlot(self.sentence)

    def step(self, reads: Sequence[Read | Branches]) -> list[FakeScores]:
        """See `Engine`. Of branches, it gives the tokens that would be right."""
        time.sleep(self.seconds)
        return [self._read(read) for read in reads]

    def _read(self, read: Read | Branches) -> FakeScores:
        assert isinstance(read.slot, FakeSlot)
        if isinstance(read, Branches):
            return FakeScores(read.slot.rest(max(map(len, read.ways))))
        pieces = [[token] for token in read.ids] if read.every else [read.ids]
        return FakeScores([read.slot.read(piece) for piece in pieces])
