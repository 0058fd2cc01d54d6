"""The cursor's place in its cell: what stands above its statement, the statement as far as it is written, and the rest.

Pure. With each key only the statement is read anew, of a long one the end; what stands above is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jupyter_codecompose.claims import Claim
from jupyter_codecompose.effects import Effect, Effects, effects_in, effects_of
from jupyter_codecompose.leaves import Leaf
from jupyter_codecompose.passages import LONGEST, Line, begins, lines, passages

LOOK_BACK = 12_000
STEP, LEAST = 300, 250
"""What is read of a long statement begins every so many characters anew, and so many before the cursor's line."""


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
    """A cursor behind `above` and `begun`, and before `rest`, which ends with its line, and `below`. At the head of
    either half on the left stand the brackets and the quotes that it begins in."""

    above: str
    begun: str
    rest: str
    below: str

    @classmethod
    def of(cls, left: str, right: str) -> Place:
        """The place between the two halves of a cell."""
        rest, _, below = right.partition("\n")
        begun = left.rfind("\n") + 1
        if len(left) - begun > LOOK_BACK:
            return cls("", "", rest, below[:LOOK_BACK])
        near = [line for line in lines(left[:begun]) if line.at >= len(left) - LOOK_BACK]
        first, last = near[0], _begun(near, left[begun:])
        above = left[first.at : last.at]
        return cls(first.head + above if above else "", last.head + left[last.at :], rest, below[:LOOK_BACK])

    @property
    def cursor(self) -> int:
        """Where the cursor stands in `begun` and what follows it."""
        return len(self.begun)

    @property
    def passages(self) -> tuple[str, ...]:
        """What stands above, in texts that are read by themselves; only the last changes while one writes."""
        return passages(self.above, STEP)

    def around(self, row: Sequence[Leaf]) -> Around:
        """What the cell does, where `row` stands in the statement's place."""
        return Around(effects_in(self.passages), effects_of(row), effects_in(passages(self.below)))


def _begun(near: Sequence[Line], text: str) -> Line:
    """Where the statement begins that the last of some lines, which is `text`, belongs to; it holds all that is
    indented under it. Of a long one, where its end begins."""
    own = near[-1]
    if own.free and (not text or begins(text)):
        return own
    begun = next((line for line in reversed(near) if line.first), near[0])
    if own.at - begun.at > LONGEST:
        for line in near:
            if line.at >= begun.at + STEP and line.at + LEAST <= own.at:
                begun = line
    return begun
