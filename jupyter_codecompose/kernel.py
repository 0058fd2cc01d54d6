"""What is known of the kernels of this server, and of those behind its gateway.

A kernel is asked by one silent request on its main shell: never on a subshell, never by `inspect` or `complete`, which
run the user's code. Values never leave it. Only Python kernels are asked.
"""

from __future__ import annotations

from typing import Any, Protocol

from jupyter_codecompose.channels import Channels, Hear, Local
from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.watch import Watch

PATIENCE = 0.04
NOTHING = Namespace()


class Facts(Protocol):
    """Whoever knows what is defined in a kernel."""

    async def of(self, kernel: str, patience: float = PATIENCE) -> Namespace: ...

    async def close(self) -> None: ...


class Known:
    """Facts that are known beforehand, or none."""

    def __init__(self, namespace: Namespace = NOTHING) -> None:
        self._namespace = namespace

    async def of(self, kernel: str, patience: float = PATIENCE) -> Namespace:
        return self._namespace

    async def close(self) -> None:
        """Nothing is held."""


class Way(Protocol):
    """How a server's kernels are reached: its channels, and whether a kernel may be listened to yet."""

    def __call__(self, kernel: Any, hear: Hear) -> Channels: ...

    def reach(self, kernel: Any) -> bool: ...


class Kernels:
    """The facts of a server's kernels, from its kernel manager."""

    def __init__(self, manager: Any, way: Way = Local) -> None:
        self._manager = manager
        self._way = way
        self._watches: dict[str, Watch] = {}

    async def of(self, kernel: str, patience: float = PATIENCE) -> Namespace:
        """What is known of `kernel`, after at most `patience` seconds; nothing of one that cannot be asked."""
        watch = await self._watch(kernel)
        return await watch.namespace(patience) if watch else NOTHING

    async def close(self) -> None:
        """Stops listening to all kernels."""
        watches, self._watches = list(self._watches.values()), {}
        for watch in watches:
            await watch.close()

    async def _watch(self, id_: str) -> Watch | None:
        """The watch on a kernel, made when it can first be reached, and made anew when it is another one."""
        for gone in [key for key, watch in self._watches.items() if not self._holds(key, watch)]:
            await self._watches.pop(gone).close()
        if id_ not in self._watches and id_ in self._manager:
            kernel = self._manager.get_kernel(id_)
            if self._way.reach(kernel):
                self._watches[id_] = Watch(kernel, self._way)
        return self._watches.get(id_)

    def _holds(self, id_: str, watch: Watch) -> bool:
        return id_ in self._manager and watch.fits(self._manager.get_kernel(id_))
