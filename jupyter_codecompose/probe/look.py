"""One look at a kernel: every name that the user has defined, and what the values' types offer."""

from __future__ import annotations

import builtins
import gc
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from time import perf_counter
from typing import Any

from jupyter_codecompose.probe.calls import constructor, is_stand_in, keywords, signature
from jupyter_codecompose.probe.data import Described, Readers
from jupyter_codecompose.probe.kinds import Kinds
from jupyter_codecompose.probe.offers import Told
from jupyter_codecompose.probe.slots import (
    BODIES,
    Function,
    Module,
    bodies_of,
    derives,
    entry_of,
    flat,
    found,
    is_class,
    module_of,
    name_of,
    name_of_module,
    own_of,
    public,
    word,
)

SEEN = 2_000
OWN = 500
ROOM, WEIGHT = 250_000, 20
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
        return Answer(json.dumps(seen(shell.user_ns, shell.user_ns_hidden, known)))


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
        **kinds.told(end),
    }


class Names:
    """What is told of the names of one look."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._types: dict[int, tuple[Described, list[Callable[[Any], Described]]]] = {}
        self._readers = Readers()

    def told(self, items: Iterable[tuple[Any, Any]], end: float) -> tuple[list[Described], bool]:
        """What is known of names, the first of them first while there is time and room; and whether these are all."""
        told: list[Described] = []
        room = ROOM
        for name, value in items:
            if room < 0 or perf_counter() > end:
                return told, False
            told.append({"name": name, **self.value(value)})
            room -= WEIGHT + sum(WEIGHT * len(texts) for texts in told[-1].values() if type(texts) is list)
        return told, True

    def value(self, value: Any) -> Described:
        """What is known of a value: its type, where that comes from, and what it has of its own."""
        kind = type(value)
        if id(kind) not in self._types:
            self._types[id(kind)] = self._type(kind)
        told, reads = self._types[id(kind)]
        for read in reads:
            told = {**told, **read(value)}
        return told

    def _type(self, kind: type) -> tuple[Described, list[Callable[[Any], Described]]]:
        """What is known of all values of a type, and how more is learnt of each; nothing of one with names that are no
        plain strings."""
        if kind is Module:
            return {"type": "module", "complete": False}, [self._module]
        if is_class(kind):
            return {"type": "type", "complete": False}, [self._class]
        self._kinds.recall(kind)
        told: Described = {"type": word(name_of(kind)), "complete": False}
        if bodies_of(kind) is None:
            return {**told, "open": True}, []
        reads = [called] if kind is Function or is_stand_in(kind) else []
        reads += [own] if entry_of(kind, "__dict__") is not None else []
        return {**told, "module": word(module_of(kind)), "kind": self._kinds.of_type(kind)}, reads + self._readers.of(
            kind
        )

    def _module(self, value: Any) -> Described:
        self._kinds.recall(value)
        return {"module": name_of_module(value), "kind": self._kinds.of_module(value)}

    def _class(self, value: Any) -> Described:
        self._kinds.recall(value)
        if bodies_of(value) is None or bodies_of(type(value)) is None:
            return {"open": True}
        module = word(module_of(value))
        return {"module": module, "signature": constructor(value), "kind": self._kinds.of_class(value)}


def called(value: Any) -> Described:
    """How a plain function is called, or what stands for one."""
    if type(value) is Function:
        return {"module": word(value.__module__), "signature": signature(value), "parameters": keywords(value)}
    return {"parameters": keywords(value)}


def own(value: Any) -> Described:
    """The names that one instance has of its own; of a torch module, also those of its parts."""
    names = own_of(value)
    if names is None:
        return {"open": True}
    if "_modules" in names and derives(type(value), found("torch.nn", "Module")):
        parts = [names.get(part) for part in ("_parameters", "_buffers", "_modules")]
        names = {**names, **{name: None for part in parts if type(part) is dict for name in flat(part)}}
    kept = [name for name in names if public(name)]
    return {"own": kept[:OWN], "open": len(kept) > OWN}
