"""Who is served next, and how much of a step each may use. Pure: numbers and names in, choices out.

Fairness is between tenants first, and then between a tenant's requests: who asks for little gets all of it, and what
that leaves is divided evenly (max-min fairness), so that a long prompt neither stalls the others nor is starved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

ALONE, TOGETHER = 256, 64
"""Rows of prompts that a step reads: where nobody writes, and where a longer step would keep others waiting."""


def shares(needs: Sequence[int], room: int) -> list[int]:
    """How much of `room` each need gets: never more than it is, and never less than a smaller need."""
    given = [0] * len(needs)
    order = sorted(range(len(needs)), key=needs.__getitem__)
    for place, at in enumerate(order):
        given[at] = min(needs[at], -(-room // (len(order) - place)))
        room -= given[at]
    return given


def rows(prompts: Sequence[tuple[str, int]], writing: bool) -> list[int]:
    """How many rows of each prompt, given as tenant and rows that are left, the next step reads."""
    tenants = list(dict.fromkeys(tenant for tenant, _ in prompts))
    needs = {name: [left for tenant, left in prompts if tenant == name] for name in tenants}
    rooms = shares([sum(needs[name]) for name in tenants], TOGETHER if writing else ALONE)
    given = {name: iter(shares(needs[name], room)) for name, room in zip(tenants, rooms, strict=True)}
    return [next(given[tenant]) for tenant, _ in prompts]


def admitted(waiting: Sequence[str], active: Iterable[str], room: int) -> list[int]:
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
