"""Speculative decoding by lookup, on notebooks: tokens that a step gives, and milliseconds that a token takes, with
guesses and without. The corpus' unseen notebooks are asked where a corpus is given."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from model_server import tuning
from model_server.tokens import Tokens
from tests.bench.figures import Figures, median, table, timed, turns
from tests.bench.peers.ours import Ours
from tests.bench.plan import Plan
from tests.bench.texts import cursors

COUNTS = (0, 1, 3, 7)


def prompts(plan: Plan, tokens: Tokens) -> list[list[int]]:
    """The cursors' prompts, with room for an answer."""
    return [tokens.family.layout(parts, tokens, plan.prompt) for parts in cursors(plan.corpus, plan.notebooks)]


def written(ours: Ours, ids: Sequence[int], count: int) -> tuple[float, float]:
    """Milliseconds of a token and tokens of a step, for some tokens behind a prompt."""
    ours.hold(ids[:-1])
    ours.write(ids[-1:], 1)
    ours.hold(ids[:-1])
    ours.steps = 0
    took = timed(lambda: ours.write(ids[-1:], count))
    return took / count, count / (ours.steps + 1)


def measure(figures: Figures, plan: Plan) -> None:
    """Take the figures."""
    torch.set_num_threads(plan.threads)
    tokens = Tokens.load(plan.model)
    engine = tuning.load(plan.model, lambda share: None)
    asked = prompts(plan, tokens)
    contenders = {count: Ours(engine, tokens, count) for count in COUNTS}
    taken: dict[int, list[tuple[float, float]]] = {count: [] for count in COUNTS}
    for number in turns(len(asked), plan.patience / 2):
        for count, ours in contenders.items():
            taken[count].append(written(ours, asked[number], max(plan.written)))
    for count, values in taken.items():
        figures.add(f"guesses.{count}.token.p50_ms", median([each for each, _ in values]), "ms")
        figures.add(f"guesses.{count}.token.mean_ms", sum(each for each, _ in values) / len(values), "ms")
        figures.add(f"guesses.{count}.tokens_per_step", sum(many for _, many in values) / len(values), "count")
        figures.ratio(f"guesses.{count}.gain", "guesses.0.token.mean_ms", f"guesses.{count}.token.mean_ms")
    where = (
        "notebooks that the model has not learned from" if plan.corpus else "cursors in a module of Python's library"
    )
    figures.note("guesses", f"{len(taken[0])} {where}; the engine checks {engine.guesses} in a step here")


def page(figures: Figures, plan: Plan) -> str:
    """The page's part."""
    columns = ("tokens_per_step", "token.mean_ms", "token.p50_ms", "gain")
    rows = [[str(count), *(figures.said(f"guesses.{count}.{column}", 2) for column in columns)] for count in COUNTS]
    return "\n\n".join(
        (
            "## Guesses from the text itself",
            f"{max(plan.written)} tokens written at {figures.notes.get('guesses', NO_TEXT)}.",
            table(["guessed in a step", "tokens a step", "a token, mean", "a token, p50", "faster than without"], rows),
        )
    )


NO_TEXT = "no cursor"
