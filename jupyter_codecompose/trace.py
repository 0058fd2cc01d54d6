"""What one request did, and what each step of it took: for a person who asks why a suggestion is as it is.

It does not know the steps; whoever takes one says its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from msgspec.structs import asdict

from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.notebook import Notebook, Part
from jupyter_codecompose.wire import Explanation
from model_server.wire import Cell, Completion, Parts


class Trace:
    """Milliseconds, from the request's first moment and step by step; and what was sent, allowed and cut."""

    def __init__(self) -> None:
        self._first = self._last = perf_counter()
        self._steps: dict[str, float] = {}
        self._budget = 0
        self._sent: dict[str, int] = {}
        self._of: dict[str, int] = {}
        self._ways: list[int] = []
        self._cut: list[str] = []

    def note(self, step: str) -> None:
        """The step that ends now."""
        now = perf_counter()
        self._steps[step], self._last = now - self._last, now

    @contextmanager
    def part(self, step: str) -> Iterator[None]:
        """A part of a step that comes piece by piece, within another."""
        begun = perf_counter()
        try:
            yield
        finally:
            self._steps[step] = self._steps.get(step, 0.0) + perf_counter() - begun

    def total(self) -> float:
        return _milliseconds(perf_counter() - self._first)

    def chose(self, parts: Parts | None, notebook: Notebook, namespace: Namespace, tokens: int) -> None:
        """What of a notebook is sent to a model that reads `tokens`; `cells_further` may be recalled from, and are not
        read."""
        self._budget = tokens
        if parts:
            self._sent = {
                "cells_above": _cells(parts.before[:-1]),
                "cells_below": _cells(parts.after[1:]),
                "cells_further": _cells((*parts.further_before, *parts.further_after)),
                "facts": len(parts.facts),
            }
            above, below = _cells(_of(notebook.above)), _cells(_of(notebook.below))
            facts = len(namespace.variables)
            known = {"cells_above": above, "cells_below": below, "cells_further": above + below, "facts": facts}
            self._of = {name: max(known[name], sent) for name, sent in self._sent.items()}

    def asked(self, ways: int) -> None:
        """The worker is asked, and given so many ways to go on; 0 where it may go on as it likes."""
        self._ways.append(ways)

    def cut(self, what: str) -> None:
        """The suggestion ended before what the facts prove not to exist."""
        self._cut.append(what)

    def explanation(self, last: Completion | None) -> Explanation | None:
        """All of it, with what the worker said last; its own steps lie within our `stream`."""
        if last is None or last.explanation is None or last.usage is None:
            return None
        theirs = {name.removesuffix("_ms"): took for name, took in asdict(last.explanation).items() if took}
        ours = {name: _milliseconds(seconds) for name, seconds in self._steps.items()}
        return Explanation(
            prompt=last.explanation.prompt,
            prompt_tokens=last.usage.prompt_tokens,
            reused_tokens=last.usage.prompt_tokens_details.cached_tokens,
            steps_ms=ours | {name: took for name, took in theirs.items() if name != "prompt"},
            sent=self._sent | {"tokens": last.usage.prompt_tokens},
            of=self._of | {"tokens": self._budget},
            ways=tuple(self._ways),
            cut=tuple(self._cut),
        )


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _of(parts: Sequence[Part]) -> list[Cell]:
    return [part.cell for part in parts]


def _cells(cells: Sequence[Cell]) -> int:
    """How many are cells; an output is none."""
    return sum(cell.kind != "output" for cell in cells)
