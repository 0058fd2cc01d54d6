"""What a training example is, whichever objective makes it.

An objective takes a place in a document and gives token ids with the weight of predicting each. Both are pure functions
of their input and a seed; packing, order and the network are none of their business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from model_server.corpus.documents import Document
from model_server.wire import Fact


@dataclass(frozen=True, slots=True)
class Place:
    """Character `near` of cell `cell` of a document, the facts known there, and frames of other documents (`spare`)
    whose columns may be mixed in."""

    document: Document
    cell: int
    near: int
    facts: Sequence[Fact] = ()
    spare: Sequence[Fact] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids, and for each the weight of predicting it from those before it (0: not learnt)."""

    ids: list[int]
    weights: list[float]


class Objective(Protocol):
    """Makes examples."""

    @property
    def name(self) -> str:
        """`lcm` or `cm`."""
        ...

    def example(self, place: Place, room: int, random: Random) -> Example | None:
        """An example of at most `room` tokens near a place; None where there is nothing to learn."""
        ...
