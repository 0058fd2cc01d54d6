"""What an engine is to the rest of the worker: token ids in, scores out, with keys and values kept in slots.

An engine knows nothing of text, requests or HTTP. `FakeEngine` is an honest small one without torch, for tests and
for measuring everything but the network.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen: greedily at temperature 0."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None


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

    def read(self, ids: Sequence[int]) -> None:
        """Read `ids` after those that are held. Raises ValueError where there is no room for them."""

    def pick(self, sampling: Sampling, among: Collection[int] = ()) -> int:
        """The next token after what was read last; one of `among`, where any are given."""

    def check(self, ids: Sequence[int]) -> list[int]:
        """Read `ids` in one step, and give the token that greedily follows each of them."""

    def score(self, ways: Sequence[Sequence[int]], ends: Sequence[int]) -> list[Score]:
        """What the network thinks of each way to go on, followed by one of `ends`, after what was read last. The ways
        together need room in the slot; what it holds stays as it is."""


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


@dataclass
class FakeSlot:
    """A slot that says its engine's sentence, and begins again after every prompt."""

    sentence: Sequence[int]
    seconds: float
    ids: list[int] = field(default_factory=list)
    said: int = 0
    size: int = 0

    def read(self, ids: Sequence[int]) -> None:
        """See `Slot`."""
        time.sleep(self.seconds)
        self.said = self.said + 1 if list(ids) == [self.sentence[self.said % len(self.sentence)]] else 0
        self.ids.extend(ids)

    def pick(self, sampling: Sampling, among: Collection[int] = ()) -> int:
        """See `Slot`."""
        wanted = self.sentence[self.said % len(self.sentence)]
        return wanted if not among or wanted in among else min(among)

    def check(self, ids: Sequence[int]) -> list[int]:
        """See `Slot`."""
        following = []
        for token in ids:
            self.read([token])
            following.append(self.pick(Sampling()))
        return following

    def score(self, ways: Sequence[Sequence[int]], ends: Sequence[int]) -> list[Score]:
        """See `Slot`: a wrong token costs 10."""
        wrong = [
            sum(token != self.sentence[number % len(self.sentence)] for number, token in enumerate(way, self.said))
            for way in ways
        ]
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
        return FakeSlot(self.sentence, self.seconds)
