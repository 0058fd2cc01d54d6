"""What the memory adds to a suggestion: candidates are recalled, and the network scores them side by side."""

from __future__ import annotations

import torch

from model_server import tuning
from model_server.engine import Front, driven, step_one
from model_server.memory import beside
from model_server.recall import Candidate
from model_server.rerank import preferred, promising
from model_server.tokens import Tokens
from tests.bench.figures import Figures, interleaved, table, timed
from tests.bench.plan import Plan
from tests.bench.texts import keystrokes


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    memory = beside(plan.model)
    if memory is None:
        figures.note("memory", "this model has none")
        return
    torch.set_num_threads(plan.threads)
    tokens, engine = Tokens.load(plan.model), tuning.load(plan.model, lambda share: None)
    parts, slot = keystrokes(12)[-4], engine.new_slot()
    ids = tokens.family.layout(parts, tokens, plan.prompt)
    front = Front(slot, step_one(engine, slot, ids))

    def scored() -> list[tuple[Candidate, list[int]]]:
        found = promising(parts, tokens, memory, engine.context - len(ids), 48)
        driven(preferred(found, front, tokens, memory.weights), engine)
        return found

    took = interleaved({"memory": lambda: timed(scored)}, plan.rounds, plan.patience)
    figures.spread("worker.memory", took["memory"])
    figures.add("worker.memory.candidates", len(scored()), "count")


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    said = figures.said
    row = [said("worker.memory.candidates", 0), said("worker.memory.p50_ms"), said("worker.memory.p95_ms")]
    return f"## Memory\n\nWhat it adds to a suggestion:\n\n{table(['scored', 'p50', 'p95'], [row])}"
