"""A peer that reads some tokens and gives the likeliest after them; the loop around that is the same for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from model_server.slots import common


class Reader(ABC):
    """An engine that holds one text, `ids`."""

    def __init__(self) -> None:
        """Nothing was read."""
        self.ids: list[int] = []

    def hold(self, ids: Sequence[int]) -> None:
        """See `Peer`."""
        same = common(self.ids, ids)
        self.forget(same)
        del self.ids[same:]
        if same < len(ids):
            self.read(ids[same:])

    def write(self, ids: Sequence[int], count: int) -> list[int]:
        """See `Peer`."""
        written = [self.read(ids)]
        while len(written) < count:
            written.append(self.read(written[-1:]))
        return written

    def read(self, ids: Sequence[int]) -> int:
        """Read some tokens behind what is held, and give the likeliest after them."""
        likeliest = self.step(ids)
        self.ids.extend(ids)
        return likeliest

    def forget(self, kept: int) -> None:  # noqa: B027 - most need only know how many ids stand before a step
        """Only the first `kept` tokens are held from now on."""

    @abstractmethod
    def step(self, ids: Sequence[int]) -> int:
        """Compute some tokens behind `self.ids`, and give the likeliest after them."""
