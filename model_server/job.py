"""A request on its way through the engine's loop, and the ways in which it may end other than well."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable
from dataclasses import dataclass, field

from model_server.engine import Branches, Read
from model_server.generation import Done, Piece, Steps
from model_server.wire import CompletionRequest


class NotReady(Exception):
    """The model is still loading, or could not be loaded, or the worker is stopping."""


class Stopped(BaseException):
    """Nobody waits for the model any more. No Exception: what fetches and reads it must not take this for a failure."""


class Full(Exception):
    """There is too much to do already; `retry_after` is when to ask again, in seconds."""

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Late(Full):
    """A request waited for its first step as long as it may."""


class Replaced(Exception):
    """A newer request of the same editor took this one's place."""


@dataclass
class Counts:
    """What has been done since the start; only the engine's thread and the one that asks write here."""

    requests: int = 0
    finished: int = 0
    failed: int = 0
    replaced: int = 0
    refused: int = 0
    cancelled: int = 0
    prompt_tokens: int = 0
    reused_tokens: int = 0
    written_tokens: int = 0
    steps: int = 0
    step_seconds: float = 0.0


@dataclass(eq=False)
class Job:
    """A request on its way. `over` is set from any thread and looked at before every step."""

    request: CompletionRequest
    owner: Hashable
    asked_by: asyncio.AbstractEventLoop
    begun: float = field(default_factory=time.monotonic)
    out: asyncio.Queue[Piece | Done | Exception] = field(default_factory=asyncio.Queue)
    steps: Steps | None = None
    read: Read | Branches | None = None
    done: int = 0
    over: bool = False

    @property
    def tenant(self) -> Hashable:
        """Who shares the worker fairly with others: who is named, or else whose text it is."""
        return self.request.user or self.owner

    @property
    def left(self) -> int:
        """Ids of its read that are not read yet."""
        return self.read.rows - self.done if self.read else 0

    @property
    def writing(self) -> bool:
        """Whether its next read is a step of its text, which is never cut, and not its prompt."""
        return isinstance(self.read, Read) and (self.read.every or self.left == 1)

    def leave_guesses(self) -> None:
        """Read what is certain alone."""
        if isinstance(self.read, Read) and self.read.guessed:
            self.read = self.read.certain

    def part(self, rows: int) -> Read | Branches:
        """The next so many rows of its read; branches are not cut."""
        assert self.read is not None
        if isinstance(self.read, Branches):
            return self.read
        return Read(self.read.slot, self.read.ids[self.done : self.done + rows], self.read.every)

    def give(self, word: Piece | Done | Exception) -> None:
        """Hand something to the one who waits; nobody waits any more where its event loop has closed."""
        if not self.over and not self.asked_by.is_closed():
            self.asked_by.call_soon_threadsafe(self.out.put_nowait, word)

    def end(self, word: Done | Exception) -> None:
        """Say the last word."""
        self.give(word)
        self.over = True
