"""What the ways to compute measure on this machine, and which of them is taken."""

from __future__ import annotations

import torch

from model_server import tuning
from model_server.arithmetic import GUESSES, ROWS, fastest
from model_server.weights import checked, read_config, read_weights
from tests.bench.figures import Figures, table
from tests.bench.plan import Plan


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    config = read_config(plan.model)
    weights = checked(read_weights(plan.model, lambda share: None), config)
    timings = tuning.measured(config, weights, torch.device("cpu"))
    for timing in timings:
        figures.add(f"arithmetic.{timing.name}.rows_ms", timing.rows_ms, "ms")
        figures.add(f"arithmetic.{timing.name}.few_ms", timing.few_ms, "ms")
        figures.add(f"arithmetic.{timing.name}.row_ms", timing.row_ms, "ms")
    chosen = fastest(timings)
    guesses = f"{chosen.guesses} guesses are checked in a step" if chosen.guesses else "guesses do not pay"
    figures.note("arithmetic", f"{chosen.name} is chosen, and {guesses}")


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    names = [name.split(".")[1] for name in figures.values if name.startswith("arithmetic.") and "rows_ms" in name]
    sizes = ("rows_ms", "few_ms", "row_ms")
    rows = [[name, *(figures.said(f"arithmetic.{name}.{size}", 3) for size in sizes)] for name in names]
    return "\n\n".join(
        (
            "## Arithmetic",
            f"One layer, one thread, the fastest of some goes: {figures.notes.get('arithmetic', '')}.",
            table(["", f"{ROWS} rows", f"{1 + GUESSES} rows", "1 row"], rows),
        )
    )
