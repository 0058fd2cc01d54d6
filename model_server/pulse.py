"""Whether an engine that was loaded still works, by its steps: the last ones that failed, and one that does not end.

The engine's thread tells of its steps, and whoever asks for the worker's health reads what that comes to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

MOST_FAILURES = 3
"""So many steps that fail one after another are no accident: on a GPU that has failed, all do."""
HANGS_SECONDS = 120.0
"""A step that takes longer hangs; those of a large network on a slow processor take half a minute."""
PROBE_SECONDS = 5.0
"""Between two steps that are tried while all fail and nobody asks."""


@dataclass
class Pulse:
    """What the steps of an engine come to; `clock` gives seconds."""

    clock: Callable[[], float] = time.monotonic
    failures: int = 0
    error: str = ""
    begun: float | None = None

    def begin(self) -> None:
        """A step begins."""
        self.begun = self.clock()

    def end(self, error: Exception | None = None) -> None:
        """It has ended; with an error, where it did nothing for anybody."""
        self.begun = None
        self.failures = self.failures + 1 if error else 0
        self.error = type(error).__name__

    @property
    def fails(self) -> bool:
        """Whether every step fails."""
        return self.failures >= MOST_FAILURES

    @property
    def pause(self) -> float | None:
        """Seconds after which to try a step, where nobody asks for one; None where all is well."""
        return PROBE_SECONDS if self.fails else None

    @property
    def hangs(self) -> bool:
        """Whether a step does not end."""
        begun = self.begun
        return begun is not None and self.clock() - begun > HANGS_SECONDS

    @property
    def complaint(self) -> str:
        """What is wrong, in a sentence; '' where nothing is."""
        if self.hangs:
            return f"a step of the engine has not ended in {HANGS_SECONDS:.0f} seconds: restart the worker"
        if self.fails:
            return f"the engine fails at every step ({self.error}): restart the worker where that lasts"
        return ""
