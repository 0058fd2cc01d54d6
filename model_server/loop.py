"""The engine's own thread: it loads the model, and then takes steps, each for all requests in hand.

Only this thread touches torch (a second thread that did would double torch's own threads and slow both). Requests come
in through a bounded queue and their pieces go back to the event loop that asked. A request that is cancelled, or that a
newer one of the same editor replaces, is dropped before the next step; one that raises fails alone. Each has one last
word. Who is served next is decided in `schedule`.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import AsyncGenerator, Callable, Hashable

from msgspec.structs import replace

from model_server.engine import Branches, Engine, Read, Scores
from model_server.generation import Done, Piece, TooLong, generate
from model_server.job import Counts, Full, Job, Late, NotReady, Replaced, Stopped
from model_server.memory import Memory
from model_server.pulse import Pulse
from model_server.schedule import Want, admitted, rows
from model_server.slots import Slots
from model_server.tokens import Tokens
from model_server.wire import CompletionRequest, Health

log = logging.getLogger("model_server")

Progress = Callable[[float, str], None]
Load = Callable[[Progress], tuple[Tokens, Engine]]
Remember = Callable[[], Memory | None]
PATIENCE_SECONDS = 2.0
"""How long a request may wait for its first step: later, nobody looks at the place where it was asked for."""


class Loop:
    """A thread with an engine. `start` it, ask it from an event loop, `stop` it."""

    def __init__(
        self,
        load: Load,
        *,
        remember: Remember = lambda: None,
        most_slots: int = 8,
        most_bytes: int = 0,
        most_jobs: int = 64,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """`load` builds the tokenizer and the engine, and then `remember` the memory, on the thread. What it says of a
        progress of 1 stays in the health.

        At most `most_slots` of `most_jobs` requests run together; the others wait, `patience` seconds at most.
        `most_bytes` bounds what all slots hold (0: their number alone does).
        """
        self._load, self._remember = load, remember
        self._most_slots, self._most_bytes, self._most_jobs = most_slots, most_bytes, most_jobs
        self._patience = patience
        self._waiting: list[Job] = []
        self._active: list[Job] = []
        self._changed = threading.Condition()
        self._stop_by: float | None = None
        self._usual_seconds = 0.0
        self._slots: Slots | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._pulse = Pulse()
        self.counts = Counts()
        self._loaded = Health(state="loading", progress=0.0, message="starting")

    def start(self) -> None:
        """Begin to load."""
        self._thread.start()

    def stop(self, grace: float = 0.0) -> bool:
        """Take nothing more, let what runs go on for `grace` seconds, and end the thread; who is left hears of it.
        Gives whether it has ended: what a load waits for cannot be interrupted."""
        with self._changed:
            self._stop_by = time.monotonic() + grace
            self._changed.notify()
        self._thread.join(timeout=grace + 2)
        return not self._thread.is_alive()

    @property
    def health(self) -> Health:
        """Where the model stands: whether it is loaded, and whether its engine still works."""
        complaint = self._pulse.complaint if self._loaded.state == "ready" else ""
        return replace(self._loaded, state="failed", message=complaint) if complaint else self._loaded

    @property
    def waiting(self) -> int:
        """Requests that have not begun."""
        return len(self._waiting)

    @property
    def active(self) -> int:
        """Requests that have."""
        return len(self._active)

    @property
    def in_hand(self) -> int:
        """Both."""
        return self.waiting + self.active

    @property
    def slots_kept(self) -> int:
        """Slots that hold somebody's text."""
        return len(self._slots.kept) if self._slots else 0

    @property
    def slot_bytes(self) -> int:
        """Bytes in all slots."""
        return self._slots.size if self._slots else 0

    @property
    def _together(self) -> int:
        """How many requests may run at once: one for each slot that there is memory for."""
        return self._slots.most if self._slots else self._most_slots

    async def ask(self, request: CompletionRequest, owner: Hashable) -> AsyncGenerator[Piece | Done, None]:
        """Run a request and give its pieces as they come. Closing the iterator drops it.

        Raises NotReady or Full at once; Late, TooLong, Replaced or the engine's own error later.
        """
        job = Job(request, owner, asyncio.get_running_loop())
        self._submit(job)
        patience = job.asked_by.call_later(self._patience, self._end_waiting, job)
        word: Piece | Done | Exception | None = None
        try:
            while not isinstance(word, Done):
                word = await job.out.get()
                if isinstance(word, Exception):
                    raise word
                yield word
        finally:
            if not isinstance(word, Done | Exception):
                self.counts.cancelled += 1
            job.over = True
            patience.cancel()

    def _end_waiting(self, job: Job) -> None:
        """A request's patience is over. Its event loop says so: the thread may be in a step that takes longer."""
        if job.steps is None and not job.over:
            self.counts.refused += 1
            job.end(Late("the worker had too much to do: ask again"))

    def _submit(self, job: Job) -> None:
        if self._loaded.state != "ready":
            raise NotReady(self._loaded.message)
        if self._pulse.hangs:
            raise NotReady(self._pulse.complaint)
        with self._changed:
            if self._stop_by is not None:
                raise NotReady("the worker is stopping")
            if job.request.editor:
                self._replace(job.owner)
            self._refuse_what_would_wait()
            self.counts.requests += 1
            self._waiting.append(job)
            self._changed.notify()

    def _refuse_what_would_wait(self) -> None:
        """Raises Full where the queue is, or where a request would probably wait in vain: better at once than late."""
        waiting = sum(not job.over for job in self._waiting)
        wait = self._usual_seconds * waiting / self._together
        if waiting + sum(not job.over for job in self._active) >= self._most_jobs or wait > self._patience:
            self.counts.refused += 1
            raise Full(f"{self.in_hand} requests are in hand already: ask again later", math.ceil(max(wait, 1)))

    def _replace(self, owner: Hashable) -> None:
        """Newest wins: drop what this editor asked before."""
        for older in [*self._waiting, *self._active]:
            if older.owner == owner and not older.over:
                self.counts.replaced += 1
                older.end(Replaced("a newer request of the same editor took its place"))

    def _run(self) -> None:
        try:
            tokens, engine = self._load(self._progress)
            memory = self._remember()
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said in /health
            log.error("the model could not be loaded: %s", error)
            self._loaded = Health(state="failed", progress=0.0, message=str(error))
            return
        slots = self._slots = Slots(engine, self._most_slots, self._most_bytes)
        loaded = self._loaded.message if self._loaded.progress == 1 else ""
        said = "; ".join(filter(None, ("ready", loaded, tokens.family.licence)))
        self._loaded = Health("ready", 1.0, said, self._loaded.model, engine.context, engine.arithmetic)
        log.info("ready: %s", engine.arithmetic)
        while self._wait():
            for job in [job for job in self._active if job.steps is None]:
                job.steps = generate(job.request, job.owner, tokens, slots, memory)
                self._go_on(job)
            self._step(slots)
        for job in [*self._waiting, *self._active]:
            self._end(job, NotReady("the worker is stopping"))

    def _progress(self, share: float, message: str) -> None:
        if self._stop_by is not None:
            raise Stopped
        self._loaded = Health(state="loading", progress=share, message=message)

    def _wait(self) -> bool:
        """Take up new requests, sleeping while there are none and the engine works; False when it is time to stop."""
        with self._changed:
            while not (self._waiting or self._active or self._stop_by):
                if not self._changed.wait(self._pulse.pause):
                    break
            self._drop()
            self._admit()
        return self._stop_by is None or (bool(self._active) and time.monotonic() < self._stop_by)

    def _drop(self) -> None:
        """Let go of the requests that are over."""
        for job in [job for job in self._active if job.over]:
            self._close(job)
        self._waiting = [job for job in self._waiting if not job.over]

    def _admit(self) -> None:
        """Begin what there is room for."""
        room = self._together - len(self._active)
        if self._stop_by is None:
            chosen = admitted([job.tenant for job in self._waiting], (job.tenant for job in self._active), room)
            self._active += [self._waiting[at] for at in chosen]
            self._waiting = [job for at, job in enumerate(self._waiting) if at not in chosen]

    def _step(self, slots: Slots) -> None:
        """One step of the engine, for as many requests as fit in it."""
        turns = self._turns()
        if not turns:
            self._probe(slots)
            return
        begun = time.perf_counter()
        answers = self._felt(slots.engine, [read for _, read in turns])
        self.counts.steps += 1
        self.counts.step_seconds += time.perf_counter() - begun
        for (job, read), scores in zip(turns, answers, strict=True):
            job.done += read.rows
            if isinstance(scores, Exception):
                self._end(job, scores)
            elif not job.left:
                self._go_on(job, scores)

    def _probe(self, slots: Slots) -> None:
        """Where every step fails, and nobody asks for another, see whether they still do."""
        if not self._pulse.fails:
            return
        try:
            kept = slots.take(self, [0])
        except Exception as error:  # noqa: BLE001 - nobody asked
            self._pulse.end(error)
            return
        self._felt(slots.engine, [Read(kept.slot, [0])])
        slots.release(kept)

    def _felt(self, engine: Engine, reads: list[Read | Branches]) -> list[Scores | Exception]:
        """A step's scores, of which the pulse is told."""
        self._pulse.begin()
        answers = self._answers(engine, reads)
        failed = all(isinstance(answer, Exception) for answer in answers)
        self._pulse.end(answers[0] if failed and isinstance(answers[0], Exception) else None)
        return answers

    def _turns(self) -> list[tuple[Job, Read | Branches]]:
        """What each request reads in the next step: those that write all they ask for, of the prompts a part."""
        waiting = [job for job in self._active if job.left]
        writing = [job for job in waiting if job.writing]
        if len(writing) > 1:  # rows are no longer for free
            for job in writing:
                job.leave_guesses()
        others = [job for job in waiting if not job.writing]
        wants = [Want(job.tenant, job.left, isinstance(job.read, Branches)) for job in others]
        given = zip(others, rows(wants, bool(writing)), strict=True)
        counts = [*((job, job.left) for job in writing), *given]
        return [(job, job.part(count)) for job, count in counts if count]

    def _answers(self, engine: Engine, reads: list[Read | Branches]) -> list[Scores | Exception]:
        """A step's scores; where it fails, each read is tried alone, so that only the one at fault does."""
        try:
            return list(engine.step(reads))
        except Exception as error:  # noqa: BLE001 - handed to the one who asked
            if len(reads) == 1:
                return [error]
        return [answer for read in reads for answer in self._answers(engine, [read])]

    def _go_on(self, job: Job, scores: Scores | None = None) -> None:
        """Let a request go on to its next read, or to its end."""
        assert job.steps
        try:
            step = next(job.steps) if scores is None else job.steps.send(scores)
            while not isinstance(step, Read | Branches):
                if isinstance(step, Done):
                    self._end(job, step)
                    return
                if step.text:
                    job.give(step)
                step = next(job.steps)
        except Exception as error:  # noqa: BLE001 - handed to the one who asked
            self._end(job, error)
        else:
            job.read, job.done = step, 0

    def _end(self, job: Job, word: Done | Exception) -> None:
        """A request's last word; it has left the loop then."""
        if isinstance(word, Done):
            self._count(job, word)
        elif not isinstance(word, TooLong | NotReady):
            self.counts.failed += 1
            log.error("a request failed: %s", type(word).__name__)
        job.end(word)
        self._close(job)

    def _close(self, job: Job) -> None:
        if job.steps:
            job.steps.close()
        if job in self._active:
            self._active.remove(job)

    def _count(self, job: Job, done: Done) -> None:
        counts, usage = self.counts, done.usage
        counts.finished += 1
        counts.prompt_tokens += usage.prompt_tokens
        counts.reused_tokens += usage.prompt_tokens_details.cached_tokens
        counts.written_tokens += usage.completion_tokens
        seconds = time.monotonic() - job.begun
        self._usual_seconds += 0.1 * (seconds - self._usual_seconds)
