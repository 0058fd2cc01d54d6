"""The types, classes and modules that a look meets, and which of them it tells of.

Each is told of once: a question brings the marks of what is known already, and what still has its mark is only named.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import chain
from time import perf_counter
from typing import Any

from jupyter_codecompose.probe.offers import Told, class_told, module_told, type_told
from jupyter_codecompose.probe.slots import (
    Function,
    Module,
    bodies_of,
    installed,
    module_of,
    name_of_module,
    outline,
    public,
    qualified_name_of,
    trust,
    word,
)

NEW = 250_000
"""The most that is told of kinds in one look: what does not fit is told of in the next."""


class Kinds:
    """The kinds that one look meets, each under a name of its own, and what is said of them."""

    def __init__(self, known: dict[str, int]) -> None:
        self._known = known
        self._marks = set(known.values())
        self._met: dict[str, tuple[Any, Callable[[Any], Told]]] = {}
        self._names: dict[tuple[int, Any], str] = {}

    def recall(self, thing: Any) -> None:
        """Spares a type or module that is as it was told of before from being looked through."""
        if outline(thing) in self._marks:
            trust(thing)

    def of_type(self, kind: type) -> str:
        """The name of what the values of a type offer."""
        return self._meet(kind, titled(kind), type_told)

    def of_class(self, kind: type) -> str:
        """The name of what a class itself offers."""
        return self._meet(kind, f"type[{titled(kind)}]", class_told)

    def of_module(self, module: Any) -> str:
        """The name of what a module offers; the user's own is told of name by name."""
        self.recall(module)
        name = name_of_module(module)
        return self._meet(module, name, module_told) if name not in ("", "__main__") else ""

    def told(self, end: float, room: int = NEW) -> Told:
        """What is not known yet, as far as there is time and room, and the names of what is as it was."""
        direct = set(self._met)
        for module in filter(is_module, map(sys.modules.get, self._known)):
            self.of_module(module)
        kinds: list[Told] = []
        same: list[str] = []
        waiting = list(self._met)
        for name in waiting:
            thing, tell = self._met[name]
            mark = self._mark(thing)
            if self._known.get(name) == mark:
                same.append(name)
            elif room > 0:
                parts = self._parts(thing) if name in direct and type(thing) is Module else {}
                waiting += [part for part in parts.values() if part not in waiting]
                kinds.append({"name": name, "mark": mark, "modules": parts, **tell(thing)})
                room -= weight(kinds[-1])
            if perf_counter() > end:
                break
        return {"kinds": kinds, "same": same}

    def _meet(self, thing: Any, name: str, tell: Callable[[Any], Told]) -> str:
        key = id(thing), tell
        if key not in self._names:
            while name in self._met:
                name += "'"
            self._names[key], self._met[name] = name, (thing, tell)
        return self._names[key]

    def _parts(self, package: Any) -> dict[str, str]:
        """The parts of a package by their names in it, and the names that they are told of under."""
        names = {name: self.of_module(part) for name, part in parts_of(package).items()}
        return {name: part for name, part in names.items() if part}

    def _mark(self, thing: Any) -> int:
        """A number that changes with what is told of a type or module."""
        short = outline(thing)
        return short if short in self._marks or installed(thing) else mark_of(thing)


def parts_of(module: Any) -> dict[str, Any]:
    """The modules that belong to a package, by their names in it."""
    package = name_of_module(module).partition(".")[0]
    parts = {name: entry for body in bodies_of(module) or () for name, entry in body.items() if type(entry) is Module}
    return {name: part for name, part in parts.items() if public(name) and is_part(part, package, name)}


def is_module(thing: Any) -> bool:
    return type(thing) is Module


def is_part(module: Any, package: str, name: str) -> bool:
    return name_of_module(module).partition(".")[0] == package or (package, name) == ("os", "path")


def mark_of(thing: Any) -> int:
    """A number that changes with the names that a type or module has, and with what is behind them."""
    bodies = bodies_of(thing) or ()
    behind = [
        id(entry.__code__) if type(entry) is Function else id(entry) for body in bodies for entry in body.values()
    ]
    return hash((id(thing), *chain(*bodies), *behind))


def titled(kind: type) -> str:
    """A type's qualified name."""
    return f"{word(module_of(kind))}.{word(qualified_name_of(kind))}"


def weight(told: Told) -> int:
    """About as many characters as are needed to tell it."""
    names = [
        *told["attributes"],
        *told["parameters"],
        *[name for taken in told["parameters"].values() for name in taken],
    ]
    return sum(map(len, names)) + 3 * len(names)
