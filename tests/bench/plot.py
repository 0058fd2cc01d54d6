"""The picture of the benchmarks: what a suggestion takes with each engine, cold and on a kept prefix."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from tests.bench.figures import Figures
from tests.bench.plan import Plan
from tests.bench.suggestion import NAMES, OURS

COLOURS = {True: "#1976d2", False: "#b0bec5"}


def plot(figures: Figures, plan: Plan, path: Path) -> None:
    """Draw bars for cold and warm, the fastest last, and a line at each one's 95th percentile."""
    cases = [f"cold.{max(plan.written)}_tokens", f"warm.{min(plan.written)}_tokens"]
    picture, axes = pyplot.subplots(1, len(cases), figsize=(9, 2.8))
    for case, axis in zip(cases, axes, strict=True):
        names = [name for name in (OURS, *plan.peers) if f"suggestion.{name}.{case}.p50_ms" in figures.values]
        middle, high = (
            {name: figures.values[f"suggestion.{name}.{case}.{what}"][0] for name in names}
            for what in ("p50_ms", "p95_ms")
        )
        names.sort(key=lambda name: -middle[name])
        labels = [NAMES[name].strip("*").replace("`", "") for name in names]
        above = [max(0.0, high[name] - middle[name]) for name in names]
        bars = axis.barh(labels, [middle[name] for name in names], color=[COLOURS[name == OURS] for name in names])
        axis.errorbar(
            [middle[n] for n in names], labels, xerr=[[0.0] * len(names), above], fmt="none", ecolor="#546e7a"
        )
        axis.bar_label(bars, fmt="%.0f", padding=2, fontsize=7)
        axis.set_title(case.replace(".", ", ").replace("_", " "), fontsize=9)
        axis.set_xlabel("ms, median and 95th percentile", fontsize=8)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    picture.tight_layout()
    picture.savefig(path, dpi=120)
    pyplot.close(picture)
