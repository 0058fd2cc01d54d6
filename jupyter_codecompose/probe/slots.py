"""Reading types, modules and instances without running a line of their code."""

from __future__ import annotations

import sys
from itertools import repeat
from operator import is_
from typing import Any

LONGEST = 256
PYTHON_FILES = str(sys.modules["os"].__file__).rpartition("os")[0] or "nowhere"
BODIES: dict[int, tuple[Any, list[Any] | None]] = {}
"""What one look has found by `bodies_of`, so that each type is looked through once."""

Type = type
Module: type = type(sys)
Function = type(lambda: 0)
Getter: Any = type(Function.__dict__["__code__"])
Member: Any = type(Function.__dict__["__closure__"])
Wrapper: Any = type(object.__dict__["__getattribute__"])
name_of = type.__dict__["__name__"].__get__
qualified_name_of = type.__dict__["__qualname__"].__get__
module_of = type.__dict__["__module__"].__get__
line_of = type.__dict__["__mro__"].__get__
body_of = type.__dict__["__dict__"].__get__
module_body_of = Module.__dict__["__dict__"].__get__


def found(module: str, name: str) -> Any:
    """An attribute of a module that is already loaded, else something that no value and no type is."""
    holder = sys.modules.get(module)
    return module_body_of(holder).get(name, found) if type(holder) is Module else found


def belongs(kind: type, *packages: str) -> bool:
    """Whether a type is one of these packages' own, and not one that only says so."""
    module = word(module_of(kind))
    return module.partition(".")[0] in packages and found(module, name_of(kind)) is kind


def derives(kind: type, base: Any) -> bool:
    """Whether a type is a class or one of its heirs."""
    return any(map(is_, line_of(kind), repeat(base)))


def is_class(kind: type) -> bool:
    """Whether the values of a type are classes."""
    return derives(kind, Type)


def is_plain(body: Any) -> bool:
    """Whether all keys are plain strings: to look one up, or to hash them, then runs nothing."""
    return all(map(is_, map(type, body), repeat(str)))


def flat(body: Any) -> dict[str, Any]:
    """What a dict (of whatever class) has under plain strings."""
    if not dict.__len__(body):
        return {}
    return {name: entry for name, entry in list(dict.items(body)) if type(name) is str}


def bodies_of(thing: Any) -> list[Any] | None:
    """The dicts of a type's classes, the first before the others, or of a module; None where not all are plain."""
    if id(thing) not in BODIES:
        bodies = unchecked(thing)
        BODIES[id(thing)] = thing, bodies if all(map(is_plain, bodies)) else None
    return BODIES[id(thing)][1]


def unchecked(thing: Any) -> list[Any]:
    """The same, whether or not they are plain: they may be counted, but nothing may be looked up in them."""
    return [module_body_of(thing)] if type(thing) is Module else [body_of(base) for base in line_of(thing)]


def outline(thing: Any) -> int:
    """A number that changes with how many names a type or module has, and stands for no other one."""
    if type(thing) is Module:
        return short_hash((id(thing), len(module_body_of(thing))))
    return short_hash((id(thing), *map(len, unchecked(thing))))


def short_hash(told: tuple[Any, ...]) -> int:
    """A hash of few digits, and never 0."""
    return hash(told) & 0xFFFFFFFF or 1


def trust(thing: Any) -> None:
    """Takes a type or module for plain that is one that was found to be."""
    BODIES[id(thing)] = thing, unchecked(thing)


def entry_of(thing: Any, name: str) -> Any:
    """What a module has, or what a type's values find in their classes, under one name; None where nothing is found."""
    for body in bodies_of(thing) or ():
        entry = body.get(name, Module)
        if entry is not Module:
            return entry
    return None


def table_of(thing: Any) -> dict[str, Any]:
    """All that a module has, or that a type's values find in their classes, by name."""
    table: dict[str, Any] = {}
    for body in reversed(bodies_of(thing) or ()):
        table |= body.copy()
    return table


def own_of(value: Any) -> dict[str, Any] | None:
    """The `__dict__` of an instance; None where it cannot be had."""
    getter: Any = entry_of(type(value), "__dict__")
    if getter is None:
        return {}
    if not (type(getter) is Getter or type(getter) is Member) or getter.__name__ != "__dict__":
        return None
    own = getter.__get__(value)
    return flat(own) if type(own) is dict else None


def name_of_module(module: Any) -> str:
    return word(entry_of(module, "__name__"))


def installed(thing: Any) -> bool:
    """Whether a type or module with plain names is Python's or a package's, whose parts nobody edits once it is loaded.

    A type is so only if its module knows it by its name: it could say anything of itself.
    """
    if type(thing) is not Module:
        module, name = word(module_of(thing)), word(name_of(thing))
        return found(module, name) is thing and installed(sys.modules[module])
    file = word(entry_of(thing, "__file__"))
    brought = "-packages" in file or file.startswith(PYTHON_FILES)
    return brought or name_of_module(thing).partition(".")[0] in sys.builtin_module_names


def public(name: Any) -> bool:
    """Whether a name is one that is meant for others, and can be written after a dot."""
    return type(name) is str and name.isidentifier() and name[0] != "_" and shown(name)


def shown(text: Any) -> bool:
    """Whether a text is one that can be sent: exactly a string, printable, not empty and not long."""
    return type(text) is str and 0 < len(text) <= LONGEST and text.isprintable()


def all_shown(texts: list[Any]) -> list[str]:
    """Those of some texts that can be sent; as a rule all of them, which is quickly seen."""
    if texts and is_plain(texts) and all(texts) and max(map(len, texts)) <= LONGEST and "".join(texts).isprintable():
        return texts
    return [text for text in texts if shown(text)]


def word(text: Any) -> str:
    return text if shown(text) else ""
