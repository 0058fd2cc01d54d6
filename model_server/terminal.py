"""What a person sees on standard error while a model loads: a bar on a terminal; elsewhere a line for each tenth."""

from __future__ import annotations

import os
import time
from typing import Protocol, TextIO

from model_server.engine import Engine
from model_server.loop import Load, Progress
from model_server.tokens import Tokens

QUIET_SECONDS = 2.0
"""Between two lines of a log, and before the first: what loads at once needs none."""
CLEAR = "\x1b[K"
"""Clears what is right of the cursor."""


class View(Protocol):
    """Shows how far a load is."""

    def show(self, share: float, message: str) -> None:
        """A share from 0 to 1, and what is being done."""

    def close(self) -> None:
        """The load is over."""


class Lines:
    """A line for each tenth, but none where it goes quickly."""

    def __init__(self, out: TextIO, seconds: float = QUIET_SECONDS) -> None:
        """Write to `out`, a line in `seconds` at most."""
        self._out, self._seconds = out, seconds
        self._tenth, self._wrote = 0, time.monotonic()

    def show(self, share: float, message: str) -> None:
        """See `View`."""
        tenth = int(share * 10)
        if tenth > self._tenth and time.monotonic() - self._wrote >= self._seconds:
            print(f"{message} ({tenth}0 %)", file=self._out, flush=True)
            self._tenth, self._wrote = tenth, time.monotonic()

    def close(self) -> None:
        """See `View`."""


class Bar:
    """A bar that is drawn anew at each word, and gone when the load is over."""

    def __init__(self, out: TextIO) -> None:
        """Draw on `out`, a terminal."""
        self._out = out

    def show(self, share: float, message: str) -> None:
        """See `View`."""
        self._draw(drawn(share, message, os.get_terminal_size(self._out.fileno()).columns - 1))

    def close(self) -> None:
        """See `View`."""
        self._draw("")

    def _draw(self, line: str) -> None:
        self._out.write(f"\r{line}{CLEAR}")
        self._out.flush()


def drawn(share: float, message: str, columns: int) -> str:
    """A line of so many columns with a bar in it."""
    from tqdm import tqdm  # its drawing alone: its bars start threads and a process of their own

    shape = "{desc} {bar} {percentage:3.0f} %"
    return str(tqdm.format_meter(share, 1.0, 0.0, ncols=columns, prefix=message, bar_format=shape))


def shown(load: Load, out: TextIO) -> Load:
    """A load that a person can follow on `out`."""

    def load_shown(progress: Progress) -> tuple[Tokens, Engine]:
        view: View = Bar(out) if out.isatty() else Lines(out)
        last = ""

        def told(share: float, message: str) -> None:
            nonlocal last
            last = message
            progress(share, message)
            if share < 1:
                view.show(share, message)

        try:
            tokens, engine = load(told)
        finally:
            view.close()
        for said in filter(None, (last, tokens.family.licence)):
            print(said, file=out, flush=True)
        return tokens, engine

    return load_shown
