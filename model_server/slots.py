"""Which slot serves a request: the one whose tokens begin as the request's do. Token ids are compared, never a hash.

Slots are kept by who owns them, and a request is never matched against another owner's text (`owner.py` says who that
is). There are at most so many, and they hold at most so many bytes; the least recently used goes first.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from model_server.engine import Engine, Slot

WORTH = 4
"""A slot that shares less than one part in so many is left to what it holds, while there is room for another."""


def common(left: Sequence[int], right: Sequence[int]) -> int:
    """How many ids two sequences begin with alike: halved and halved again, since stretches are compared at once."""
    same, most = 0, min(len(left), len(right))
    while same < most:
        middle = (same + most + 1) // 2
        same, most = (middle, most) if left[same:middle] == right[same:middle] else (same, middle - 1)
    return same


@dataclass(eq=False)
class Kept:
    """A slot, whose it is, and whether a request is using it."""

    owner: Hashable
    slot: Slot
    busy: bool = False


def wiped(kept: Kept, owner: Hashable) -> Kept:
    """A slot that was somebody's, emptied for another."""
    kept.slot.ids.clear()
    kept.owner = owner
    return kept


@dataclass
class Slots:
    """At most `most` slots of one engine, of at most `most_bytes` together (0: any), least recently used first.

    One is there for a request in any case; whoever asks keeps the requests at `most`, which goes down to what there is
    where the machine has no memory for another.
    """

    engine: Engine
    most: int
    most_bytes: int = 0
    kept: list[Kept] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes in all slots."""
        return sum(kept.slot.size for kept in self.kept)

    def take(self, owner: Hashable, prompt: Sequence[int]) -> Kept:
        """A slot for a prompt, cut back to the ids that they share; at least the prompt's last id is left to read."""
        own = [(common(kept.slot.ids, prompt), at) for at, kept in enumerate(self.kept) if self._serves(kept, owner)]
        shared, at = max(own, default=(0, -1))
        new = not own or (shared < len(prompt) // WORTH and len(self.kept) < self.most)
        best = self._fresh(owner) if new else self.kept[at]
        self.kept.remove(best)
        self.kept.append(best)
        best.busy = True
        del best.slot.ids[min(common(best.slot.ids, prompt), len(prompt) - 1) :]
        return best

    def release(self, kept: Kept) -> None:
        """The request is over; what the slot holds is kept for the next one, as far as there is room."""
        kept.busy = False
        while self._too_large(0) and (idle := self._idle()) and len(self.kept) > 1:
            self.kept.remove(idle)

    def _fresh(self, owner: Hashable) -> Kept:
        """An empty slot: a new one, or the least recently used one wiped. Raises what the engine does where it has no
        memory for a new one, and no request has left one."""
        idle = self._idle()
        if idle and (len(self.kept) >= self.most or self._too_large(idle.slot.size)):
            return wiped(idle, owner)
        try:
            new = self.engine.new_slot()
        except (MemoryError, RuntimeError):  # torch's kind of the former is the latter
            self.most = max(1, len(self.kept))
            if not idle:
                raise
            return wiped(idle, owner)
        self.kept.append(Kept(owner, new))
        return self.kept[-1]

    def _serves(self, kept: Kept, owner: Hashable) -> bool:
        return kept.owner == owner and not kept.busy

    def _idle(self) -> Kept | None:
        """The least recently used slot that no request is using."""
        return next((kept for kept in self.kept if not kept.busy), None)

    def _too_large(self, more: int) -> bool:
        return 0 < self.most_bytes < self.size + more
