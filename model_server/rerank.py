"""What the network thinks of the lines that the memory recalls, and which of them, if any, to give instead of its own.

The network does not write its own line first: that line stands at 0, and a candidate must be worth more. Candidates are
read side by side, in one step; the most promising one before the others, which may have no chance against it then.
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
        """Log-odds against the network's own line. A likely candidate is not worth less for it, whatever a fit says."""
        score = self.score
        network = max(weights.likelihood, 0.0) * score.likelihood + max(weights.regret, 0.0) * score.regret
        return most(self.candidate, weights) + network


def most(candidate: Candidate, weights: Weights) -> float:
    """What a candidate is worth at best: a score is 0 then."""
    return weights.prior * candidate.prior + weights.bias


def wanted(request: CompletionRequest) -> bool:
    """Whether a request asks for the one likeliest rest of a line, whatever it is."""
    return request.stops == ("\n",) and request.temperature == 0 and request.parts is not None


def promising(
    parts: Parts, tokens: Tokens, memory: Memory, room: int, most_tokens: int, allowed: Sequence[str] = ()
) -> list[tuple[Candidate, list[int]]]:
    """The likeliest candidates and their tokens, as many as fit in `room` tokens; where only some beginnings are
    `allowed`, those that have one."""
    chosen: list[tuple[Candidate, list[int]]] = []
    room = min(room, MOST_ROWS)
    found = recall(parts, memory, MOST_RECALLED if allowed else OPINIONS)
    for candidate in [candidate for candidate in found if fits(candidate.text, allowed)][:OPINIONS]:
        ids = tokens.encode(candidate.text)
        if 0 < len(ids) <= min(room, most_tokens):
            chosen.append((candidate, ids))
            room -= len(ids)
    return chosen


def opinions(
    found: Sequence[tuple[Candidate, list[int]]], front: Front, tokens: Tokens
) -> Generator[Branches, Scores, list[Opinion]]:
    """The network's opinion of some candidates."""
    if not found:
        return []
    scores = yield from front.judge([ids for _, ids in found], tokens.line_ends)
    return [Opinion(candidate, ids, score) for (candidate, ids), score in zip(found, scores, strict=True)]


def best(found: Sequence[Opinion], weights: Weights) -> Opinion | None:
    """The candidate to give; None where the network's own line is worth more than any."""
    first = max(found, key=lambda opinion: opinion.worth(weights), default=None)
    return first if first and first.worth(weights) > 0 else None


def preferred(
    found: Sequence[tuple[Candidate, list[int]]], front: Front, tokens: Tokens, weights: Weights
) -> Generator[Branches, Scores, Opinion | None]:
    """The best of some candidates, of which only those are read that may still be it."""
    order = sorted(found, key=lambda each: most(each[0], weights), reverse=True)
    known: list[Opinion] = []
    for some in (order[:1], order[1:]):
        first = best(known, weights)
        bar = first.worth(weights) if first else 0.0
        known += yield from opinions([each for each in some if most(each[0], weights) > bar], front, tokens)
    return best(known, weights)
