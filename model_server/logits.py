"""What a network says of the next token: scores of the whole vocabulary, and how a token is chosen by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model_server.engine import BadScores, Branches, Ids, Read, Sampling, Score, Scores


@dataclass(frozen=True, slots=True)
class Logits:
    """Scores of every token after some ids, `[ids, vocabulary]`; `position` is the next token's, and `best` what
    `highest` says of the table, where that is known already."""

    table: Tensor
    position: int
    best: Sequence[int] | None = None

    def pick(self, sampling: Sampling, among: Ids | tuple[()] = ()) -> int:
        """See `Scores`."""
        last = self.table[-1:]
        if len(among):
            return int(among[numbers(highest(last[:, among]))[0]])
        if sampling.greedy:
            return numbers((self.best or highest(last))[-1:])[0]
        return sample(last[0].float().cpu(), sampling, self.position)

    def likeliest(self) -> list[int]:
        """See `Scores`."""
        return numbers(self.best or highest(self.table))

    def judge(self, branches: Scores, ways: Sequence[Sequence[int]], ends: Ids) -> list[Score]:
        """See `Scores`."""
        assert isinstance(branches, Logits)
        return judged(self.table[-1], branches.table, ways, ends)


def highest(table: Tensor) -> list[int]:
    """Where the highest score of each row stands, -1 if one is no number; by numpy, in a tenth of torch's time."""
    values = table.float().numpy(force=True)
    found = values.argmax(axis=-1)  # NaN is the highest
    places: list[int] = np.where(np.isnan(values[range(len(found)), found]), -1, found).tolist()
    return places


def numbers(places: Sequence[int]) -> list[int]:
    """What `highest` gave. Raises BadScores where a score was no number."""
    if min(places) < 0:
        raise BadScores
    return list(places)


def judged(last: Tensor, table: Tensor, ways: Sequence[Sequence[int]], ends: Ids) -> list[Score]:
    """The scores of ways by those of the next token: `last [vocabulary]` before each way, and after each of its tokens
    `table [tokens of all ways, vocabulary]`."""
    before, *behind = map(row_of, (last.float().numpy(force=True), *table.float().numpy(force=True)))
    found, start = [], 0
    for way in ways:
        end = start + len(way)
        found.append(way_score([before, *behind[start:end]], way, ends))
        start = end
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """Scores of the next token `[vocabulary]`, the highest, and the log of the sum of all their exponentials."""

    scores: NDArray[np.float32]
    highest: float
    whole: float


def row_of(scores: NDArray[np.float32]) -> Row:
    """A row by itself: of all rows together, fresh memory for what lies between takes longer than the sums."""
    return Row(scores, float(scores.max()), whole_of(scores))


def whole_of(scores: NDArray[np.float32]) -> float:
    """The log of the sum of the exponentials of some scores."""
    highest = scores.max()
    return float(highest + np.log(np.exp(scores - highest).sum()))


def way_score(rows: Sequence[Row], way: Sequence[int], ends: Ids) -> Score:
    """The score of a way: its tokens by the row before each of them, and an end by the last one."""
    chosen = [(float(row.scores[token]), row) for token, row in zip(way, rows[:-1], strict=True)]
    last = rows[-1]
    end = whole_of(last.scores[ends])
    likelihood = sum(score - row.whole for score, row in chosen) + end - last.whole
    return Score(likelihood, sum(score - row.highest for score, row in chosen) + min(end - last.highest, 0.0))


def sample(logits: Tensor, sampling: Sampling, position: int) -> int:
    """A token drawn at a temperature from the smallest set that holds `top_p` of the probability; `logits` lie where a
    seed is kept, on the processor."""
    numbers(highest(logits[None]))
    ordered, ids = torch.softmax(logits / sampling.temperature, dim=-1).sort(descending=True)
    ordered[ordered.cumsum(0) - ordered > sampling.top_p] = 0
    generator = None if sampling.seed is None else torch.Generator().manual_seed(sampling.seed + position)
    return int(ids[torch.multinomial(ordered, 1, generator=generator)])


def noted(read: Read | Branches, table: Tensor, best: Sequence[int] | None = None) -> Logits:
    """The scores of what was read. It stands in its slot from now on; branches do not."""
    if isinstance(read, Read):
        read.slot.ids.extend(read.ids)
    return Logits(table, len(read.slot.ids), best)
