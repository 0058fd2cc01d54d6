"""An engine in a process of its own: one prompt at a time, and nobody else's threads beside it.

Engines' threads spin for a while after each step; in one process, or without a pause, they would slow each other.
"""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol

from tests.bench.peers import opened
from tests.bench.plan import Plan

START_SECONDS, ANSWER_SECONDS = 120.0, 30.0


class Peer(Protocol):
    """An engine that holds one text."""

    def hold(self, ids: Sequence[int]) -> None:
        """Have read `ids` and nothing else, as an earlier request would have left it. This is not timed."""

    def write(self, ids: Sequence[int], count: int) -> list[int]:
        """Read `ids` behind what is held, at least one, and write `count` tokens greedily, whatever they are."""


class LeftOut(Exception):
    """An engine that cannot take part; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was written, and the milliseconds that it took."""

    written: list[int]
    took: float


class Contender:
    """A peer's process, which ends with ours or with `close`."""

    def __init__(self, name: str, plan: Plan) -> None:
        """Start it; it loads while others do."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, name, plan), daemon=True)
        self._process.start()
        theirs.close()

    def ready(self) -> str:
        """Wait until it has loaded, and give what it says of itself. Raises LeftOut."""
        said = self._receive(START_SECONDS)
        return str(said)

    def ask(self, held: Sequence[int], ids: Sequence[int], count: int) -> Answer:
        """Have it write behind `held` and `ids`. Raises LeftOut."""
        self._pipe.send((list(held), list(ids), count))
        said = self._receive(ANSWER_SECONDS)
        assert isinstance(said, Answer)
        return said

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.join(5)

    def _receive(self, seconds: float) -> object:
        try:
            said = self._pipe.recv() if self._pipe.poll(seconds) else LeftOut(f"no answer in {seconds:.0f} s")
        except EOFError:
            said = LeftOut("its process died")
        if isinstance(said, LeftOut):
            raise said
        return said


def serve(pipe: Connection, name: str, plan: Plan) -> None:
    """The process: load a peer, and answer until the pipe closes."""
    logging.disable(logging.WARNING)
    try:
        peer: Peer = opened(name, plan)
        pipe.send(getattr(peer, "described", ""))
        while True:
            held, ids, count = pipe.recv()
            peer.hold(held)
            begun = time.perf_counter()
            written = peer.write(ids, count)
            pipe.send(Answer(written, (time.perf_counter() - begun) * 1000))
    except EOFError:
        return
    except ModuleNotFoundError as error:
        pipe.send(LeftOut(f"{error.name} is not installed: pip install 'jupyter-codecompose[bench]'"))
    except Exception as error:  # noqa: BLE001 - said in the page
        pipe.send(LeftOut(f"{type(error).__name__}: {error}"))
