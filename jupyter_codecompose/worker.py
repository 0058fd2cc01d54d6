"""The worker as this server sees it: where it stands, and a stream from it when it is ready.

With a `worker_url` it is somebody else's and only asked for its health; without one it is a child of ours, started
when it is first wanted, started again with growing pauses when it dies, and ended with the server. Health is polled
only until the worker is ready; then each stream tells. What a child says of its load is told to people, what another's
worker says is not. It does not know what is asked of the worker.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Container, Sequence
from contextlib import aclosing, suppress
from copy import copy
from importlib.util import find_spec
from logging import Logger
from typing import Any

from jupyter_codecompose import __version__
from jupyter_codecompose.context import CONTEXT_TOKENS
from jupyter_codecompose.errors import CodeComposeError, Down, Loading
from jupyter_codecompose.link import Link, Wanted
from jupyter_codecompose.process import Child, worker_command
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.standing import ENDED, NOT_INSTALLED, NOT_STARTED, OFF, STARTING, Standing, State, standing
from jupyter_codecompose.wire import Status
from model_server.wire import Completion, CompletionRequest

FIRST_ANSWER_SECONDS = 0.5
POLL_SECONDS = 0.5
FAILED_POLL_SECONDS = 1.0
UNANSWERED_POLLS = 10
ADDRESS_SECONDS = 60.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
HEALTHY_SECONDS = 60.0


class Worker:
    """Ours or another's. `command` replaces the command line that our own is started with."""

    def __init__(self, settings: Settings, log: Logger, command: Sequence[str] | None = None) -> None:
        self._settings = settings
        self._log = log
        self._command = command
        self._standing = OFF
        self._changed = asyncio.Event()
        self._lost = asyncio.Event()
        self._link: Link | None = None
        self._child: Child | None = None
        self._tending: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Our child's process, while there is one."""
        return self._child.pid if self._child else None

    def status(self) -> Status:
        """Where the worker stands, for a person. Starts nothing."""
        now = self._standing
        message = str(now.error) if now.error else now.note
        return Status(state=now.state, progress=now.progress, message=message, model=now.model, version=__version__)

    @property
    def context(self) -> int:
        """The tokens that its model reads; what the smallest does where that is not known."""
        return self._standing.context or CONTEXT_TOKENS

    def start(self) -> None:
        """Begins to look after the worker, once."""
        if self._tending is None:
            self._stand(STARTING)
            self._tending = asyncio.create_task(self._tend_child() if self._settings.managed else self._tend_remote())

    async def close(self) -> None:
        """Ends what was started, and waits for its end."""
        tending, self._tending = self._tending, None
        await ended(tending)
        self._stand(OFF)

    async def until(self, states: Container[State], patience: float) -> State:
        """Waits until the worker stands in one of `states`, at most `patience` seconds; gives where it then stands."""
        self.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._standing.state not in states:
                    self._changed.clear()
                    await self._changed.wait()
        return self._standing.state

    async def complete(
        self, request: CompletionRequest, sent: Callable[[bytes], None] | None = None
    ) -> AsyncGenerator[Completion, None]:
        """The worker's events for a request; `sent` is told the bytes that go out. Raises one of our errors."""
        await self.until(("loading", "ready", "failed"), FIRST_ANSWER_SECONDS)
        if self._standing.error or self._link is None:
            raise copy(self._standing.error or Down())
        try:
            async with aclosing(self._link.complete(request, sent)) as events:
                async for event in events:
                    yield event
        except Loading:
            self.doubt()
            raise
        except Down as down:
            if type(down) is Down:
                self._stand(Standing("failed", Down()))
            self.doubt()
            raise

    def doubt(self) -> None:
        """The worker did not do what was asked: its health is looked at again."""
        self._lost.set()

    async def _tend_remote(self) -> None:
        here = self._settings
        wanted = Wanted(here.worker_model, here.worker_prompt, here.worker_context)
        await self._follow(Link(here.worker_url, here.token, wanted))

    async def _tend_child(self) -> None:
        """One life of our child after another, for as long as the server lives."""
        if self._command is None and find_spec("torch") is None:
            self._stand(Standing("failed", Down(NOT_INSTALLED)))
            return
        clock = asyncio.get_running_loop().time
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = clock()
            await self._one_life()
            if clock() - began > HEALTHY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._log.warning("The worker has ended; it is started again in %.1f s.", pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _one_life(self) -> None:
        here, token = self._settings, secrets.token_urlsafe(32)
        self._stand(STARTING)
        try:
            child = self._child = Child(self._command or worker_command(here.model, here.model_revision), token)
        except OSError:
            self._stand(Standing("failed", Down(NOT_STARTED)))
            return
        following: asyncio.Task[None] | None = None
        try:
            await asyncio.wait({child.address}, timeout=ADDRESS_SECONDS)
            url = child.address.result() if child.address.done() else None
            if url:
                following = asyncio.create_task(self._follow(Link(url, token), UNANSWERED_POLLS))
                either: set[asyncio.Future[Any]] = {following, child.exit}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            self._stand(Standing("failed", Down(ENDED)))
        finally:
            try:
                await ended(following)
            finally:
                self._child = None
                await child.stop()

    async def _follow(self, link: Link, unanswered: int | None = None) -> None:
        """Keeps `standing` true by the worker's health; ends when `unanswered` polls in a row had no answer."""
        self._link = link
        silent = 0
        try:
            while silent != unanswered:
                try:
                    self._stand(standing(await link.health(), own=self._settings.managed))
                    silent = 0
                except CodeComposeError as error:
                    self._stand(Standing("failed", error))
                    silent += 1
                if self._standing.state == "ready":
                    self._lost.clear()
                    await self._lost.wait()
                else:
                    await asyncio.sleep(POLL_SECONDS if self._standing.state == "loading" else FAILED_POLL_SECONDS)
        finally:
            self._link = None
            await link.close()

    def _stand(self, now: Standing) -> None:
        if now.state != self._standing.state:
            self._log.info("The worker: %s. %s", now.state, now.error or now.note)
        self._standing = now
        self._changed.set()


async def ended(task: asyncio.Task[None] | None) -> None:
    """Cancels a task and waits for its end, without taking a cancellation of the waiter for the task's own."""
    if task:
        task.cancel()
        await asyncio.wait({task})
