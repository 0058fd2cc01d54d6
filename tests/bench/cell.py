"""A notebook cell that computes, as a program: it counts what it gets done until its standard input closes.

`python` is a plain loop on one core; `numpy` multiplies matrices with as many threads as numpy takes. A line on the
standard input is answered with the count of units so far.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

KINDS = ("python", "numpy")
MOST_SECONDS = 120.0
UNIT = 20_000
SIDE = 256


def adding() -> None:
    """A unit of plain Python, of about a millisecond."""
    total = 0
    for number in range(UNIT):
        total += number


def multiplying() -> Callable[[], None]:
    """A unit of numpy, of about a millisecond."""
    import numpy as np

    matrix = np.random.default_rng(0).random((SIDE, SIDE))

    def run() -> None:
        matrix @ matrix

    return run


def compute(unit: Callable[[], None]) -> None:
    """Do units, and answer how many, until nobody listens any more."""
    done, end = 0, time.monotonic() + MOST_SECONDS
    while time.monotonic() < end:
        unit()
        done += 1
        if select.select([0], [], [], 0)[0]:
            if not os.read(0, 1):
                return
            os.write(1, f"{done}\n".encode())


class Cell:
    """A cell that is computing."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def done(self) -> int:
        """The units so far."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b"?")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def computing(kind: str) -> Iterator[Cell]:
    """A cell that computes until the block ends; its first units are done when the block begins."""
    command = [sys.executable, "-m", "tests.bench.cell", kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            cell = Cell(process)
            cell.done()
            yield cell
        finally:
            process.kill()


if __name__ == "__main__":
    compute(adding if sys.argv[1] == "python" else multiplying())
