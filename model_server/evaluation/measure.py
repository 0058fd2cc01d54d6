"""One model's evaluation: asked all there is to ask, its answers scored by group, its programs run where wanted.

It knows nothing of options, files or tables. What goes wrong with a model is said and is part of its result.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from model_server.evaluation.asking import Tell, answers, watched
from model_server.evaluation.cases import Case, copied, groups_of
from model_server.evaluation.client import Answer, Client, Trouble
from model_server.evaluation.infilling import Task
from model_server.evaluation.results import Result, Spread
from model_server.evaluation.sandbox import passes
from model_server.evaluation.scores import Figures, Mark, figures, mark, percentile


@dataclass(frozen=True, slots=True)
class Work:
    """What every model is asked, and whether the programs that come of it are run."""

    cases: Sequence[Case]
    tasks: Sequence[Task]
    run_code: bool


@dataclass(frozen=True, slots=True)
class Model:
    """A model by the name that it was given, and a worker that serves it."""

    name: str
    serve: Callable[[Tell], AbstractContextManager[Client]]

    def tell(self, sentence: str) -> None:
        """Say how it goes to the person who waits."""
        print(f"{self.name}: {sentence}", file=sys.stderr, flush=True)


def measure(model: Model, work: Work) -> Result:
    """Everything about one model."""
    try:
        lines, gaps = ask(model, work)
    except Trouble as none:
        model.tell(str(none))
        return Result(model.name, failed=len(work.cases) + len(work.tasks), trouble=str(none))
    errors = [answer.error for answer in (*lines, *gaps) if answer.error]
    trouble = f"{len(errors)} answers did not come and count as wrong, the first since {errors[0]}" if errors else ""
    if trouble:
        model.tell(trouble)
    hidden = scored(lines, work.cases)
    return Result(model.name, hidden, filled(model, work, gaps), spreads(lines or gaps), len(errors), trouble)


def ask(model: Model, work: Work) -> tuple[list[Answer], list[Answer]]:
    """A model's answers to the cases and to the tasks. Raises Trouble where no worker serves it."""
    with model.serve(model.tell) as client:
        lines = answers(client, [case.request for case in work.cases], model.tell)
        return lines, answers(client, [task.request for task in work.tasks], model.tell)


def scored(lines: Sequence[Answer], cases: Sequence[Case]) -> dict[str, Figures]:
    """The figures of the hidden lines."""
    marks = [marked(answer, case.target) for answer, case in zip(lines, cases, strict=True)]
    return by_group(marks, [groups_of(case) for case in cases])


def copying(cases: Sequence[Case]) -> dict[str, Figures]:
    """The figures that copying the rest of an earlier line would have."""
    return by_group([mark(copied(case), case.target) for case in cases], [groups_of(case) for case in cases])


def filled(model: Model, work: Work, gaps: Sequence[Answer]) -> dict[str, Figures]:
    """The figures of the gaps, their programs run where that is wanted."""
    marks = []
    for task, answer in watched(list(zip(work.tasks, gaps, strict=True)), "programs", model.tell):
        passed = not answer.error and passes(task.program(answer.text)) if work.run_code else None
        marks.append(marked(answer, task.target, passed))
    return by_group(marks, [(task.kind.name,) for task in work.tasks])


def marked(answer: Answer, target: str, passed: bool | None = None) -> Mark:
    """An answer's mark; one that did not come is wrong."""
    return Mark(False, 0.0, 0.0, passed, failed=True) if answer.error else mark(answer.text, target, passed)


def by_group(marks: Sequence[Mark], groups: Sequence[Sequence[str]]) -> dict[str, Figures]:
    """The figures of each group, given the groups that each mark counts in."""
    found: dict[str, list[Mark]] = {}
    for one, names in zip(marks, groups, strict=True):
        for name in names:
            found.setdefault(name, []).append(one)
    return {name: figures(found[name]) for name in sorted(found)}


def spreads(answers: Sequence[Answer]) -> dict[str, Spread]:
    """The times of the answers that came."""
    times = {
        "first_ms": [one.first_ms for one in answers if one.first_ms is not None],
        "total_ms": [one.total_ms for one in answers if not one.error],
    }
    return {name: Spread(percentile(ms, 0.5), percentile(ms, 0.95)) for name, ms in times.items() if ms}
