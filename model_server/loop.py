"""The engine's own thread: it loads the model, and then takes one step of each request in turn.

Only this thread touches torch (a second thread that did would double torch's own threads and slow both). Requests come
in through a bounded list and their pieces go back to the event loop that asked. A request that is cancelled, or that a
newer one of the same editor replaces, is dropped before its next step; one that raises fails alone.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field

from model_server.engine import Engine
from model_server.generation import Done, Piece, TooLong, generate
from model_server.memory import Memory
from model_server.slots import Slots
from model_server.tokens import Tokens
from model_server.wire import CompletionRequest, Health

log = logging.getLogger("model_server")

Step = Piece | Done | Exception
Progress = Callable[[float, str], None]
Load = Callable[[Progress], tuple[Tokens, Engine]]
Remember = Callable[[], Memory | None]


class NotReady(Exception):
    """The model is still loading, or could not be loaded."""


class Full(Exception):
    """As many requests as allowed are in hand already."""


class Replaced(Exception):
    """A newer request of the same editor took this one's place."""


@dataclass(eq=False)
class Job:
    """A request on its way. `cancelled` is set from any thread and read before every step."""

    request: CompletionRequest
    owner: str
    asked_by: asyncio.AbstractEventLoop
    out: asyncio.Queue[Step] = field(default_factory=asyncio.Queue)
    steps: Iterator[Piece | Done | None] | None = None
    cancelled: bool = False

    def give(self, step: Step) -> None:
        """Hand a step to the one who waits; nobody waits any more where its event loop has closed."""
        if not self.cancelled and not self.asked_by.is_closed():
            self.asked_by.call_soon_threadsafe(self.out.put_nowait, step)


class Loop:
    """A thread with an engine. `start` it, ask it from an event loop, `stop` it."""

    def __init__(
        self, load: Load, *, remember: Remember = lambda: None, most_slots: int = 8, most_jobs: int = 64
    ) -> None:
        """`load` builds the tokenizer and the engine, and then `remember` the memory, on the thread."""
        self._load, self._remember = load, remember
        self._most_slots, self._most_jobs = most_slots, most_jobs
        self._waiting: deque[Job] = deque()
        self._active: list[Job] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self.health = Health(state="loading", progress=0.0, message="starting")

    def start(self) -> None:
        """Begin to load."""
        self._thread.start()

    def stop(self) -> None:
        """Drop all requests and end the thread after its current step."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout=5)

    @property
    def in_hand(self) -> int:
        """Requests waiting or running."""
        return len(self._waiting) + len(self._active)

    async def ask(self, request: CompletionRequest, owner: str) -> AsyncGenerator[Piece | Done, None]:
        """Run a request and give its pieces as they come. Closing the iterator drops it.

        Raises NotReady or Full at once; TooLong, Replaced or the engine's own error later.
        """
        job = Job(request, owner, asyncio.get_running_loop())
        self._submit(job)
        try:
            while True:
                step = await job.out.get()
                if isinstance(step, Exception):
                    raise step
                yield step
                if isinstance(step, Done):
                    return
        finally:
            job.cancelled = True

    def _submit(self, job: Job) -> None:
        if self.health.state != "ready":
            raise NotReady(self.health.message)
        with self._changed:
            if self.in_hand >= self._most_jobs:
                raise Full(f"{self._most_jobs} requests are in hand already")
            if job.request.editor:
                self._replace(job.owner)
            self._waiting.append(job)
            self._changed.notify()

    def _replace(self, owner: str) -> None:
        """Newest wins: drop what this editor asked before."""
        for older in [*self._waiting, *self._active]:
            if older.owner == owner and not older.cancelled:
                older.give(Replaced("a newer request of the same editor took its place"))
                older.cancelled = True

    def _run(self) -> None:
        try:
            tokens, engine = self._load(self._progress)
            memory = self._remember()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said in /health
            log.error("the model could not be loaded: %s", error)
            self.health = Health(state="failed", progress=0.0, message=str(error))
            return
        slots = Slots(engine, self._most_slots)
        said = "; ".join(filter(None, ("ready", tokens.family.licence)))
        self.health = Health("ready", 1.0, said, self.health.model, engine.context, engine.arithmetic)
        log.info("ready: %s", engine.arithmetic)
        while self._wait():
            for job in list(self._active):
                self._step(job, tokens, slots, memory)

    def _progress(self, share: float, message: str) -> None:
        self.health = Health(state="loading", progress=share, message=message)

    def _wait(self) -> bool:
        """Take up new requests, sleeping while there are none; False when it is time to stop."""
        with self._changed:
            while not (self._waiting or self._active or self._stopping):
                self._changed.wait()
            self._active += self._waiting
            self._waiting.clear()
        return not self._stopping

    def _step(self, job: Job, tokens: Tokens, slots: Slots, memory: Memory | None) -> None:
        """One step of one request. Only this request fails if it raises."""
        if job.steps is None:
            job.steps = generate(job.request, job.owner, tokens, slots, memory)
        try:
            step = None if job.cancelled else next(job.steps)
        except Exception as error:  # noqa: BLE001 - handed to the one who asked
            if not isinstance(error, TooLong):
                log.error("a request failed: %s", type(error).__name__)
            step = None
            job.give(error)
            job.cancelled = True
        if isinstance(step, Done) or (isinstance(step, Piece) and step.text):
            job.give(step)
        if job.cancelled or isinstance(step, Done):
            job.steps.close()  # type: ignore[attr-defined]
            self._active.remove(job)
