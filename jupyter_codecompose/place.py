"""The cursor's place in its cell: what stands above its statement, the statement as far as it is written, and the rest.

Pure. With each key only the statement is read anew; what stands above it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jupyter_codecompose.claims import Claim
from jupyter_codecompose.effects import Effect, Effects, effects, effects_of
from jupyter_codecompose.leaves import Leaf, leaves

CONTINUED = frozenset(("else", "elif", "except", "finally", ")", "]", "}"))
LOOK_BACK = 12_000


@dataclass(frozen=True, slots=True)
class Around:
    """What the cell does: above the statement at the cursor, in it, and below."""

    above: Effects
    here: Effects
    below: Effects

    @property
    def binds(self) -> frozenset[str]:
        """The names it binds."""
        return self.above.binds | self.here.binds | self.below.binds

    @property
    def wild(self) -> bool:
        """Whether nothing is certain of any name."""
        return self.above.wild or self.here.wild or self.below.wild

    def before(self, claim: Claim) -> Iterator[Effect]:
        """The effects that have happened before a claim is looked at; in a loop or a function, all."""
        yield from self.above.effects
        for effect in self.here.effects:
            own = effect.assigned and effect.statement == claim.statement
            if not claim.top or (effect.at < claim.at and not own):
                yield effect


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor behind `above` and `begun`, and before `rest`, which ends with its line, and `below`."""

    above: str
    begun: str
    rest: str
    below: str

    @classmethod
    def of(cls, left: str, right: str) -> Place:
        """The place between the two halves of a cell."""
        if len(left) > LOOK_BACK:
            left = left[-LOOK_BACK:].partition("\n")[2]
        rest, _, below = right.partition("\n")
        at = _begin(left)
        return cls(left[:at], left[at:], rest, below[:LOOK_BACK])

    @property
    def cursor(self) -> int:
        """Where the cursor stands in `begun` and what follows it."""
        return len(self.begun)

    def around(self, row: Sequence[Leaf]) -> Around:
        """What the cell does, where `row` stands in the statement's place."""
        return Around(effects(self.above), effects_of(row), effects(self.below))


def _begin(left: str) -> int:
    """Where the statement at the end of `left` begins; it holds all that is indented under it."""
    line = left.rfind("\n") + 1
    row = leaves(left[:line])
    if left[line : line + 1].strip() and not _continues(left[line:]) and (not row or row[-1].sort == "newline"):
        return line
    firsts = [
        leaf.at
        for at, leaf in enumerate(row)
        if (not at or row[at - 1].sort == "newline") and left[leaf.at - 1 : leaf.at] in ("", "\n")
    ]
    firsts = [at for at in firsts if not _continues(left[at:])]
    if not left[line:] and (not row or row[-1].sort == "newline"):
        return line
    return firsts[-1] if firsts else 0


def _continues(text: str) -> bool:
    return text.startswith(tuple(CONTINUED))
