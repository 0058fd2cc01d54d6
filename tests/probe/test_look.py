"""The probe's own reading, in this process: what it says of values, and that it touches none that it does not know."""

from __future__ import annotations

import functools
import types
from time import perf_counter
from typing import Any

import pandas as pd
import pytest

from jupyter_codecompose.probe import look
from jupyter_codecompose.probe.kinds import Kinds
from jupyter_codecompose.probe.names import Names
from jupyter_codecompose.probe.offers import type_told
from jupyter_codecompose.probe.slots import BODIES

CALLS: list[str] = []


@pytest.fixture(autouse=True)
def afresh() -> None:
    """Each test is a look of its own."""
    BODIES.clear()


def trap(name: str) -> Any:
    def called(*args: object, **named: object) -> Any:
        CALLS.append(name)
        raise RuntimeError(name)

    return called


DUNDERS = [
    *("__repr__", "__str__", "__len__", "__dir__", "__getattr__", "__getattribute__", "__iter__", "__bool__", "__eq__"),
    *("__hash__", "__format__", "__reduce__", "__reduce_ex__", "__sizeof__", "__call__", "__getitem__", "__contains__"),
    *("__index__", "__int__", "__float__", "__lt__", "__gt__", "__instancecheck__", "__subclasscheck__", "__fspath__"),
    *("__array__", "__enter__", "__next__", "__reversed__", "__complex__", "__bytes__", "__missing__", "__get__"),
    "__length_hint__",
]
TRAPS = {name: trap(name) for name in DUNDERS}


class Meta(type):
    __getattribute__ = TRAPS["__getattribute__"]
    __instancecheck__ = TRAPS["__instancecheck__"]
    __subclasscheck__ = TRAPS["__subclasscheck__"]
    __repr__ = TRAPS["__repr__"]
    __eq__ = TRAPS["__eq__"]
    __hash__ = TRAPS["__hash__"]


class Key(str):
    """A name that notices when it is compared."""

    __slots__ = ()
    __eq__ = TRAPS["__eq__"]
    __hash__ = str.__hash__


def hostile() -> dict[str, object]:
    """More than sixty kinds of values that notice when they are touched."""
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
    space["lying_dict"] = type("Liar", (), {"__dict__": property(TRAPS["__str__"])})()
    space["property"] = type("Lazy", (), {"value": property(TRAPS["__str__"]), "__set_name__": TRAPS["__str__"]})()
    space["everything"] = type("Everything", (), TRAPS)()
    space["odd_keys"] = type("Keys", (), {Key("x"): 1, Key("__call__"): 2})()
    space["odd_own_keys"] = type("Owner", (), {})()
    space["odd_own_keys"].__dict__[Key("x")] = 1
    space["class_of_odd_keys"] = type("Keys", (), {Key("x"): 1})
    module = types.ModuleType("lazy")
    module.__getattr__ = TRAPS["__getattr__"]  # type: ignore[method-assign]
    del module.__dict__["__name__"]
    module.__dict__[Key("__name__")] = "lie"
    space["lazy_module"] = module

    def function(a: object, b: object = space["everything"]) -> None: ...

    function.__dict__["__wrapped__"] = space["everything"]
    function.__dict__[Key("__signature__")] = space["everything"]
    function.__kwdefaults__ = space["sub_dict"]  # type: ignore[assignment]
    function.__module__ = space["everything"]  # type: ignore[assignment]
    space["function"] = function
    space["partial"] = functools.partial(function)
    compiled = type("cython_function_or_method", (), {"__code__": property(TRAPS["__str__"]), **TRAPS})
    entries = {"bound": types.MethodType(function, space["everything"]), "compiled": compiled()}
    entries["of_everything"] = types.MethodType(space["everything"], 1)  # type: ignore[arg-type]
    space["methods"] = type("Methods", (), entries)()
    space["class_of_methods"] = type("Methods", (), entries)
    return space


