"""What a kernel that is no Python kernel offers at the cursor, by the completion that Tab would ask it for.

R has no question that only looks: to list what is behind `df$` it evaluates `df`, as it does at Tab. That runs code
where the name is a promise or an active binding, and so nothing is asked unless a setting says so. Other kernels have
nothing that would be safe to ask: Julia's overwrites `ans` at any question.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from jupyter_codecompose.channels import reply_to

LANGUAGES = frozenset(("r",))
PLACE = re.compile(r"(?<![\w.$@)\]])([A-Za-z.][\w.]*)\$([\w.]*)\Z")
"""A name, a dollar, and what is typed of a member."""
PLAIN = re.compile(r"[A-Za-z.][\w.]*")
MOST = 512


class Completing:
    """One kernel that is asked for completions; one question at a time."""

    def __init__(self, kernel: Any) -> None:
        self._kernel, self._ports = kernel, list(kernel.ports)
        self._client = kernel.client()
        self._client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)  # noqa: S604
        self._asking = asyncio.Lock()

    @staticmethod
    def reach(kernel: Any) -> bool:
        """Whether a kernel's language is one that may be asked."""
        spec = kernel.kernel_spec
        return spec is not None and spec.language.lower() in LANGUAGES

    def fits(self, kernel: Any) -> bool:
        """Whether it still is `kernel` that is asked; one that was restarted is another."""
        return kernel is self._kernel and list(kernel.ports) == self._ports

    async def ways(self, left: str, patience: float) -> tuple[str, ...]:
        """How the text left of the cursor may go on with a member that exists; () where none is begun, while the kernel
        is busy, and where it does not answer in `patience` seconds."""
        place = PLACE.search(left.rpartition("\n")[2])
        if place is None or self._kernel.execution_state != "idle" or self._asking.locked():
            return ()
        owner, typed = place.groups()
        try:
            async with self._asking, asyncio.timeout(patience):
                matches = await self._matches(f"{owner}$")
        except TimeoutError:
            return ()
        names = [match.removeprefix(f"{owner}$") for match in matches[:MOST]]
        known = [name for name in names if PLAIN.fullmatch(name)]
        return tuple(name[len(typed) :] for name in known if name.startswith(typed) and name != typed)

    def close(self) -> None:
        """Stops asking."""
        self._client.stop_channels()

    async def _matches(self, code: str) -> list[str]:
        """What completes some code, whole."""
        reply = await reply_to(self._client, self._client.complete(code, len(code)))
        return [str(match) for match in reply.get("matches", ())]
