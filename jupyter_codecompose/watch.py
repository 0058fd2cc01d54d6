"""A watch on one kernel: when it is asked, and how long an answer holds.

A kernel is asked once after each execution, and only while it is idle; a few times more, one for each time that
somebody wants to know, if it had no time to tell all. An answer is kept until the kernel's iopub announces the next
execution, or that a widget's message was answered: its callback is code too. Since a slider sends many, these are asked
about at most once a second. While one question is out no second is sent, so a kernel that became busy meanwhile answers
once, later, and nobody waits for it. A kernel that is told to end is not asked again before another is heard in its
place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jupyter_codecompose.channels import Channels, Hear, Message
from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.question import PutAside, Questions

FIRST_SOUND = 0.25
LATE = 10.0
"""Seconds that a first sound is waited for, and after which a question that an idle kernel has not answered is lost."""
ALIVE = ("idle", "busy", "")
CALM = 1.0
"""Seconds from a question to one that only the messages of widgets are the reason for."""
MORE = 20
"""The most questions after one execution for what there was no time to tell."""


class Watch:
    """One kernel, through the channels that `open_channels` gives."""

    def __init__(self, kernel: Any, open_channels: Callable[[Any, Hear], Channels]) -> None:
        self._questions = Questions()
        self._namespace = Namespace()
        self._executions = 0
        self._answered: int | None = None
        self._more = 0
        self._busy = False
        self._touched = False
        self._sender = ""
        self._ended: str | None = None
        self._sound = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._asked_at = 0.0
        self._channels = open_channels(kernel, self._hear)

    def fits(self, kernel: Any) -> bool:
        """Whether this still is a watch on `kernel`."""
        return self._channels.fit(kernel)

    async def namespace(self, patience: float) -> Namespace:
        """What is known. An answer that is under way is waited for until its question is `patience` seconds old, unless
        it is only to tell more of what is known."""
        self._channels.needed()
        if self._channels.state not in ALIVE:
            return Namespace()
        now = asyncio.get_running_loop().time()
        if self._touched and now - self._asked_at > CALM:
            self._touched, self._executions = False, self._executions + 1
        if self._asking and not self._busy and now - self._asked_at > LATE:
            self._asking.cancel()
        elif self._asking is None and (self._more > 0 or not self._current()) and self._idle():
            self._asking, self._asked_at = asyncio.create_task(self._ask()), now
        left = self._asked_at + patience - now
        if self._asking and not self._busy and left > 0 and not self._current():
            await asyncio.wait({self._asking}, timeout=left)
        return self._namespace

    async def close(self) -> None:
        if self._asking:
            asking = self._asking
            asking.cancel()
            await asyncio.wait({asking})
        self._channels.close()

    def _current(self) -> bool:
        """Whether nothing has run since what is known was told."""
        return self._answered == self._executions

    def _idle(self) -> bool:
        return not self._busy and self._sender != self._ended and self._channels.state in ("idle", "")

    async def _ask(self) -> None:
        """One question. Its answer lasts only if iopub was heard before: else the next execution could go unnoticed."""
        try:
            if not await self._channels.ready():
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(FIRST_SOUND):
                    await self._sound.wait()
            executions = self._executions if self._sound.is_set() else None
            again = executions is not None and self._answered == executions
            self._namespace = await self._questions.put(self._channels.ask, again)
            self._more = (self._more - 1 if again else MORE) if self._questions.more else 0
            self._answered = executions
        except PutAside:
            return
        finally:
            self._asking = None

    def _hear(self, message: Message) -> None:
        """A message on iopub: notes when executions begin and end, and when the kernel is a new one."""
        self._sound.set()
        if self._sender not in ("", message.sender) or message.state == "starting":
            self._forget()
        self._sender = message.sender
        if message.parent.msg_type == "shutdown_request" and self._ended != message.sender:
            self._ended = message.sender
            self._forget()
        if message.parent.session == self._channels.session:
            return
        if message.type == "execute_input":
            self._executions += 1
        elif message.parent.msg_type == "execute_request":
            self._busy = message.state == "busy"
        elif message.parent.msg_type == "comm_msg" and message.state == "idle":
            self._touched = True

    def _forget(self) -> None:
        self._executions += 1
        self._namespace, self._questions, self._more, self._busy = Namespace(), Questions(), 0, False
        if self._asking:
            self._asking.cancel()
