"""How near what was written comes to what was hidden: exact match, BLEU, edit similarity, and how sure each is. Pure.

BLEU is sentence-level: `sacrebleu` on each answer by itself, with its default tokenizer and smoothing and with
effective order (short lines count by the n-grams that they can have), from 0 to 100, averaged over the answers. That
is how line completion is commonly reported, and it lets every line count alike; corpus BLEU would weigh long lines
more. All other figures are shares of 1. Intervals are 95 %: Wilson's for shares of answers, the bootstrap's for means.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sacrebleu.metrics import BLEU

Z = 1.96
RESAMPLES = 1000
SEED = 1
bleu = BLEU(effective_order=True)


@dataclass(frozen=True, slots=True)
class Mark:
    """One answer's scores; `passed` where its program was run, `failed` where there was no answer."""

    exact: bool
    bleu: float
    similarity: float
    passed: bool | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The scores of a group. Answers that `failed` are among the `n`, as wrong ones."""

    n: int
    failed: int
    exact_match: Estimate
    bleu: Estimate
    edit_similarity: Estimate
    pass_at_1: Estimate | None

    def flat(self) -> dict[str, float]:
        """Names and numbers: `exact_match`, `exact_match_low`, `exact_match_high`, and so on."""
        numbers: dict[str, float] = {"n": self.n, "failed": self.failed}
        for name in ("exact_match", "bleu", "edit_similarity", "pass_at_1"):
            if (one := getattr(self, name)) is not None:
                numbers |= {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
        return {name: round(number, 6) for name, number in numbers.items()}


def mark(written: str, target: str, passed: bool | None = None) -> Mark:
    """Score an answer. White space at the end of either counts for nothing."""
    written, target = written.rstrip(), target.rstrip()
    score = bleu.sentence_score(written, [target]).score if written else 0.0
    return Mark(written == target, score, edit_similarity(written, target), passed)


def figures(marks: Sequence[Mark]) -> Figures:
    """The figures of some marks; at least one."""
    passed = [mark.passed for mark in marks if mark.passed is not None]
    return Figures(
        len(marks),
        sum(mark.failed for mark in marks),
        wilson(sum(mark.exact for mark in marks), len(marks)),
        bootstrap([mark.bleu for mark in marks]),
        bootstrap([mark.similarity for mark in marks]),
        wilson(sum(passed), len(passed)) if passed else None,
    )


def wilson(hits: int, n: int) -> Estimate:
    """A share and Wilson's interval of it."""
    share, scale = hits / n, 1 + Z * Z / n
    middle = share + Z * Z / (2 * n)
    spread = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return Estimate(share, max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0))


def bootstrap(values: Sequence[float]) -> Estimate:
    """A mean and its percentile interval under resampling; the same for the same values."""
    sample, random = np.asarray(values), np.random.default_rng(SEED)
    means = [random.choice(sample, len(sample)).mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(sample.mean()), float(low), float(high))


def edit_similarity(one: str, other: str) -> float:
    """1 less Levenshtein's distance as a share of the longer text; 1 for two empty ones."""
    longer = max(len(one), len(other))
    return 1 - distance(one, other) / longer if longer else 1.0


def distance(one: str, other: str) -> int:
    """Levenshtein's distance: the fewest characters to put in, take out or change."""
    row = list(range(len(other) + 1))
    for number, character in enumerate(one, 1):
        corner, row[0] = row[0], number
        for at, against in enumerate(other, 1):
            change = corner + (character != against)
            corner, row[at] = row[at], min(change, row[at] + 1, row[at - 1] + 1)
    return row[-1]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
