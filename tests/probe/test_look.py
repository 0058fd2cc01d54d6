"""The probe's own reading, in this process: what it says of values, and that it touches none that it does not know."""

from __future__ import annotations

import functools
import types
from typing import Any

import pandas as pd
import pytest

from jupyter_codecompose import probe

CALLS: list[str] = []


def trap(name: str) -> Any:
    def called(*args: object, **named: object) -> Any:
        CALLS.append(name)
        raise RuntimeError(name)

    return called


DUNDERS = [
    *("__repr__", "__str__", "__len__", "__dir__", "__getattr__", "__getattribute__", "__iter__", "__bool__", "__eq__"),
    *("__hash__", "__format__", "__reduce__", "__reduce_ex__", "__sizeof__", "__call__", "__getitem__", "__contains__"),
    *("__index__", "__int__", "__float__", "__lt__", "__gt__", "__instancecheck__", "__subclasscheck__", "__fspath__"),
    *(
        "__array__",
        "__enter__",
        "__next__",
        "__reversed__",
        "__complex__",
        "__bytes__",
        "__missing__",
        "__length_hint__",
    ),
]
TRAPS = {name: trap(name) for name in DUNDERS}


class Meta(type):
    __getattribute__ = TRAPS["__getattribute__"]
    __instancecheck__ = TRAPS["__instancecheck__"]
    __subclasscheck__ = TRAPS["__subclasscheck__"]
    __repr__ = TRAPS["__repr__"]
    __eq__ = TRAPS["__eq__"]
    __hash__ = TRAPS["__hash__"]


def hostile() -> dict[str, object]:
    """Sixty kinds of values that notice when they are touched."""
    space: dict[str, object] = {}
    for name, trapped in TRAPS.items():
        space[f"only_{name.strip('_')}"] = type("Only", (), {name: trapped})()
    for base in (dict, list, str, int, tuple, set, pd.DataFrame, types.ModuleType):
        made = type(f"Hostile{base.__name__}", (base,), {})
        value = made("m") if base is types.ModuleType else made()
        for name, trapped in TRAPS.items():
            setattr(made, name, trapped)
        space[f"sub_{base.__name__}"] = value
    space["metaclass"] = Meta("Odd", (), {})
    space["of_metaclass"] = type.__call__(Meta("Odd", (), {}))
    space["lying_class"] = type("Liar", (), {"__class__": property(TRAPS["__str__"])})()
    space["lying_module_name"] = type("Liar", (), {"__module__": property(TRAPS["__str__"])})()
    space["everything"] = type("Everything", (), TRAPS)()
    module = types.ModuleType("lazy")
    module.__getattr__ = TRAPS["__getattr__"]  # type: ignore[method-assign]
    del module.__dict__["__name__"]
    space["lazy_module"] = module

    def function(a: object, b: object = space["everything"]) -> None: ...

    function.__dict__["__wrapped__"] = space["everything"]
    function.__kwdefaults__ = space["sub_dict"]  # type: ignore[assignment]
    function.__module__ = space["everything"]  # type: ignore[assignment]
    space["function"] = function
    space["partial"] = functools.partial(function)
    return space


def test_sixty_hostile_values_are_named_and_not_touched() -> None:
    space = hostile()
    CALLS.clear()
    facts = probe.facts_of(space, {})
    assert CALLS == []
    assert {fact["name"] for fact in facts} == set(space)
    kinds = {fact["name"]: fact["type"] for fact in facts}
    assert kinds["sub_dict"] == "Hostiledict"
    assert kinds["lying_class"] == "Liar"
    assert kinds["metaclass"] == "type"
    assert kinds["of_metaclass"] == "Odd"


def test_two_hundred_times() -> None:
    space = {f"name_{n}": value for n, value in enumerate(list(hostile().values()) * 4)}
    CALLS.clear()
    probe.facts_of(space, {})
    assert CALLS == []


def fact(value: object) -> dict[str, Any]:
    (found,) = probe.facts_of({"name": value}, {})
    return dict(found)


def test_a_frames_columns() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["region", "units", "units"])
    assert fact(frame)["members"] == ["region", "units", "units"]
    assert fact(frame)["type"] == "DataFrame"
    assert fact(frame)["module"].startswith("pandas")
    assert fact(pd.DataFrame([[1]]))["members"] == []
    assert fact(pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])))["members"] == []
    assert fact(pd.DataFrame([[1, 2]], columns=["a\n", "b"]))["members"] == ["b"]
    assert len(fact(pd.DataFrame([range(300)], columns=[f"c{n}" for n in range(300)]))["members"]) == 60


def test_a_small_dicts_keys_and_never_its_values() -> None:
    assert fact({"a": "secret", 1: "secret", "b": 2})["members"] == ["a", "b"]
    assert fact({str(n): n for n in range(61)})["members"] == []


def plain(a, b=1, /, c="x", *rest, d, e=None, f=CALLS, **more):  # type: ignore[no-untyped-def]
    pass


class Made:
    def __init__(self, width, *, height=2.5):  # type: ignore[no-untyped-def]
        pass


@pytest.mark.parametrize(
    ("value", "signature"),
    [
        (plain, "(a, b=1, /, c='x', *rest, d, e=None, f=…, **more)"),
        (functools.wraps(plain)(lambda *anything: None), "(a, b=1, /, c='x', *rest, d, e=None, f=…, **more)"),
        (lambda *, a="longer than sixteen", b=10**20: None, "(*, a=…, b=…)"),
        (lambda: None, "()"),
        (Made, "(width, *, height=2.5)"),
        (type("Heir", (Made,), {}), "(width, *, height=2.5)"),
        (int, ""),
        (print, ""),
    ],
    ids=range(8),
)
def test_signatures(value: object, signature: str) -> None:
    assert fact(value)["signature"] == signature


def test_a_long_signature_is_cut() -> None:
    names = ", ".join(f"parameter_{n}" for n in range(50))
    space: dict[str, Any] = {}
    exec(f"def long({names}): pass", space)
    assert len(fact(space["long"])["signature"]) <= 200


def test_modules_classes_and_what_is_hidden() -> None:
    assert (fact(pd)["type"], fact(pd)["module"]) == ("module", "pandas")
    assert (fact(Made)["type"], fact(Made)["module"]) == ("type", __name__)
    space = {"_private": 1, "open": open, "exit": 2, 3: 4, "not": 5}
    assert [f["name"] for f in probe.facts_of(space, {"open": open, "exit": 1})] == ["not", "exit"]


def test_no_more_than_its_time() -> None:
    space = {f"name_{n}": plain for n in range(100_000)}
    assert len(probe.facts_of(space, {})) <= probe.SEEN
