"""One benchmark in a process and a time of its own: what it does to torch or to the machine ends with it."""

from __future__ import annotations

import multiprocessing
import signal
from importlib import import_module
from multiprocessing.connection import Connection
from types import FrameType

from tests.bench.figures import Figures
from tests.bench.plan import Plan

GRACE_SECONDS = 5.0


class Failed(Exception):
    """A benchmark that gave no figures; the message says why."""


def run(name: str, plan: Plan, pipe: Connection) -> None:
    """A benchmark's own process."""
    signal.signal(signal.SIGTERM, leave)  # so that what it started ends with it
    figures = Figures()
    try:
        import_module(f"tests.bench.{name}").measure(figures, plan)
        pipe.send(figures)
    except Exception as error:
        pipe.send(Failed(f"{type(error).__name__}: {error}"))
        raise


def leave(number: int, frame: FrameType | None) -> None:
    """End as after an exception."""
    raise SystemExit(1)


def measured(name: str, plan: Plan, seconds: float) -> Figures:
    """A benchmark's figures. Raises Failed."""
    if seconds <= 0:
        raise Failed("no time was left for it")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(name, plan, theirs))
    process.start()
    theirs.close()
    answered = ours.poll(seconds)
    try:
        found = ours.recv() if answered else Failed(f"it took more than {seconds:.0f} s")
    except EOFError:
        found = Failed("its process died")
    end(process, GRACE_SECONDS if answered else 0)
    if isinstance(found, Failed):
        raise found
    assert isinstance(found, Figures)
    return found


def end(process: multiprocessing.process.BaseProcess, grace: float) -> None:
    """Wait for a process to end by itself, and stop it where it does not."""
    process.join(grace)
    for stop in (process.terminate, process.kill):
        if process.is_alive():
            stop()
            process.join(GRACE_SECONDS)
