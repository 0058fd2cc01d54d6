"""What a network says of the next token: scores of the whole vocabulary, and how a token is chosen by them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model_server.engine import BadScores, Branches, Read, Sampling, Score, Scores


@dataclass(frozen=True, slots=True)
class Logits:
    """Scores of every token after some ids, `[ids, vocabulary]`; `position` is the next token's."""

    table: Tensor
    position: int

    def pick(self, sampling: Sampling, among: Collection[int] = ()) -> int:
        """See `Scores`."""
        last = self.table[-1]
        if among:
            ids = sorted(among)
            return ids[highest(last[ids])]
        if sampling.temperature == 0:
            return highest(last)
        return sample(last.float(), sampling, self.position)

    def likeliest(self) -> list[int]:
        """See `Scores`."""
        values, ids = self.table.max(dim=-1)
        if values.isnan().any():
            raise BadScores
        likeliest: list[int] = ids.tolist()
        return likeliest

    def judge(self, branches: Scores, ways: Sequence[Sequence[int]], ends: Sequence[int]) -> list[Score]:
        """See `Scores`."""
        assert isinstance(branches, Logits)
        return judged(self.table[-1], branches.table, ways, ends)


def highest(scores: Tensor) -> int:
    """Where the highest score stands. Raises BadScores."""
    value, at = scores.max(dim=-1)
    if value.isnan():
        raise BadScores
    return int(at)


def judged(last: Tensor, table: Tensor, ways: Sequence[Sequence[int]], ends: Sequence[int]) -> list[Score]:
    """The scores of ways by those of the next token: `last [vocabulary]` before each way, and after each of its tokens
    `table [tokens of all ways, vocabulary]`."""
    rows = torch.cat((last[None], table)).float()
    whole = rows.logsumexp(dim=-1)
    best = rows.amax(dim=-1) - whole
    ending = rows[:, list(ends)].logsumexp(dim=-1) - whole
    found, start = [], 1
    for way in ways:
        before = torch.tensor([0, *range(start, start + len(way) - 1)])
        start += len(way)
        chosen, end = rows[before, torch.tensor(way)] - whole[before], ending[start - 1]
        regret = (chosen - best[before]).sum() + (end - best[start - 1]).clamp_max(0)
        found.append(Score(float(chosen.sum() + end), float(regret)))
    return found


def sample(logits: Tensor, sampling: Sampling, position: int) -> int:
    """A token drawn at a temperature from the smallest set that holds `top_p` of the probability."""
    highest(logits)
    ordered, ids = torch.softmax(logits / sampling.temperature, dim=-1).sort(descending=True)
    ordered[ordered.cumsum(0) - ordered > sampling.top_p] = 0
    generator = None if sampling.seed is None else torch.Generator().manual_seed(sampling.seed + position)
    return int(ids[torch.multinomial(ordered, 1, generator=generator)])


def noted(read: Read | Branches, table: Tensor) -> Logits:
    """The scores of what was read. It stands in its slot from now on; branches do not."""
    if isinstance(read, Read):
        read.slot.ids.extend(read.ids)
    return Logits(table, len(read.slot.ids))
