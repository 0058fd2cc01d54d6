"""How many threads torch may use now: all cores on a quiet machine, fewer while others compute.

torch's threads wait for each other by spinning. With a notebook cell computing on the same cores, each wait lasts until
the scheduler lets the other thread run, and a suggestion takes ten times as long; on the cores that are left it takes
twice as long. A computing cell is the common state of a notebook user's machine, so the count follows the load.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STAT, LOAD = Path("/proc/stat"), Path("/proc/loadavg")
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
INTERVAL, STALE = 0.05, 1.0
"""Seconds between two looks; and after which the last one says nothing of who computes now."""
LOOKS = 8
"""A tenth of a millisecond in all: who only wakes us, or goes to sleep, is gone then."""
BUSY = 0.3
"""Cores' worth of others' work above which a core counts as taken."""


def busy_seconds() -> float:
    """Seconds that all cores together have worked since the machine started; 0 where that cannot be read."""
    try:
        fields = STAT.read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return 0.0
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(field) for field in fields)
    return (user + nice + system + irq + softirq + steal) / TICKS


def others_running() -> int:
    """Threads beside this one that run or want to, all the time that some looks take; 0 where that cannot be read."""
    try:
        return min(int(LOAD.read_text().split()[3].partition("/")[0]) for _ in range(LOOKS)) - 1
    except OSError:
        return 0


def usable_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_for(others: float, cores: int, most: int) -> int:
    """The threads, `most` of them, that leave others the cores they use; at least one."""
    taken = int(others + 1 - BUSY)
    return max(1, min(most, cores - taken))


@dataclass(frozen=True, slots=True)
class Reading:
    """Clocks at one moment, in seconds: the wall's, all cores', and this process's; and who else runs just then."""

    wall: float
    busy: float
    own: float
    running: int = 0

    @classmethod
    def now(cls) -> Reading:
        """Read the clocks."""
        return cls(time.monotonic(), busy_seconds(), time.process_time(), others_running())

    def others_since(self, earlier: Reading) -> float:
        """Cores' worth of work that others did in between; of who runs now, where that was long ago."""
        if self.wall - earlier.wall > STALE:
            return self.running
        return max(0.0, (self.busy - earlier.busy) - (self.own - earlier.own)) / (self.wall - earlier.wall)


class Threads:
    """Sets torch's threads between steps; `follow` costs a microsecond most of the time."""

    def __init__(
        self,
        apply: Callable[[int], None],
        most: int,
        read: Callable[[], Reading] = Reading.now,
        cores: int | None = None,
    ) -> None:
        """`apply` sets the count, `most` at most. Others use the same `cores`: all that this process may run on, unless
        they are given."""
        self._apply, self._most, self._read = apply, most, read
        self._cores = cores or usable_cores()
        self._last = read()
        self.count = most

    def follow(self) -> None:
        """Look at the load, if the last look was some time ago, and change the count where it asks for that."""
        if time.monotonic() - self._last.wall < INTERVAL:
            return
        reading = self._read()
        count = threads_for(reading.others_since(self._last), self._cores, self._most)
        self._last = reading
        if count != self.count:
            self.count = count
            self._apply(count)
