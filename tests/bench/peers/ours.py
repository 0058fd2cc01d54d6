"""This project's engine, driven as its worker drives it: guesses checked with each step, text made of each token."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from model_server import tuning
from model_server.engine import Engine, Sampling, Slot, driven, step_one
from model_server.generation import following
from model_server.lookup import Lookup
from model_server.slots import common
from model_server.tokens import TextStream, Tokens

GREEDY = Sampling()


class Ours:
    """An engine and one slot. `steps` counts what was computed after each prompt."""

    def __init__(self, engine: Engine, tokens: Tokens, guesses: int | None = None) -> None:
        """`guesses` is how many are checked in a step; as many as the engine says, where it is not given."""
        self._engine, self._tokens = engine, tokens
        self._guesses = engine.guesses if guesses is None else guesses
        self._slot: Slot = engine.new_slot()
        self.steps = 0
        self.described = engine.arithmetic

    @classmethod
    def load(cls, directory: Path, threads: int) -> Ours:
        """Load a checkpoint."""
        torch.set_num_threads(threads)
        return cls(tuning.load(directory, lambda share: None), Tokens.load(directory))

    def hold(self, ids: Sequence[int]) -> None:
        """See `Peer`."""
        same = common(self._slot.ids, ids)
        del self._slot.ids[same:]
        if same < len(ids):
            step_one(self._engine, self._slot, ids[same:])

    def write(self, ids: Sequence[int], count: int) -> list[int]:
        """See `Peer`."""
        written = [step_one(self._engine, self._slot, ids).pick(GREEDY)]
        lookup, text = Lookup(self._slot.ids, self._guesses), TextStream(self._tokens)
        while len(written) < count:
            lookup.push(written[-1])
            certain = self._following(written[-1], lookup.guess())
            for token in certain[:-1]:
                lookup.push(token)
            written += certain
        for token in written[:count]:
            text.push(token)
        return written[:count]

    def _following(self, last: int, guess: list[int]) -> list[int]:
        """What one step makes certain."""
        self.steps += 1
        return driven(following(self._slot, last, GREEDY, (), guess), self._engine)
