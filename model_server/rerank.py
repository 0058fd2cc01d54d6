"""What the network thinks of the lines that the memory recalls, and which of them, if any, to give instead of its own.

All candidates are read side by side in one step; the network does not write its own line first. That line stands at
0: a candidate must be worth more.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from model_server.engine import Branches, Front, Score, Scores
from model_server.memory import Memory, Weights
from model_server.recall import Candidate, recall
from model_server.tokens import Tokens
from model_server.ways import fits
from model_server.wire import CompletionRequest, Parts

OPINIONS, MOST_RECALLED = 6, 60
MOST_ROWS = 64


@dataclass(frozen=True, slots=True)
class Opinion:
    """A candidate, its tokens, and the network's score of it."""

    candidate: Candidate
    ids: list[int]
    score: Score

    def worth(self, weights: Weights) -> float:
        """Log-odds against the network's own line."""
        return (
            weights.prior * self.candidate.prior
            + weights.likelihood * self.score.likelihood
            + weights.regret * self.score.regret
            + weights.bias
        )


def wanted(request: CompletionRequest) -> bool:
    """Whether a request asks for the one likeliest rest of a line, whatever it is."""
    return request.stops == ("\n",) and request.temperature == 0 and request.parts is not None


def opinions(
    parts: Parts, front: Front, tokens: Tokens, memory: Memory, room: int, most_tokens: int, allowed: Sequence[str] = ()
) -> Generator[Branches, Scores, list[Opinion]]:
    """The network's opinion of the likeliest candidates, as many as fit in `room` tokens behind what was read;
    where only some beginnings are `allowed`, of those that have one."""
    chosen: list[tuple[Candidate, list[int]]] = []
    room = min(room, MOST_ROWS)
    found = recall(parts, memory, MOST_RECALLED if allowed else OPINIONS)
    for candidate in [candidate for candidate in found if fits(candidate.text, allowed)][:OPINIONS]:
        ids = tokens.encode(candidate.text)
        if 0 < len(ids) <= min(room, most_tokens):
            chosen.append((candidate, ids))
            room -= len(ids)
    if not chosen:
        return []
    scores = yield from front.judge([ids for _, ids in chosen], tokens.line_ends)
    return [Opinion(candidate, ids, score) for (candidate, ids), score in zip(chosen, scores, strict=True)]


def best(found: Sequence[Opinion], weights: Weights) -> Opinion | None:
    """The candidate to give; None where the network's own line is worth more than any."""
    first = max(found, key=lambda opinion: opinion.worth(weights), default=None)
    return first if first and first.worth(weights) > 0 else None
