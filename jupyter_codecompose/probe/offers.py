"""What is said of a type, a class or a module: the public names after its dot, and the keywords that these take."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import perf_counter
from typing import Any

from jupyter_codecompose.probe.calls import Cached, Dispatched, behind, keywords, made_with
from jupyter_codecompose.probe.compiled import Builtin, Descriptor
from jupyter_codecompose.probe.slots import (
    Function,
    Module,
    Type,
    Wrapper,
    bodies_of,
    body_of,
    derives,
    entry_of,
    flat,
    found,
    is_class,
    module_of,
    name_of_module,
    public,
    table_of,
)

ATTRIBUTES = 4_000
LEAST = 32
"""So many names are gone through in any case."""
PLAIN = ("builtins", "collections", "datetime", "decimal", "itertools", "numpy", "types")
"""Where types in C say that they find attributes themselves, and do it as `object` does."""
ODD = (Module, super, type(found.__get__(0)), type(list[int]))
"""Types of theirs that do not."""
GETTERS = (
    ("enum", "EnumType"),
    ("pandas.core.generic", "NDFrame"),
    ("polars.dataframe.frame", "DataFrame"),
    ("polars.series.series", "Series"),
    ("sklearn.utils", "Bunch"),
    ("torch.nn.modules.module", "Module"),
    ("vega_datasets.core", "DataLoader"),
    ("vega_datasets.core", "LocalDataLoader"),
    ("xarray.core.common", "AttrAccessMixin"),
)
"""Classes whose `__getattr__` finds only what is told of a value anyway."""
LISTING = (("vega_datasets.core", "DataLoader", "_datasets"),)
"""Some of them, and a dict in which they look."""
FINDERS = (("statsmodels.base.wrapper", "ResultsWrapper"),)
"""Classes whose `__getattribute__` does."""
UNSUBSCRIPTABLE = (Function, Builtin, Descriptor, Cached, Dispatched, bool, int, float, complex)
"""Types whose values nothing can be subscribed from."""
LAZY = ("matplotlib", "numpy", "plotly", "polars", "scipy", "sklearn", "torch")
"""Packages whose `__getattr__` finds only what its own text, a list of modules or `__all__` names."""

Told = dict[str, Any]
Table = dict[str, Any]


def type_told(kind: type, gone: int = 0, end: float = inf) -> Told:
    """What the values of a type offer."""
    table = table_of(kind)
    for module, name, lists in LISTING:
        listed = table.get(lists) if derives(kind, found(module, name)) else None
        table |= dict.fromkeys(flat(listed)) if type(listed) is dict else {}
    return {**offered(table, is_open(table), bound, gone, end), "subscriptable": "__getitem__" in table}


def class_told(kind: type, gone: int = 0, end: float = inf) -> Told:
    """What a class itself offers."""
    meta, table = table_of(type(kind)), table_of(kind)
    told = offered({**meta, **table}, is_open(meta), unbound, gone, end)
    told["subscriptable"] = kind is Type or "__getitem__" in meta or "__class_getitem__" in table
    made = made_with(kind)
    if made is not None:
        told["parameters"]["__call__"] = made
    return told


def module_told(module: Any, gone: int = 0, end: float = inf) -> Told:
    """What a module offers."""
    table = table_of(module)
    getter = table.get("__getattr__")
    if getter is None:
        return offered(table, False, unbound, gone, end)
    package = name_of_module(module).partition(".")[0]
    return offered({**dict.fromkeys(lazy(getter, table)), **table}, package not in LAZY, unbound, gone, end)


def offered(table: Table, hidden: bool, takes: Callable[[Any], list[str] | None], gone: int, end: float) -> Told:
    """The public names of a table, and what those take that can be called; `hidden`: whether there may be more.

    The first `gone` names have been gone through before; where there is no time for all others, it is told how many
    have been now.
    """
    names = sorted(filter(public, table))
    called = [*names[:ATTRIBUTES], *(["__call__"] if takes is bound and "__call__" in table else [])]
    parameters: dict[str, list[str]] = {}
    unsubscriptable = []
    told = {"attributes": names[:ATTRIBUTES], "open": hidden or len(names) > ATTRIBUTES}
    for at in range(gone, len(called)):
        if at >= gone + LEAST and perf_counter() > end:
            told["gone"] = at
            break
        taken = takes(table[called[at]])
        if taken is not None:
            parameters[called[at]] = taken
        elif is_unsubscriptable(table[called[at]]):
            unsubscriptable.append(called[at])
    return {**told, "parameters": parameters, "unsubscriptable": unsubscriptable}


def is_unsubscriptable(entry: Any) -> bool:
    """Whether nothing can be subscribed from an entry, by what it is."""
    if type(entry) is staticmethod or type(entry) is classmethod:
        entry = entry.__func__
    kind = type(entry)
    if kind is not Type:
        return any(kind is plain for plain in UNSUBSCRIPTABLE)
    return entry is not Type and bodies_of(entry) is not None and entry_of(entry, "__class_getitem__") is None


def bound(entry: Any) -> list[str] | None:
    """What a class's entry takes where it is got from an instance."""
    kind = type(entry)
    if kind is staticmethod or kind is classmethod:
        return keywords(entry.__func__, skip=kind is classmethod)
    return keywords(entry, skip=1)


def unbound(entry: Any) -> list[str] | None:
    """What an entry takes where it is got from its class or module."""
    kind = type(entry)
    if kind is staticmethod or kind is classmethod:
        return keywords(entry.__func__, skip=kind is classmethod)
    return made_with(entry) if is_class(kind) else keywords(entry)


def is_open(table: Table) -> bool:
    """Whether the values of a class with this table may have attributes that it does not tell of."""
    getter: Any = table.get("__getattr__")
    finder: Any = table.get("__getattribute__")
    if getter is not None and not any(getter is found_in(*owner, "__getattr__") for owner in GETTERS):
        return True
    if finder is object.__dict__["__getattribute__"]:
        return False
    if any(finder is found_in(*owner, "__getattribute__") for owner in FINDERS):
        return False
    owner = finder.__objclass__ if type(finder) is Wrapper else None
    return owner is None or module_of(owner) not in PLAIN or any(owner is odd for odd in ODD)


def found_in(module: str, name: str, entry: str) -> Any:
    """An entry of a class that is already loaded."""
    owner = found(module, name)
    return found if owner is found else body_of(owner).get(entry, found)


def lazy(getter: Any, table: Table) -> list[str]:
    """The names that a module's `__getattr__` is known to find."""
    function = getter if type(getter) is Function else behind(getter)
    if type(function) is not Function:
        return []
    code = function.__code__
    lists = [table.get(name) for name in ("__all__", *code.co_names) if name == "__all__" or name.endswith("modules")]
    named = [name for names in lists if type(names) is list or type(names) is set for name in names]
    return [name for name in (*code.co_consts, *named) if public(name)]