def seen(space: dict[Any, Any], hidden: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a first look tells of all names where it may take its time."""
    told: dict[str, Any] = look.seen(space, hidden or {}, Kinds({}, {}), perf_counter() + 60, again=False)["names"]
    return told


def test_hostile_values_are_named_and_not_touched() -> None:
    space = hostile()
    assert len(space) > 50
    CALLS.clear()
    told = seen({f"{name}_{n}": value for n in range(4) for name, value in space.items()})
    assert CALLS == []
    kinds = {variable["name"].removesuffix("_0"): variable for variable in told["variables"]}
    assert set(kinds) >= set(space)
    assert kinds["sub_dict"]["type"] == "Hostiledict"
    assert kinds["lying_class"]["type"] == "Liar"
    assert (kinds["metaclass"]["type"], kinds["of_metaclass"]["type"]) == ("type", "Odd")
    assert kinds["odd_keys"]["open"]
    assert told["complete"]


def variable(value: object) -> dict[str, Any]:
    """What is told of one value."""
    return Names(Kinds({}, {})).value(value)


class Box:
    """A class of a user."""

    depth = 3

    def __init__(self, width: int) -> None:
        self.width = width
        self._hidden = 1


def test_what_is_the_instances_own() -> None:
    assert variable(Box(1))["own"] == ["width"]
    assert variable(Box(1))["kind"] == f"{__name__}.Box"
    assert variable(types.SimpleNamespace(a=1, _b=2))["own"] == ["a"]
    slotted = variable(type("Slotted", (), {"__slots__": ("a",)})())
    assert not {"own", "open"} & set(slotted)
    held = variable(types.SimpleNamespace(a=1, table=pd.DataFrame(), _b=pd.DataFrame(), column=pd.Series([1])))
    assert held["parts"] == {"table": "pandas.DataFrame", "column": "pandas.Series"}
    crowd = Box(1)
    crowd.__dict__.update({f"name_{n}": n for n in range(1000)})
    assert variable(crowd)["open"]
    assert len(variable(crowd)["own"]) == 500


def test_torch_modules_have_their_parts() -> None:
    from torch import nn

    told = variable(nn.Linear(1, 1))
    assert set(told["own"]) >= {"weight", "bias", "in_features"}
    assert not told["open"]


def test_what_wraps_the_results_of_statsmodels_has_their_names() -> None:
    import statsmodels.api as sm

    results = sm.OLS([1.0, 2.0, 4.0], [[1.0], [2.0], [3.0]]).fit()
    told = variable(results)
    names = {*told["own"], *type_told(type(results))["attributes"]}
    assert not told["open"]
    assert not type_told(type(results))["open"]
    assert {name for name in dir(results) if name[0] != "_"} <= names
    assert {"rsquared", "params"} <= set(told["own"])
    assert "save" not in told["own"], "its type's own, which is told of with its keywords"


def test_modules_classes_and_what_is_hidden() -> None:
    assert (variable(pd)["type"], variable(pd)["module"], variable(pd)["kind"]) == ("module", "pandas", "pandas")
    assert (variable(Box)["type"], variable(Box)["module"]) == ("type", __name__)
    assert variable(Box)["kind"] == f"type[{__name__}.Box]"
    space = {"_private": 1, "open": open, "exit": 2, 3: 4, "last": 5}
    told = seen(space, {"open": open, "exit": 1, "_i": 1})
    assert [one["name"] for one in told["variables"]] == ["exit", "last"]
    assert told["hidden"] == ["open", "exit"]


def test_asked_again_it_tells_of_the_same_kinds_and_of_no_names() -> None:
    space = {"box": Box(1), "Box": Box, "pd": pd, "frame": pd.DataFrame({"a": [1]}), "n": 1}
    first, again = (look.seen(space, {}, Kinds({}, {}), perf_counter() + 60, again) for again in (False, True))
    assert [one["name"] for one in first["names"]["variables"]] == [*space]
    assert again == {**first, "names": None}


@pytest.mark.parametrize("name", ["x" * 300, "not an identifier", "a\nb", "a\ud800", ""])
def test_names_that_nobody_can_write_are_left_out(name: str) -> None:
    assert seen({name: 1, "x": 2})["variables"][0]["name"] == "x"


def test_a_million_variables_take_no_more_than_their_time() -> None:
    space = {f"name_{n}": n for n in range(1_000_000)}
    began = perf_counter()
    told = look.seen(space, {}, Kinds({}, {}), perf_counter(), again=False)["names"]
    assert perf_counter() - began < 1
    assert not told["complete"]
    assert len(told["variables"]) <= look.SEEN
    assert told["variables"][-1]["name"] == "name_999999"


@pytest.mark.parametrize(("ago", "late"), [(1, True), (-60, False)])
def test_it_is_said_where_there_was_no_time_for_all_names(ago: float, late: bool) -> None:
    told = look.seen({"x": 1}, {}, Kinds({}, {}), perf_counter() - ago, False)["names"]
    assert (told["late"], told["complete"]) == (late, not late)
