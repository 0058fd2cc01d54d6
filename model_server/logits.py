"""What a network says of the next token: scores of the whole vocabulary, and how a token is chosen by them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model_server.engine import BadScores, Sampling, Score


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


def highest(scores: Tensor) -> int:
    """Where the highest score stands. Raises BadScores."""
    value, at = scores.max(dim=-1)
    if value.isnan():
        raise BadScores
    return int(at)


def scored(last: Tensor, table: Tensor, ways: Sequence[Sequence[int]], ends: Sequence[int]) -> list[Score]:
    """The scores of ways whose rows stand one after another in `table`; `last` stood before each of them."""
    tables = torch.split(table, [len(way) for way in ways])
    return [judged(torch.cat((last[None], rows)), way, ends) for rows, way in zip(tables, ways, strict=True)]


def judged(table: Tensor, way: Sequence[int], ends: Sequence[int]) -> Score:
    """The score of a way by the scores `[1 + tokens, vocabulary]` before its first token and after each."""
    table = table.float()
    whole = table.logsumexp(dim=-1)
    best = table.amax(dim=-1) - whole
    chosen = table[torch.arange(len(way)), torch.tensor(way)] - whole[:-1]
    end = table[-1, torch.tensor(ends)].logsumexp(dim=0) - whole[-1]
    likelihood = chosen.sum() + end
    regret = (chosen - best[:-1]).sum() + (end - best[-1]).clamp_max(0)
    return Score(float(likelihood), float(regret))


def sample(logits: Tensor, sampling: Sampling, position: int) -> int:
    """A token drawn at a temperature from the smallest set that holds `top_p` of the probability."""
    highest(logits)
    ordered, ids = torch.softmax(logits / sampling.temperature, dim=-1).sort(descending=True)
    ordered[ordered.cumsum(0) - ordered > sampling.top_p] = 0
    generator = None if sampling.seed is None else torch.Generator().manual_seed(sampling.seed + position)
    return int(ids[torch.multinomial(ordered, 1, generator=generator)])
