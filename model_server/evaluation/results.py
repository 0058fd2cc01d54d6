"""What an evaluation found, as data and as JSON. Pure.

The JSON of one model is an object with `model`, `failed` (answers that did not come), `trouble` (why, else empty),
`latency`, `figures` by group, and `infilling` by kind; beside them `copying`, the baseline's figures by group, and
`sandbox`, in words. Of several models, `models` is a list of such objects, and `copying` and `sandbox` stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from model_server.evaluation.scores import Figures

Groups = Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds: the median, and what one answer in twenty exceeds."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one model."""

    model: str
    figures: Groups = field(default_factory=dict)
    infilling: Groups = field(default_factory=dict)
    latency: Mapping[str, Spread] = field(default_factory=dict)
    failed: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found of all models on the same cases; `sandbox` says how programs were run, if they were."""

    results: Sequence[Result]
    copying: Groups = field(default_factory=dict)
    sandbox: str = ""


def as_json(found: Evaluation) -> dict[str, object]:
    """See the module."""
    models = [one_model(result) for result in found.results]
    beside = {"copying": flat(found.copying), "sandbox": found.sandbox}
    return models[0] | beside if len(models) == 1 else {"models": models, **beside}


def one_model(result: Result) -> dict[str, object]:
    """One model's object."""
    return {
        "model": result.model,
        "failed": result.failed,
        "trouble": result.trouble,
        "latency": {name: {"p50": round(one.p50, 2), "p95": round(one.p95, 2)} for name, one in result.latency.items()},
        "figures": flat(result.figures),
        "infilling": flat(result.infilling),
    }


def flat(groups: Groups) -> dict[str, dict[str, float]]:
    """Names and numbers, by group."""
    return {group: figures.flat() for group, figures in groups.items()}
