"""One look at a kernel: every name that the user has defined, and what the values' types offer."""

from __future__ import annotations

import builtins
import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from time import perf_counter
from typing import Any

from jupyter_codecompose.probe.kinds import Kinds
from jupyter_codecompose.probe.names import Names
from jupyter_codecompose.probe.offers import Told
from jupyter_codecompose.probe.slots import BODIES, flat, found, public

SEEN = 2_000
SECONDS = 0.02
"""What one look may take; half of it is for the names."""


class Answer:
    """What was seen, as IPython displays it: the text of some JSON, with no repr of anything."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text}


def look(known: dict[str, int]) -> Answer:
    """What the shell's names are, and what is not `known` of their kinds."""
    shell = found("IPython.core.getipython", "get_ipython")()
    with uncollected():
        return Answer(json.dumps(seen(shell.user_ns, shell.user_ns_hidden, known), separators=(",", ":")))


@contextmanager
def uncollected() -> Iterator[None]:
    """A while in which no garbage is collected: no finalizer is run, and what a look makes and drops does not bring
    the next collection nearer."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def seen(space: dict[Any, Any], hidden: dict[Any, Any], known: dict[str, int], seconds: float = SECONDS) -> Told:
    """The variables, as they were defined, the kinds of all that was met, and the names that the shell itself has."""
    end = perf_counter() + seconds
    BODIES.clear()
    kinds = Kinds(known)
    kinds.of_module(builtins)
    shell = flat(hidden)
    newest = list(islice(reversed(dict.items(space)), SEEN))
    mine = [(name, value) for name, value in newest if public(name) and not (name in shell and shell[name] is value)]
    variables, complete = Names(kinds).told(mine, end - seconds / 2)
    return {
        "variables": variables[::-1],
        "complete": complete and len(space) <= SEEN,
        "hidden": list(filter(public, shell))[:SEEN],
        "python": f"{sys.implementation.cache_tag} {sys.hexversion}",
        **kinds.told(end, end - seconds / 2),
    }
