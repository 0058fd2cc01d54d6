"""What is called with what, by code objects alone."""

from __future__ import annotations

import builtins
import contextlib
import functools
import inspect
import random
import threading
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_codecompose.probe.calls import CHECKED, constructor, keywords, made_with, signature
from jupyter_codecompose.probe.slots import BODIES


@pytest.fixture(autouse=True)
def afresh() -> None:
    """Each test is a look of its own."""
    BODIES.clear()


def plain(a, b=1, /, c="x", *rest, d, e=None, f=BODIES, **more):  # type: ignore[no-untyped-def]
    pass


def closed(a, b=1, /, c="x", *, d):  # type: ignore[no-untyped-def]
    pass


class Made:
    def __init__(self, width, *, height=2.5):  # type: ignore[no-untyped-def]
        pass

    @classmethod
    def of(cls, side):  # type: ignore[no-untyped-def]
        pass


def passing(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that hands everything on, and takes one thing more."""

    @functools.wraps(function)
    def wrapper(*args: Any, verbose: bool = False, **named: Any) -> Any:
        return function(*args, **named)

    return wrapper


def narrowing(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that takes one thing only."""

    @functools.wraps(function)
    def wrapper(only: Any) -> Any:
        return function(only, d=1)

    return wrapper


def opaque(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that does not say what it wraps."""

    def wrapper(*args: Any, **named: Any) -> Any:
        return function(*args, **named)

    return wrapper


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (plain, "(a, b=1, /, c='x', *rest, d, e=None, f=…, **more)"),
        (functools.wraps(plain)(lambda *anything: None), "(a, b=1, /, c='x', *rest, d, e=None, f=…, **more)"),
        (lambda *, a="longer than sixteen", b=10**20: None, "(*, a=…, b=…)"),
        (lambda: None, "()"),
    ],
    ids=range(4),
)
def test_signatures(value: object, text: str) -> None:
    assert signature(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(Made, "(width, *, height=2.5)"), (type("Heir", (Made,), {}), "(width, *, height=2.5)"), (int, "")],
)
def test_constructors(value: type, text: str) -> None:
    assert constructor(value) == text


def test_a_long_signature_is_cut() -> None:
    names = ", ".join(f"parameter_{n}" for n in range(50))
    space: dict[str, Any] = {}
    exec(f"def long({names}): pass", space)
    assert len(signature(space["long"])) <= 200
    assert len(keywords(space["long"]) or ()) == 50


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (closed, ["c", "d"]),
        (plain, None),
        (passing(closed), ["verbose", "c", "d"]),
        (passing(passing(closed)), ["verbose", "c", "d"]),
        (passing(plain), None),
        (narrowing(closed), ["only"]),
        (opaque(closed), None),
        (functools.lru_cache(closed), ["c", "d"]),
        (np.mean, ["a", "axis", "dtype", "out", "keepdims", "where"]),
        (print, ["sep", "end", "file", "flush"]),
        (open, inspect.signature(open).parameters.keys()),
        (str.split, ["sep", "maxsplit"]),
        (dict.pop, []),
        (max, None),
        ([].append, None),
        (np.arange, None),
        (np.random.default_rng, ["seed"]),
        (np.random.normal, ["loc", "scale", "size"]),
        (random.choices, ["population", "weights", "cum_weights", "k"]),
        (functools.partial(closed), None),
        (3, None),
        (threading.Thread.join, ["self", "timeout"]),
    ],
    ids=range(22),
)
def test_keywords(value: object, names: Any) -> None:
    assert keywords(value) == (names if names is None else list(names))


def test_keywords_of_what_says_itself_how_it_is_called() -> None:
    def told(a: int) -> None: ...

    told.__dict__["__signature__"] = inspect.signature(closed)
    assert keywords(told) == ["c", "d"]
    told.__dict__["__signature__"] = inspect.signature(plain)
    assert keywords(told) is None
    told.__dict__["__signature__"] = "(a)"
    assert keywords(told) is None


BUILTIN = [function for function in vars(builtins).values() if type(function) is type(len)]
DESCRIBED = [function for kind in (str, bytes, list, dict, int) for function in vars(kind).values()]


@pytest.mark.parametrize(
    "functions",
    [
        BUILTIN,
        [function for function in DESCRIBED if type(function) is type(str.join)],
        [function for name, function in vars(np.random.Generator).items() if name[0] != "_" and callable(function)],
    ],
    ids=["builtins", "methods", "cython"],
)
def test_what_is_compiled_is_called_as_python_says(functions: list[Any]) -> None:
    known = 0
    for function in functions:
        with contextlib.suppress(ValueError):
            parameters = inspect.signature(function).parameters.values()
            if not any(one.kind is one.VAR_KEYWORD for one in parameters):
                named = [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
                assert keywords(function) == named
                known += 1
    assert known > 25


CLOSED = [(kind, name) for kind in (pd.DataFrame, pd.Series) for name in CHECKED if hasattr(kind, name)]


@pytest.mark.parametrize(("kind", "name"), CLOSED, ids=lambda one: getattr(one, "__name__", one))
def test_what_pandas_takes_for_numpys_sake_it_refuses_from_others(kind: Any, name: str) -> None:
    taken = keywords(getattr(kind, name))
    assert taken is not None
    with pytest.raises(TypeError, match="unexpected keyword"):
        getattr(kind({"a": [1.5, 2.5]}) if kind is pd.DataFrame else kind([1.5, 2.5]), name)(no_such=1)


@dataclass
class Point:
    x: int
    y: int = 0


class Odd(type):
    def __call__(cls, *args: Any) -> Any:
        return 1


class Both:
    def __new__(cls, a: int) -> Both:
        return object.__new__(cls)

    def __init__(self, a: int) -> None:
        pass


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Made, ["width", "height"]),
        (Point, ["x", "y"]),
        (namedtuple("Pair", "left right"), ["left", "right"]),
        (type("Bare", (), {}), []),
        (Odd("Strange", (), {"__init__": Made.__init__}), None),
        (Both, None),
        (int, None),
        (pd.DataFrame, ["data", "index", "columns", "dtype", "copy"]),
    ],
    ids=range(8),
)
def test_what_classes_are_made_with(kind: type, names: list[str] | None) -> None:
    assert made_with(kind) == names
