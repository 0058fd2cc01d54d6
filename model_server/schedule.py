"""Who is served next, and how much of a step each may use. Pure: numbers and names in, choices out.

Fairness is between tenants first, and then between a tenant's requests: who asks for little gets all of it, and what
that leaves is divided evenly (max-min fairness), so that a long prompt neither stalls the others nor is starved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

ALONE, TOGETHER = 256, 64
"""Rows of prompts that a step reads: where nobody writes, and where a longer step would keep others waiting."""


@dataclass(frozen=True, slots=True)
class Want:
    """Rows that a request has to read, and whether they are read as a whole or not at all."""

    tenant: Hashable
    rows: int
    whole: bool = False


def shares(needs: Sequence[int], room: int) -> list[int]:
    """How much of `room` each need gets: never more than it is, and never less than a smaller need."""
    given = [0] * len(needs)
    order = sorted(range(len(needs)), key=needs.__getitem__)
    for place, at in enumerate(order):
        given[at] = min(needs[at], -(-room // (len(order) - place)))
        room -= given[at]
    return given


def rows(wants: Sequence[Want], writing: bool) -> list[int]:
    """How many rows of each want the next step reads. Of what cannot be cut the first has its turn in any case, and
    another one where it fits; the rest of the room is shared."""
    room = TOGETHER if writing else ALONE
    whole: dict[int, int] = {}
    for at, want in enumerate(wants):
        if want.whole and (not whole or sum(whole.values()) + want.rows <= room):
            whole[at] = want.rows
    cut = {at: want for at, want in enumerate(wants) if not want.whole}
    given = whole | dict(zip(cut, divided(list(cut.values()), room - sum(whole.values())), strict=True))
    return [given.get(at, 0) for at in range(len(wants))]


def divided(wants: Sequence[Want], room: int) -> list[int]:
    """How much of `room` each want gets that can be cut, between tenants first."""
    tenants = list(dict.fromkeys(want.tenant for want in wants))
    needs = {name: [want.rows for want in wants if want.tenant == name] for name in tenants}
    rooms = shares([sum(needs[name]) for name in tenants], max(room, 0))
    given = {name: iter(shares(needs[name], room)) for name, room in zip(tenants, rooms, strict=True)}
    return [next(given[want.tenant]) for want in wants]


def admitted(waiting: Sequence[Hashable], active: Iterable[Hashable], room: int) -> list[int]:
    """Which of the waiting tenants' requests begin now, by index: the tenant with the fewest running goes first."""
    running = Counter(active)
    left = list(range(len(waiting)))
    chosen: list[int] = []
    while left and len(chosen) < room:
        first = min(left, key=lambda at: (running[waiting[at]], at))
        left.remove(first)
        chosen.append(first)
        running[waiting[first]] += 1
    return chosen
