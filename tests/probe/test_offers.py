"""What types, classes and modules are said to offer, held against what Python itself finds in them."""

from __future__ import annotations

import builtins
import contextlib
import datetime as datetime_module
import enum
import inspect
import os
import types
import weakref
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
import xarray as xr

from jupyter_codecompose.probe.calls import is_checked
from jupyter_codecompose.probe.offers import class_told, module_told, type_told
from jupyter_codecompose.probe.slots import BODIES


@pytest.fixture(autouse=True)
def afresh() -> None:
    """Each test is a look of its own."""
    BODIES.clear()


class Color(enum.Enum):
    RED = 1


class Area:
    """A class of a user."""

    def __init__(self, side: int) -> None:
        self._side = side

    @property
    def size(self) -> int:
        raise RuntimeError

    def scaled(self, by: float, *, steps: int = 1) -> None: ...

    @staticmethod
    def unit(name: str) -> None: ...

    @classmethod
    def of(cls, other: Area) -> None: ...

    def loose(self, **named: int) -> None: ...

    def __call__(self, factor: int) -> None: ...


def test_a_users_class() -> None:
    assert type_told(Area) == {
        "attributes": ["loose", "of", "scaled", "size", "unit"],
        "open": False,
        "parameters": {"scaled": ["by", "steps"], "unit": ["name"], "of": ["other"], "__call__": ["factor"]},
        "unsubscriptable": ["loose"],
        "subscriptable": False,
    }
    told = class_told(Area)
    assert told["parameters"]["__call__"] == ["side"]
    assert told["parameters"]["scaled"] == ["self", "by", "steps"]
    assert not told["open"]


VALUES = [
    *(1, 1.5, "text", b"bytes", [1], (1,), {1}, {"a": 1}, None, range(3), slice(1), len, iter([1]), (n for n in "")),
    *(datetime.now(), Decimal(1), Counter(), defaultdict(int), Path(), types.SimpleNamespace(), Area(1), Color.RED),
    *(np.zeros(3), np.float64(1), np.random.default_rng(0), np.ma.zeros(3), np.dtype("f8"), np.add),
    *(pd.DataFrame({"a": [1]}), pd.Series([1]), pd.Index([1]), pd.Timestamp(0)),
    *(torch.zeros(1), torch.nn.Linear(1, 1), torch.optim.SGD([torch.zeros(1)], 0.1)),
    *(pl.DataFrame({"a": [1]}), pl.Series([1]), xr.Dataset(), xr.DataArray([1]), plt.Figure()),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_all_that_is_found_in_a_type_is_told_and_the_type_is_not_open(value: object) -> None:
    told = type_told(type(value))
    found = {name for base in type(value).__mro__ for name in vars(base) if name[0] != "_"}
    assert found == set(told["attributes"])
    assert not told["open"]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_the_keywords_are_those_that_python_finds(value: object) -> None:
    for name, told in type_told(type(value))["parameters"].items():
        with contextlib.suppress(ValueError):
            parameters = inspect.signature(getattr(value, name)).parameters.values()
            named = {one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
            assert named <= set(told)
            unnamed = any(one.kind is one.VAR_KEYWORD for one in parameters)
            assert not unnamed or is_checked(inspect.unwrap(getattr(type(value), name)))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_from_what_is_told_to_be_unsubscriptable_nothing_can_be_subscribed(value: object) -> None:
    for name in type_told(type(value))["unsubscriptable"]:
        with pytest.raises(TypeError):
            getattr(value, name)["a"]


class Anything:
    def __getattr__(self, name: str) -> int:
        return 1


class Everything:
    def __getattribute__(self, name: str) -> int:
        return 1


class Heir(Anything):
    pass


class Lazy(types.ModuleType):
    pass


@pytest.mark.parametrize(
    "kind",
    [Anything, Everything, Heir, Lazy, super, weakref.ProxyType, types.MethodType],
    ids=lambda kind: kind.__name__,
)
def test_where_anything_may_be_found(kind: type) -> None:
    assert type_told(kind)["open"]


class Meta(type):
    def __getattr__(cls, name: str) -> int:
        return 1


@pytest.mark.parametrize(
    ("kind", "opened"), [(Color, False), (Area, False), (Meta("Open", (), {}), True), (int, False)]
)
def test_classes_themselves(kind: type, opened: bool) -> None:
    assert class_told(kind)["open"] is opened
    assert {name for name in dir(kind) if name[0] != "_"} <= set(class_told(kind)["attributes"])


MODULES = [np, np.linalg, np.random, pd, plt, mpl, os, torch, torch.nn, torch.nn.functional, pl, xr]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_modules(module: types.ModuleType) -> None:
    told = module_told(module)
    assert not told["open"]
    assert {name for name in dir(module) if name[0] != "_"} <= set(told["attributes"])


@pytest.mark.parametrize("module", [*MODULES, builtins, datetime_module], ids=lambda module: module.__name__)
def test_nothing_can_be_subscribed_from_plain_classes_functions_and_numbers(module: types.ModuleType) -> None:
    for name in module_told(module)["unsubscriptable"]:
        with pytest.raises(TypeError):
            getattr(module, name)["a"]


def test_classes_that_can_be_subscribed_are_not_told_to_be_unsubscriptable() -> None:
    assert not {"list", "dict", "type"} & set(module_told(builtins)["unsubscriptable"])
    assert {"ValueError", "memoryview"} <= set(module_told(builtins)["unsubscriptable"])
    assert {"date", "timedelta", "MAXYEAR"} <= set(module_told(datetime_module)["unsubscriptable"])


def test_numpy_has_what_it_loads_late_and_not_what_it_has_lost() -> None:
    told = module_told(np)["attributes"]
    assert {"linalg", "fft", "random", "testing", "ma"} <= set(told)
    assert not {"float_", "str", "bool8", "asfarray", "object"} & set(told)


def test_functions_of_modules() -> None:
    told = module_told(pd)["parameters"]
    assert {"left", "right", "how", "on"} <= set(told["merge"])
    assert "columns" in told["DataFrame"]
    assert "axis" in module_told(np)["parameters"]["mean"]


def test_a_module_with_a_door() -> None:
    module = types.ModuleType("mine")
    module.__dict__["__getattr__"] = lambda name: 1
    assert module_told(module)["open"]


def test_frames() -> None:
    told: Any = type_told(pd.DataFrame)["parameters"]
    assert {"by", "level", "sort"} <= set(told["groupby"])
    assert {"how", "on", "right"} <= set(told["merge"])
