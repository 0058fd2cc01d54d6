"""The worker as a child of this server: started, watched, and ended with it.

The child prints one line of JSON, its address, as soon as it listens, and ends when its standard input closes; so it
ends too when the server is killed. What it writes to standard error goes where the server's goes. Threads wait for
it, because not every event loop that Jupyter runs on can watch a process. It does not know what the child is for.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

import msgspec

T = TypeVar("T")

MAX_ADDRESS = 4096
GRACE_SECONDS = 3.0


class Address(msgspec.Struct, frozen=True):
    """The one line that a child says."""

    url: str


def worker_command(model: str, revision: str = "") -> tuple[str, ...]:
    """How our own worker is started; `revision` is of a model that is a name on the Hub."""
    which = ("--model", model, *(("--revision", revision) if revision else ()))
    where = ("--host", "127.0.0.1", "--port", "0", "--exit-with-stdin")
    return (sys.executable, "-m", "model_server", *which, *where)


class Child:
    """One life of a child process. `address` and `exit` are set by a thread; both are awaited on the event loop."""

    def __init__(self, command: Sequence[str], token: str) -> None:
        loop = asyncio.get_running_loop()
        self.address: asyncio.Future[str | None] = loop.create_future()
        self.exit: asyncio.Future[int] = loop.create_future()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"CODECOMPOSE_TOKEN": token},
            start_new_session=True,
        )
        threading.Thread(target=self._follow, args=(loop,), name="codecompose-worker", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def stop(self) -> None:
        """Ends the child: first by closing its input, then by asking, then by force."""
        process = self._process
        if process.stdin:
            with suppress(OSError):
                process.stdin.close()
        for force in (process.terminate, process.kill):
            await asyncio.wait({self.exit}, timeout=GRACE_SECONDS)
            if self.exit.done():
                return
            with suppress(OSError):
                force()
        await self.exit

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """In its own thread: reads the address, discards what follows, waits for the end."""
        process = self._process
        assert process.stdout is not None
        with process.stdout as output:
            _tell(loop, self.address, _url(output.readline(MAX_ADDRESS)))
            while output.read(MAX_ADDRESS):
                pass
        _tell(loop, self.exit, process.wait())


def _tell(loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], value: T) -> None:
    """Sets a future's result from another thread; a loop that is closed by then hears nothing."""

    def tell() -> None:
        if not future.done():
            future.set_result(value)

    with suppress(RuntimeError):
        loop.call_soon_threadsafe(tell)


def _url(line: bytes) -> str | None:
    with suppress(msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.decode(line, type=Address).url
    return None
