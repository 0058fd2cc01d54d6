"""Facts of the live kernels of this server: what is defined, of which types, with which columns and signatures.

A kernel is asked once after each execution, by one silent request on its main shell, and only while it is idle: never
on a subshell, never by `inspect` or `complete`, which run the user's code. What is asked is `probe.py`; values never
leave the kernel. An answer is kept until the kernel's iopub announces the next execution: each watch listens there
itself, because the server's own `last_activity` also moves with our probe. Messages of other kinds are not decoded.
While one question is out no second is sent, so a kernel that became busy meanwhile answers once, later, and nobody
waits for it.

Only Python kernels that this server itself started are asked.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib.resources import files
from typing import Any, Protocol
from uuid import uuid4

import msgspec

from model_server.wire import Fact

PATIENCE = 0.05
FIRST_SOUND = 0.25
DELIMITER = b"<IDS|MSG>"

PROBE = (files("jupyter_codecompose") / "probe.py").read_text("utf-8")
EXPRESSION = f"(lambda d: ((lambda: 0).__builtins__['exec']({PROBE!r}, d), d['look']())[1])({{}})"


class Facts(Protocol):
    """Whoever knows what is defined in a kernel."""

    async def of(self, kernel: str, patience: float = PATIENCE) -> tuple[Fact, ...]: ...

    async def close(self) -> None: ...


class Known:
    """Facts that are known beforehand, or none."""

    def __init__(self, facts: tuple[Fact, ...] = ()) -> None:
        self._facts = facts

    async def of(self, kernel: str, patience: float = PATIENCE) -> tuple[Fact, ...]:
        return self._facts

    async def close(self) -> None:
        """Nothing is held."""


class Kernels:
    """The facts of a server's kernels, from its kernel manager."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._watches: dict[str, _Watch] = {}

    async def of(self, kernel: str, patience: float = PATIENCE) -> tuple[Fact, ...]:
        """What is known of `kernel`, after at most `patience` seconds; () for one that cannot be asked."""
        watch = await self._watch(kernel)
        return await watch.facts(patience) if watch else ()

    async def close(self) -> None:
        """Stops listening to all kernels."""
        watches, self._watches = list(self._watches.values()), {}
        for watch in watches:
            await watch.close()

    async def _watch(self, id_: str) -> _Watch | None:
        """The watch on a kernel, made when it is first seen idle, and made anew when its ports have changed."""
        for gone in [key for key, watch in self._watches.items() if not self._holds(key, watch)]:
            await self._watches.pop(gone).close()
        if id_ not in self._watches and id_ in self._manager:
            kernel = self._manager.get_kernel(id_)
            if kernel.execution_state == "idle" and _speaks_python(kernel):
                self._watches[id_] = _Watch(kernel)
        return self._watches.get(id_)

    def _holds(self, id_: str, watch: _Watch) -> bool:
        return id_ in self._manager and watch.fits(self._manager.get_kernel(id_))


class _Watch:
    """One kernel: a client of its shell to ask, a stream of its iopub to know when to ask again."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._ports = list(kernel.ports)
        self._facts: tuple[Fact, ...] = ()
        self._executions = 0
        self._answered: int | None = None
        self._busy = False
        self._sound = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._client = kernel.client()
        self._client.session.session = self._name = uuid4().hex
        self._client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)  # noqa: S604
        self._stream = kernel.connect_iopub()
        self._stream.on_recv(self._hear)

    def fits(self, kernel: Any) -> bool:
        """Whether this still is a watch on `kernel`."""
        return kernel is self._kernel and list(kernel.ports) == self._ports

    async def facts(self, patience: float) -> tuple[Fact, ...]:
        if self._asking is None and self._answered != self._executions and self._idle():
            self._asking = asyncio.create_task(self._ask())
        if self._asking and not self._busy:
            await asyncio.wait({self._asking}, timeout=patience)
        return self._facts

    async def close(self) -> None:
        if self._asking:
            asking = self._asking
            asking.cancel()
            await asyncio.wait({asking})
        self._stream.close()
        self._client.stop_channels()

    def _idle(self) -> bool:
        return not self._busy and self._kernel.execution_state == "idle"

    async def _ask(self) -> None:
        """One question. Its answer lasts only if iopub was heard before: else the next execution could go unnoticed."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(FIRST_SOUND):
                    await self._sound.wait()
            executions = self._executions if self._sound.is_set() else None
            facts = await ask(self._client)
            if facts is not None:
                self._facts, self._answered = facts, executions
        finally:
            self._asking = None

    def _hear(self, frames: list[Any]) -> None:
        """A message on iopub: notes when executions begin and end, and when the kernel is a new one."""
        self._sound.set()
        message = _Message.read(frames)
        if message is None or message.parent.session == self._name:
            return
        if message.type == "execute_input":
            self._executions += 1
        elif message.state == "starting":
            self._executions += 1
            self._facts, self._busy = (), False
            if self._asking:
                self._asking.cancel()
        elif message.parent.msg_type == "execute_request":
            self._busy = message.state == "busy"


class _Head(msgspec.Struct):
    msg_type: str = ""
    msg_id: str = ""
    session: str = ""


class _Content(msgspec.Struct):
    execution_state: str = ""


class _Message(msgspec.Struct):
    """The little that is read of an iopub message: its type, whom it answers, and the state it tells of."""

    type: str
    parent: _Head
    state: str

    @classmethod
    def read(cls, frames: list[Any]) -> _Message | None:
        """The message in `frames`, or None where it is neither a status nor the start of an execution."""
        parts = [bytes(frame) for frame in frames]
        with suppress(ValueError, IndexError, msgspec.MsgspecError):
            at = parts.index(DELIMITER)
            kind = msgspec.json.decode(parts[at + 2], type=_Head).msg_type
            if kind in ("status", "execute_input"):
                parent = msgspec.json.decode(parts[at + 3], type=_Head)
                state = msgspec.json.decode(parts[at + 5], type=_Content).execution_state
                return cls(kind, parent, state)
        return None


async def ask(client: Any) -> tuple[Fact, ...] | None:
    """The facts of a kernel, by one silent question through its connected `client`; None where it was not taken up."""
    question = client.execute(
        "",
        silent=True,
        store_history=False,
        user_expressions={"facts": EXPRESSION},
        allow_stdin=False,
        stop_on_error=False,
    )
    while True:
        reply = await client.get_shell_msg()
        if reply["parent_header"].get("msg_id") == question:
            return read(reply["content"])


def read(content: dict[str, Any]) -> tuple[Fact, ...] | None:
    """The facts in an execute reply: None if the kernel put the question aside, () if it could not answer."""
    if content.get("status") == "aborted":
        return None
    try:
        answer = content["user_expressions"]["facts"]["data"]["application/json"]
        return msgspec.convert(answer, tuple[Fact, ...])
    except (KeyError, TypeError, msgspec.ValidationError):
        return ()


def _speaks_python(kernel: Any) -> bool:
    spec = kernel.kernel_spec
    return spec is not None and spec.language.lower() == "python"
