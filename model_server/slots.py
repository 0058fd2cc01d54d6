"""Which slot serves a request: the one whose tokens begin as the request's do. Token ids are compared, never a hash.

Slots are kept by who owns them, so that one person's text is never matched against another's, and the least recently
used goes first when there are too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from model_server.engine import Engine, Slot


def common(left: Sequence[int], right: Sequence[int]) -> int:
    """How many ids two sequences begin with alike."""
    for number, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return number
    return min(len(left), len(right))


@dataclass
class Kept:
    """A slot, whose it is, and whether a request is using it."""

    owner: str
    slot: Slot
    busy: bool = False


@dataclass
class Slots:
    """At most `most` slots of one engine, least recently used first."""

    engine: Engine
    most: int
    kept: list[Kept] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes in all slots."""
        return sum(kept.slot.size for kept in self.kept)

    def take(self, owner: str, prompt: Sequence[int]) -> Kept:
        """A slot for a prompt, cut back to the ids that they share; at least the prompt's last id is left to read."""
        own = [kept for kept in self.kept if kept.owner == owner and not kept.busy]
        best = max(own, key=lambda kept: common(kept.slot.ids, prompt), default=None)
        if best is None:
            best = self._fresh(owner)
        self.kept.remove(best)
        self.kept.append(best)
        best.busy = True
        del best.slot.ids[min(common(best.slot.ids, prompt), len(prompt) - 1) :]
        return best

    def release(self, kept: Kept) -> None:
        """The request is over; what the slot holds is kept for the next one."""
        kept.busy = False

    def _fresh(self, owner: str) -> Kept:
        """An empty slot: a new one, or the least recently used one wiped."""
        idle = [kept for kept in self.kept if not kept.busy]
        if len(self.kept) >= self.most and idle:
            idle[0].slot.ids.clear()
            idle[0].owner = owner
            return idle[0]
        self.kept.append(Kept(owner, self.engine.new_slot()))
        return self.kept[-1]
