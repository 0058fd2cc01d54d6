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
from jupyter_codecompose.probe.offers import LEAST
from jupyter_codecompose.probe.slots import BODIES

sm: Any = import_module("statsmodels.api")
USUAL_NAMES = {f"{module}.{name}" for module, name in USUAL}


def told(known: dict[str, int], *things: Any, gone: dict[str, int] | None = None, end: float = inf) -> dict[str, Any]:
    """What one look tells of some types and modules."""
    BODIES.clear()
    kinds = Kinds(known, gone or {})
    for thing in things:
        kinds.of_module(thing) if isinstance(thing, ModuleType) else kinds.of_type(thing)
    return kinds.told(end)


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


def test_parts_are_not_told_of_without_end() -> None:
    crowd = {f"kind_{n}": 1 for n in range(MOST)}
    assert {kind["name"] for kind in told(crowd, np)["kinds"]} - USUAL_NAMES == {"numpy"}


def test_usual_types_have_the_names_that_they_are_imported_by() -> None:
    kinds = Kinds({}, {})
    assert kinds.of_type(pd.Series) == "pandas.Series"
    assert kinds.of_type(type(pd.DataFrame({"a": [1]}).groupby("a"))) == "pandas.api.typing.DataFrameGroupBy"
    assert kinds.of_type(type(plt.figure().gca())) == "matplotlib.axes.Axes"
    assert {"pandas.DataFrame", "pandas.Series", "numpy.ndarray"} <= set(told_in(kinds.told(inf)))


def test_what_there_was_no_time_for_is_told_in_the_next_looks() -> None:
    known: dict[str, int] = {}
    gone: dict[str, int] = {}
    parameters: dict[str, dict[str, list[str]]] = {}
    looks = 0
    more = True
    while more:
        look = told(known, np, gone={name: count for name, count in gone.items() if count}, end=0)
        (kind,) = look["kinds"]
        assert len(kind["parameters"]) <= LEAST
        known, gone[kind["name"]] = marks(look) | known | told_in(look), kind.get("gone", 0)
        parameters.setdefault(kind["name"], {}).update(kind["parameters"])
        looks, more = looks + 1, look["more"]
    whole = told({}, np)
    assert looks > len(whole["kinds"])
    assert known == marks(whole)
    assert parameters == {kind["name"]: kind["parameters"] for kind in whole["kinds"]}
    assert not whole["more"]


def test_what_has_changed_before_all_was_told_is_told_from_its_beginning() -> None:
    class Own:
        def first(self, a: int) -> None: ...

    usual = marks(told({}))
    (kind,) = told(usual, Own)["kinds"]
    Own.second = 1  # type: ignore[attr-defined]
    (kind,) = told(usual | {kind["name"]: kind["mark"]}, Own, gone={kind["name"]: 1})["kinds"]
    assert kind["parameters"] == {"first": ["a"]}
