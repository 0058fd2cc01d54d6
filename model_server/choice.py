"""Which of the ways on offer a suggestion begins with, by the order they are offered in and the network's opinion.

Whoever offers them knows what exists and what people write; the network knows the text, and what its opinion is worth
its checkpoint's memory tells. Where that is enough, the likeliest ways are read side by side in one step.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from math import log

from model_server.engine import Branches, Front, Scores
from model_server.memory import Memory, Weights
from model_server.tokens import Tokens

MOST_WAYS, MOST_ROWS = 12, 40
LINED = 2
"""With so many of the likeliest ways may a line begin that is given from memory, not counted those that these begin
with."""
LEAST = 0.2
"""An opinion worth less is not asked for: it took 9 ms, and the bundled model chose no better than by the order."""
UNWEIGHED = Weights(likelihood=1.0, regret=0.0)
"""For a checkpoint without a memory: it is a large one, and its opinion counts in full."""


def chosen(
    ways: Sequence[str], front: Front, tokens: Tokens, memory: Memory | None, room: int
) -> Generator[Branches, Scores, tuple[str, ...]]:
    """The one way to take, or none where none are offered; the likeliest one is offered first."""
    weights = memory.weights if memory else UNWEIGHED
    if len(ways) < 2 or weights.likelihood + weights.regret < LEAST:
        return tuple(ways[:1])
    read = fitting([tokens.encode(way) for way in ways[:MOST_WAYS]], min(room, MOST_ROWS))
    if len(read) < 2:
        return (ways[0],)
    scores = yield from front.judge(read, tokens.breaks)
    worth = [
        weights.likelihood * score.likelihood + weights.regret * score.regret - log(number)
        for number, score in enumerate(scores, 1)
    ]
    return (ways[worth.index(max(worth))],)


def lined(ways: Sequence[str]) -> list[str]:
    """The likeliest ways, with which a line that is given from memory may begin."""
    kept: list[str] = []
    others = 0
    for way in ways:
        others += not any(longer.startswith(way) for longer in kept)
        if others > LINED:
            break
        kept.append(way)
    return kept


def fitting(ways: Sequence[list[int]], room: int) -> list[list[int]]:
    """The first ways that together fit in so many rows."""
    kept: list[list[int]] = []
    for way in ways:
        room -= len(way)
        if room < 0 or not way:
            break
        kept.append(way)
    return kept
