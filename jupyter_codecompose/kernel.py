"""What is known of the kernels of this server, and of those behind its gateway.

A kernel is asked by one silent request on its main shell: never on a subshell, never by `inspect` or `complete`, which
run the user's code. Values never leave it. Only Python kernels are asked, and R kernels where a setting says so.
"""

from __future__ import annotations

from typing import Any, Protocol

from jupyter_codecompose.channels import Channels, Hear, Local
from jupyter_codecompose.completing import Completing
from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.watch import Watch

PATIENCE = 0.04
NOTHING = Namespace()


class Facts(Protocol):
    """Whoever knows what is defined in a kernel."""

    async def of(self, kernel: str, patience: float = PATIENCE) -> Namespace: ...

    async def ways(self, kernel: str, left: str, patience: float = PATIENCE) -> tuple[str, ...]: ...

    async def close(self) -> None: ...


class Known:
    """Facts that are known beforehand, or none."""

    def __init__(self, namespace: Namespace = NOTHING) -> None:
        self._namespace = namespace

    async def of(self, kernel: str, patience: float = PATIENCE) -> Namespace:
        return self._namespace

    async def ways(self, kernel: str, left: str, patience: float = PATIENCE) -> tuple[str, ...]:
        return ()

    async def close(self) -> None:
        """Nothing is held."""


class Way(Protocol):
    """How a server's kernels are reached: its channels, and whether a kernel may be listened to yet."""

    def __call__(self, kernel: Any, hear: Hear) -> Channels: ...

    def reach(self, kernel: Any) -> bool: ...


class Kernels:
    """The facts of a server's kernels, from its kernel manager."""

    def __init__(self, manager: Any, way: Way = Local, *, ask_r: bool = False) -> None:
        """`ask_r`: R kernels of this machine are asked for completions."""
        self._manager = manager
        self._way = way
        self._ask_r = ask_r
        self._watches: dict[str, Watch] = {}
        self._completing: dict[str, Completing] = {}

    async def of(self, kernel: str, patience: float = PATIENCE) -> Namespace:
        """What is known of `kernel`, after at most `patience` seconds; nothing of one that cannot be asked."""
        watch = await self._watch(kernel)
        return await watch.namespace(patience) if watch else NOTHING

    async def ways(self, kernel: str, left: str, patience: float = PATIENCE) -> tuple[str, ...]:
        """How the text left of the cursor may go on, by the completion of a kernel that is asked for it."""
        asked = self._completion(kernel) if self._ask_r else None
        return await asked.ways(left, patience) if asked else ()

    async def close(self) -> None:
        """Stops listening to all kernels."""
        while self._completing:
            self._completing.popitem()[1].close()
        watches, self._watches = list(self._watches.values()), {}
        for watch in watches:
            await watch.close()

    async def _watch(self, id_: str) -> Watch | None:
        """The watch on a kernel, made when it can first be reached, and made anew when it is another one."""
        for gone in [key for key, watch in self._watches.items() if not self._holds(key, watch)]:
            watch = self._watches.pop(gone, None)  # another request may have been quicker while this one waited
            if watch:
                await watch.close()
        if id_ not in self._watches and id_ in self._manager:
            kernel = self._manager.get_kernel(id_)
            if self._way.reach(kernel):
                self._watches[id_] = Watch(kernel, self._way)
        return self._watches.get(id_)

    def _completion(self, id_: str) -> Completing | None:
        """What asks a kernel for completions, made anew when it is another one."""
        for gone in [key for key, asked in self._completing.items() if not self._holds(key, asked)]:
            self._completing.pop(gone).close()
        if id_ not in self._completing and id_ in self._manager:
            kernel = self._manager.get_kernel(id_)
            if Completing.reach(kernel):
                self._completing[id_] = Completing(kernel)
        return self._completing.get(id_)

    def _holds(self, id_: str, held: Watch | Completing) -> bool:
        return id_ in self._manager and held.fits(self._manager.get_kernel(id_))
