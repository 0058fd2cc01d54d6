"""What is told of the user's names: the types of their values, and what each value has of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from jupyter_codecompose.probe.calls import constructor, is_stand_in, keywords, signature
from jupyter_codecompose.probe.data import Described, Readers, parts_in
from jupyter_codecompose.probe.kinds import Kinds
from jupyter_codecompose.probe.offers import is_open
from jupyter_codecompose.probe.slots import (
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
    table_of,
    word,
)

OWN = 500
ROOM, WEIGHT = 250_000, 20
"""The most names that are told of one instance, the most characters of all names, and about those of one."""

Read = Callable[[Any], Described]


class Names:
    """What is told of the names of one look."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._types: dict[int, tuple[Described, list[Read]]] = {}
        self._readers = Readers()

    def told(self, items: Iterable[tuple[Any, Any]], end: float, again: bool) -> tuple[list[Described], bool]:
        """What is known of names, the first of them first while there is time and room; and whether these are all.

        Where they have been told before, and it is `again` only for their kinds, no value but classes and modules is
        looked into.
        """
        told: list[Described] = []
        room = ROOM
        for name, value in items:
            if room < 0 or perf_counter() > end:
                return told, False
            if again and "kind" in self._type(type(value))[0]:
                continue
            one = self.value(value)
            told.append({"name": name, **one})
            room -= WEIGHT * (1 + 2 * len(one.get("members", ())) + len(one.get("own", ())))
        return told, True

    def value(self, value: Any) -> Described:
        """What is known of a value: its type, where that comes from, and what it has of its own."""
        told, reads = self._type(type(value))
        for read in reads:
            told = {**told, **read(value)}
        return told

    def _type(self, kind: type) -> tuple[Described, list[Read]]:
        """What is known of all values of a type, and how more is learnt of each."""
        if id(kind) not in self._types:
            self._types[id(kind)] = self._met(kind)
        return self._types[id(kind)]

    def _met(self, kind: type) -> tuple[Described, list[Read]]:
        """The same, of a type that is met first; nothing of one with names that are no plain strings."""
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
        told |= {"module": word(module_of(kind)), "kind": self._kinds.of_type(kind)}
        return told, reads + self._readers.of(kind)

    def _module(self, value: Any) -> Described:
        kind = self._kinds.of_module(value)
        return {"module": name_of_module(value), "kind": kind}

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
    """The names that one instance has of its own; of a torch module, also those of its parts, and of what wraps the
    results of statsmodels, also theirs."""
    names = own_of(value)
    if names is None:
        return {"open": True}
    if "_results" in names and derives(type(value), found("statsmodels.base.wrapper", "ResultsWrapper")):
        return wrapped(value, names)
    if "_modules" in names and derives(type(value), found("torch.nn", "Module")):
        parts = [names.get(part) for part in ("_parameters", "_buffers", "_modules")]
        names = {**names, **{name: None for part in parts if type(part) is dict for name in flat(part)}}
    return listed(names)


def wrapped(value: Any, names: dict[str, Any]) -> Described:
    """The names of a wrapper that its type does not have: its own, and those of the results that it hands out."""
    results = names["_results"]
    inner, kind, outer = own_of(results), type(results), table_of(type(value))
    if inner is None or bodies_of(kind) is None or is_open(table := table_of(kind)):
        return {"open": True}
    # What the parts are is not told: what is an array inside is handed out as a table.
    return listed(dict.fromkeys(name for name in {**names, **inner, **table} if name not in outer))


def listed(names: dict[str, Any]) -> Described:
    """Those of an instance's names that can be sent, whether there are more, and what some of them stand for."""
    kept = [name for name in names if public(name)]
    return {"own": kept[:OWN], "open": len(kept) > OWN, **parts_in(names)}
