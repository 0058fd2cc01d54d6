"""The channels of a kernel that this server started itself: its shell, to ask, and its iopub, to hear what it does.

Of iopub only the little is read that says when executions begin and end; messages of other kinds are not decoded.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol
from uuid import uuid4

import msgspec

DELIMITER = b"<IDS|MSG>"


class Head(msgspec.Struct, frozen=True):
    """The header of a message, and that of the one it answers."""

    msg_type: str = ""
    msg_id: str = ""
    session: str = ""


class State(msgspec.Struct, frozen=True):
    """The content of a status."""

    execution_state: str = ""


class Message(msgspec.Struct, frozen=True):
    """What is read of an iopub message: its type, who sent it, whom it answers, and the state that a status tells of.

    A kernel that has been restarted sends under another name.
    """

    type: str
    sender: str
    parent: Head = Head()
    state: str = ""

    @classmethod
    def read(cls, head: bytes, parent: bytes, content: bytes) -> Message | None:
        """The message; None where it is none. Of other kinds than a status and an execution's start, only the head."""
        with suppress(ValueError, msgspec.MsgspecError):
            first = msgspec.json.decode(head, type=Head)
            if first.msg_type not in ("status", "execute_input"):
                return cls(first.msg_type, first.session)
            state = msgspec.json.decode(content, type=State).execution_state
            return cls(first.msg_type, first.session, msgspec.json.decode(parent, type=Head), state)
        return None


Hear = Callable[[Message], None]
"""Is told of every message on iopub."""


class Channels(Protocol):
    """A way to one kernel. `session` is the name that its own messages go by."""

    session: str

    @property
    def state(self) -> str:
        """What the server says of the kernel: `idle`, `busy`, `starting`, `dead`, …; '' where it does not know."""
        ...

    def fit(self, kernel: Any) -> bool:
        """Whether these still are channels of `kernel`."""
        ...

    async def ready(self) -> bool:
        """Waits until the kernel can be asked; false where it cannot be, or does not speak Python."""
        ...

    async def ask(self, expression: str) -> dict[str, Any]:
        """The content of the reply to one silent question."""
        ...

    def needed(self) -> None:
        """Somebody wants to know of the kernel: the channels are not to close of themselves now."""
        ...

    def close(self) -> None:
        """Stops listening."""
        ...


def question(expression: str) -> dict[str, Any]:
    """An execute request that leaves no trace and has one expression evaluated."""
    return {
        "code": "",
        "silent": True,
        "store_history": False,
        "user_expressions": {"facts": expression},
        "allow_stdin": False,
        "stop_on_error": False,
    }


class Local:
    """The channels of a kernel on this machine, or wherever its sockets can be reached."""

    def __init__(self, kernel: Any, hear: Hear) -> None:
        self._kernel = kernel
        self._hear = hear
        self._place = _place(kernel)
        self._client = kernel.client()
        self._client.session.session = self.session = uuid4().hex
        self._client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)  # noqa: S604
        self._stream = kernel.connect_iopub()
        self._stream.on_recv(self._receive)

    @staticmethod
    def reach(kernel: Any) -> bool:
        """Whether a kernel may be listened to: it must have come up, or it would be asked too early."""
        spec = kernel.kernel_spec
        return kernel.execution_state == "idle" and spec is not None and spec.language.lower() == "python"

    @property
    def state(self) -> str:
        process = self._place[1]
        return "dead" if process and process.poll() is not None else str(self._kernel.execution_state)

    def fit(self, kernel: Any) -> bool:
        return kernel is self._kernel and _place(kernel) == self._place

    async def ready(self) -> bool:
        return True

    async def ask(self, expression: str) -> dict[str, Any]:
        return await ask(self._client, expression)

    def needed(self) -> None:
        """They stay open, at no cost to anybody."""

    def close(self) -> None:
        self._stream.close()
        self._client.stop_channels()

    def _receive(self, frames: list[Any]) -> None:
        parts = [bytes(frame) for frame in frames]
        at = parts.index(DELIMITER) if DELIMITER in parts else len(parts)
        message = Message.read(parts[at + 2], parts[at + 3], parts[at + 5]) if len(parts) > at + 5 else None
        if message:
            self._hear(message)


def _place(kernel: Any) -> tuple[list[int], Any]:
    """Where a kernel is: its ports, and its process if that is one of this machine's; a restarted one has another."""
    return list(kernel.ports), getattr(kernel.provisioner, "process", None)


async def ask(client: Any, expression: str) -> dict[str, Any]:
    """The content of a kernel's reply to one silent question through its connected `client`."""
    return await reply_to(client, client.execute(**question(expression)))


async def reply_to(client: Any, asked: str) -> dict[str, Any]:
    """The content of the reply to what a connected client has asked on the shell; replies to others are dropped."""
    while True:
        reply = await client.get_shell_msg()
        if reply["parent_header"].get("msg_id") == asked:
            return dict(reply["content"])
