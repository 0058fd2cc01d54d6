"""Which types and modules a look tells of: each once, for as long as it is as it was."""

from __future__ import annotations

import os
from importlib import import_module
from math import inf
from types import ModuleType
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from jupyter_codecompose.probe.kinds import MOST, USUAL, Kinds
from jupyter_codecompose.probe.slots import BODIES

sm: Any = import_module("statsmodels.api")
USUAL_NAMES = {f"{module}.{name}" for module, name in USUAL}


def told(known: dict[str, int], *things: Any, **more: Any) -> dict[str, Any]:
    """What one look tells of some types and modules."""
    BODIES.clear()
    kinds = Kinds(known)
    for thing in things:
        kinds.of_module(thing) if isinstance(thing, ModuleType) else kinds.of_type(thing)
    return told_by(kinds, **more)


def told_by(kinds: Kinds, soon: float = inf, **more: int) -> dict[str, Any]:
    return kinds.told(inf, soon, **more)


def marks(look: dict[str, Any]) -> dict[str, int]:
    """What the next question says is known: 0 where only the name is."""
    parts = [part for kind in look["kinds"] for part in kind["modules"].values()]
    return dict.fromkeys(parts, 0) | told_in(look)


def told_in(look: dict[str, Any]) -> dict[str, int]:
    return {kind["name"]: kind["mark"] for kind in look["kinds"]}


def test_each_is_told_once() -> None:
    class Own:
        def first(self, a: int) -> None: ...

    first = told({}, Own, int, np)
    assert {"builtins.int", "numpy", "numpy.linalg"} <= set(marks(first))
    again = told(marks(first), Own, int, np)
    assert again["kinds"] == []
    assert set(again["same"]) == set(marks(first))


def test_what_has_changed_is_told_anew() -> None:
    class Own:
        def first(self, a: int) -> None: ...

    known = marks(told({}, Own))
    Own.second = 1  # type: ignore[attr-defined]
    (kind,) = told(known, Own)["kinds"]
    assert kind["attributes"] == ["first", "second"]

    def other(self: Own, b: int) -> None: ...

    Own.first.__code__ = other.__code__
    (kind,) = told(known | {kind["name"]: kind["mark"]}, Own)["kinds"]
    assert kind["parameters"]["first"] == ["b"]


def test_two_of_one_name() -> None:
    def made() -> type:
        class Twin:
            pass

        return Twin

    names = list(marks(told({}, made(), made())))
    assert names[1] == names[0] + "'"


def test_the_parts_of_a_package() -> None:
    look = {kind["name"]: kind for kind in told({}, np, os)["kinds"]}
    assert look["numpy"]["modules"]["linalg"] == "numpy.linalg"
    assert "norm" in look["numpy.linalg"]["attributes"]
    assert look["os"]["modules"] == {"path": os.path.__name__}
    assert "sys" not in look["os"]["modules"]


def test_two_levels_of_a_package() -> None:
    look = {kind["name"]: kind for kind in told({}, sm)["kinds"]}
    assert look["statsmodels.api"]["modules"]["datasets"] == "statsmodels.datasets"
    assert look["statsmodels.datasets"]["modules"]["macrodata"] == "statsmodels.datasets.macrodata"
    assert look["statsmodels.datasets.macrodata"]["attributes"] == sorted(
        name for name in vars(sm.datasets.macrodata) if name[0] != "_"
    )
    assert not look["statsmodels.datasets.macrodata"]["modules"]


def test_parts_are_told_of_once_there_is_time_and_not_without_end() -> None:
    first = {kind["name"] for kind in told({}, np, sm, soon=0)["kinds"]} - USUAL_NAMES
    assert first == {"numpy", "statsmodels.api"}
    crowd = {f"kind_{n}": 1 for n in range(MOST)}
    assert {kind["name"] for kind in told(crowd, np)["kinds"]} - USUAL_NAMES == {"numpy"}


def test_usual_types_have_the_names_that_they_are_imported_by() -> None:
    kinds = Kinds({})
    assert kinds.of_type(pd.Series) == "pandas.Series"
    assert kinds.of_type(type(pd.DataFrame({"a": [1]}).groupby("a"))) == "pandas.api.typing.DataFrameGroupBy"
    assert kinds.of_type(type(plt.figure().gca())) == "matplotlib.axes.Axes"
    assert {"pandas.DataFrame", "pandas.Series", "numpy.ndarray"} <= set(told_in(told_by(kinds)))


def test_what_does_not_fit_is_told_in_the_next_look() -> None:
    known: dict[str, int] = {}
    looks = 0
    while (look := told(known, np, room=1_000))["kinds"]:
        known = marks(look) | known | told_in(look)
        looks += 1
    assert looks > 2
    assert known == marks(told({}, np))
