"""One look at a kernel: every name that the user has defined, and what the values' types offer."""

from __future__ import annotations

import builtins
from itertools import islice
from time import perf_counter
from typing import Any

from jupyter_codecompose.probe.kinds import Kinds
from jupyter_codecompose.probe.names import Names
from jupyter_codecompose.probe.offers import Told
from jupyter_codecompose.probe.slots import flat, found, public

SEEN = 2_000
NAMING, LEARNING = 0.01, 0.005
"""Seconds after which no further name is told of, and after which what is to be learnt of their kinds waits for the
next look; a third of these is left for it in any case."""


def look(begun: float, known: dict[str, int], gone: dict[str, int], again: bool) -> Told:
    """What the shell's names are, unless these have been told and it is asked `again`; and what is not `known` of their
    kinds. `begun`: since when the kernel is held."""
    shell = found("IPython.core.getipython", "get_ipython")()
    return seen(shell.user_ns, shell.user_ns_hidden, Kinds(known, gone), begun, again)


def seen(space: dict[Any, Any], hidden: dict[Any, Any], kinds: Kinds, begun: float, again: bool) -> Told:
    """The variables, as they were defined, the names that the shell itself has, and the kinds of all that was met."""
    kinds.of_module(builtins)
    shell = flat(hidden)
    newest = list(islice(reversed(dict.items(space)), SEEN))
    mine = [(name, value) for name, value in newest if public(name) and not (name in shell and shell[name] is value)]
    variables, complete = Names(kinds).told(mine, begun + NAMING, again)
    names = {
        "variables": variables[::-1],
        "complete": complete and len(space) <= SEEN,
        "late": not complete and perf_counter() > begun + NAMING,
        "hidden": list(filter(public, shell))[:SEEN],
    }
    learning = max(begun + LEARNING, perf_counter() + LEARNING / 3)
    return {"names": None if again else names, **kinds.told(learning)}
