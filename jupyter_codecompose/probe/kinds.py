"""The types, classes and modules that a look meets, and which of them it tells of.

Each is told of once: a question brings the marks of what is known already, and what still has its mark is only named.
It also brings how many names of a thing were `gone` through where there was no time for all: the others come next.
Beside what the user's names lead to, these are the parts of packages, two levels deep, and the types in `USUAL`.
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
    entry_of,
    found,
    installed,
    is_class,
    module_of,
    name_of_module,
    outline,
    public,
    qualified_name_of,
    short_hash,
    trust,
    word,
)

MOST = 400
"""With so many kinds known, no more parts of packages are told of: each is looked at in every look."""
INNER = ("backends", "compat", "core", "externals", "internals", "testing", "tests", "util", "utils")
"""Parts whose own parts are hardly for others to use."""
USUAL = (
    ("pandas", "DataFrame"),
    ("pandas", "Series"),
    ("pandas", "Index"),
    ("pandas", "DatetimeIndex"),
    ("pandas.api.typing", "DataFrameGroupBy"),
    ("pandas.api.typing", "SeriesGroupBy"),
    ("numpy", "ndarray"),
    ("polars", "DataFrame"),
    ("polars", "Series"),
    ("matplotlib.axes", "Axes"),
    ("matplotlib.figure", "Figure"),
    ("torch", "Tensor"),
)
"""Types that are told of wherever they are loaded, under these names, whatever they say of their module."""

Tell = Callable[[Any, int, float], Told]


class Kinds:
    """The kinds that one look meets, each under a name of its own, and what is said of them."""

    def __init__(self, known: dict[str, int], gone: dict[str, int]) -> None:
        self._known, self._gone = known, gone
        self._marks = set(known.values())
        self._met: dict[str, tuple[Any, Tell]] = {}
        self._names: dict[tuple[int, Any], str] = {}
        self._same: dict[str, None] = {}
        self._parts: list[Any] = []
        usual = [(found(module, name), f"{module}.{name}") for module, name in USUAL]
        self._usual = {id(kind): (kind, name) for kind, name in usual if is_class(type(kind))}
        for name, mark in known.items():
            module = sys.modules.get(name)
            if type(module) is not Module:
                continue
            if outline(module) == mark and name not in gone:
                self._names[id(module), module_told] = name
                self._same[name] = None
            else:
                self._parts.append(module)

    def recall(self, thing: Any) -> None:
        """Spares a type or module that is as it was told of before from being looked through."""
        if outline(thing) in self._marks:
            trust(thing)

    def of_type(self, kind: type) -> str:
        """The name of what the values of a type offer."""
        _, name = self._usual.get(id(kind)) or (kind, titled(kind))
        return self._meet(kind, name, type_told)

    def of_class(self, kind: type) -> str:
        """The name of what a class itself offers."""
        return self._meet(kind, f"type[{titled(kind)}]", class_told)

    def of_module(self, module: Any) -> str:
        """The name of what a module offers; the user's own is told of name by name."""
        if (id(module), module_told) in self._names:
            return self._names[id(module), module_told]
        self.recall(module)
        name = name_of_module(module)
        return self._meet(module, name, module_told) if name not in ("", "__main__") else ""

    def told(self, end: float) -> Told:
        """What is not known yet, as far as there is time, the names of what is as it was, and whether there is more.

        At least one thing is told of, at least in part, so that some looks later all is.
        """
        for kind, _ in self._usual.values():
            self.recall(kind)
            self.of_type(kind)
        direct = set(self._met)
        for module in self._parts:
            self.of_module(module)
        kinds: list[Told] = []
        waiting = [name for name in self._met if not self._as_it_was(name)]
        for name in waiting:
            if kinds and (kinds[-1].get("gone") or perf_counter() > end):
                break
            thing, tell = self._met[name]
            parts = self._parts_of(thing, name in direct) if type(thing) is Module else {}
            waiting += [part for part in parts.values() if part in self._met and part not in waiting]
            mark = self._mark(thing)
            gone = self._gone.get(name, 0) if self._known.get(name) == mark else 0
            kinds.append({"name": name, "mark": mark, "modules": parts, **tell(thing, gone, end)})
        more = len(kinds) < len(waiting) or any("gone" in kind for kind in kinds)
        return {"kinds": kinds, "same": list(self._same), "more": more}

    def _as_it_was(self, name: str) -> bool:
        """Whether all of a thing has been told, and it is as it was then; it is noted if so."""
        same = name not in self._gone and self._known.get(name) == self._mark(self._met[name][0])
        if same:
            self._same[name] = None
        return same

    def _meet(self, thing: Any, name: str, tell: Tell) -> str:
        key = id(thing), tell
        if key not in self._names:
            while name in self._met or name in self._same:
                name += "'"
            self._names[key], self._met[name] = name, (thing, tell)
        return self._names[key]

    def _parts_of(self, package: Any, direct: bool) -> dict[str, str]:
        """The parts of a package by their names in it, and the names that they are told of under."""
        if len(self._known) + len(self._met) > MOST:
            return {}
        names = {name: self.of_module(part) for name, part in parts_of(package, direct).items()}
        return {name: part for name, part in names.items() if part}

    def _mark(self, thing: Any) -> int:
        """A number that changes with what is told of a type or module."""
        short = outline(thing)
        return short if short in self._marks or installed(thing) else mark_of(thing)


def parts_of(module: Any, direct: bool) -> dict[str, Any]:
    """The modules that belong to a package, by their names in it: of one that a name leads to all, of its parts those
    below them."""
    package = name_of_module(module).partition(".")[0]
    if not direct:
        package = word(entry_of(module, "__package__"))
        if package.count(".") != 1 or package.rpartition(".")[2] in INNER:
            return {}
    parts = {name: entry for body in bodies_of(module) or () for name, entry in body.items() if type(entry) is Module}
    return {name: part for name, part in parts.items() if public(name) and is_part(part, package, name)}


def is_part(module: Any, package: str, name: str) -> bool:
    return f"{name_of_module(module)}.".startswith(f"{package}.") or (package, name) == ("os", "path")


def mark_of(thing: Any) -> int:
    """A number that changes with the names that a type or module has, and with what is behind them."""
    bodies = bodies_of(thing) or ()
    behind = [
        id(entry.__code__) if type(entry) is Function else id(entry) for body in bodies for entry in body.values()
    ]
    return short_hash((id(thing), *chain(*bodies), *behind))


def titled(kind: type) -> str:
    """A type's qualified name."""
    return f"{word(module_of(kind))}.{word(qualified_name_of(kind))}"
