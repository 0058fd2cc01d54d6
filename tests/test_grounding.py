"""What of a suggestion may be shown, by the kernel's facts."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_codecompose.evidence import Evidence
from jupyter_codecompose.grounding import Grounding
from jupyter_codecompose.notebook import Part
from jupyter_codecompose.place import Place
from tests.namespaces import NAMESPACE, cell, notebook


def shown(left: str, text: str, *above: Part, pieces: int = 1000, right: str = "") -> str:
    ours = Grounding(Place.of(left, right), Evidence(NAMESPACE, notebook(left, right, *above)))
    return "".join(ours.feed(text[at : at + pieces]) for at in range(0, len(text), pieces)) + ours.close()


WRONG = [
    ("", 'x = weather["rain"].mean()', "x = weather["),
    ('x = weather["', 'rain"].mean()', ""),
    ("x = ", "weather.wind.mean() + weather.rain", "weather.wind.mean() + weather."),
    ("weather.", "hed()", ""),
    ("x = ", "weather.head(k=3)", "weather.head("),
    ("x = ", "top(weather, size=3)", "top(weather,"),
    ("x = ", "n + missing", "n +"),
    ("", "y = 1\nz = y + missing\nprint(z)", "y = 1\nz = y +"),
    ("def f(a):\n    ", "return missing", ""),
    ("", "for i in range(3):\n    print(i, weather['rain'])", "for i in range(3):\n    print(i, weather["),
    ("x = ", "paths['test']", "paths["),
    ("x = np.", "random.foo()", "random."),
    ("x = ", "f'{weather.rain}'", "f'{weather."),
    ("x = ", "[missing for i in range(3)]", ""),
    ("", 'weather["new"] = weather["rain"]', 'weather["new"] = weather['),
    ("x = ", "weather[['wind', 'rain']]", "weather[['wind',"),
    ("model.", "fit(1, z=2)", "fit(1,"),
    ("x = ", "n + np['a']", "n + np["),
    ("x = ", "weather.head['wind']", "weather.head["),
    ("def later(step):\n    return step\n\n", "x = n + step", "x = n +"),
    ("x = [step for step in range(3)]\n", "y = n + step", "y = n +"),
]
RIGHT = [
    ("", 'weather["rain"] = weather["wind"] * 2\nx = weather["rain"]'),
    ('weather["ra', 'in"] = 1'),
    ("", "model.beta = 1\nprint(model.beta)"),
    ("model.fit(1)\n", "print(model.coef_)"),
    ("", "rows = weather.head(n=3)\nrows.anything['x'].foo(k=1)"),
    ("x = ", "proxy.anything.at(all=1)"),
    ("x = ", "wide['b']"),
    ("", "for row, other in zip_all(n): print(row, other)".replace("zip_all", "print")),
    ("x = ", "[a + b for a, b in print(n) if (c := a) and c]"),
    ("x = ", "lambda q, r=1: q + r"),
    ("", "with open('x') as file:\n    print(file)"),
    ("", "def later(a, *b, **c):\n    return a, b, c, later"),
    ("", "import pandas as pd, os.path\nfrom a.b import (c,\n d as e)\nprint(pd, os, c, e)"),
    ("", "try:\n    missing\nexcept NameError:\n    missing = 1"),
    ("x = ", "'weather[\"rain\"] missing' # weather.rain"),
    ("x = ", "weather.loc['rain'], weather['wind']['rain'], print(anything=1)"),
    ("if 'rain' in weather.columns:\n    ", "print(weather['rain'])"),
    ("", "match n:\n    case [a, b]:\n        print(a, b)"),
    ("", "print(__name__, _, _x)"),
    ("", "from other import *\nprint(missing)"),
    ("", "class A:\n    z = 1\n    def f(self): return self.q, A.z"),
    ("", "global thing\nprint(thing)"),
    ("x = ", "weather['wi"),
    ("x = [a for a in range(3) if (late := a)]\n", "y = n + late"),
    ("def later():\n    global thing\n    thing = 1\n", "print(later, n)"),
]


@pytest.mark.parametrize(("left", "text", "expected"), WRONG)
@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_it_ends_before_what_does_not_exist(left: str, text: str, expected: str, pieces: int) -> None:
    assert shown(left, text, pieces=pieces) == expected


@pytest.mark.parametrize(("left", "text"), RIGHT)
@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_what_may_exist_is_left_alone(left: str, text: str, pieces: int) -> None:
    assert shown(left, text, pieces=pieces) == text


def test_what_stands_behind_the_cursor_counts() -> None:
    assert shown("x = [", "item", right=" for item in range(3)]") == "item"
    assert shown("x = [", "item", right="]") == ""
    assert shown("print(", "late)", right="\nlate = 1") == "late)"


def test_a_name_that_another_cell_binds_is_known() -> None:
    assert shown("x = ", "n + missing", cell("missing = 1", stale=True)) == "n + missing"
    assert shown("x = ", "n + missing", cell("# missing\nf(missing)", stale=True)) == "n +"


SIGNS = "ab=.[]()\"' \n:,f#"
PIECES = st.sampled_from([*SIGNS, "weather", "wind", "rain", " for ", " in ", "==", ":=", "lambda ", "n"])


@given(st.lists(PIECES, max_size=20).map("".join), st.integers(1, 5))
@example("a==", 1)
@example("== [a for a in b]\nx = a", 1)
def test_pieces_say_what_the_whole_says(text: str, pieces: int) -> None:
    inpieces, whole = shown("x = weather", text, pieces=pieces), shown("x = weather", text)
    assert text.startswith(inpieces)
    assert text.startswith(whole)
    assert not parses("x = weather" + text) or inpieces.rstrip() == whole.rstrip()


def parses(text: str) -> bool:
    """Whether a text is Python: what is not may read otherwise with each letter more."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
