"""What of a suggestion may be shown, by the kernel's facts."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_codecompose.evidence import Evidence
from jupyter_codecompose.facts import Kind, Namespace, Variable
from jupyter_codecompose.grounding import Grounding
from jupyter_codecompose.notebook import Part
from jupyter_codecompose.place import Place
from jupyter_codecompose.results import FRAME, GROUP, GROUPS, SERIES
from tests.namespaces import NAMESPACE, cell, notebook


def shown(left: str, text: str, *above: Part, pieces: int = 1000, right: str = "") -> str:
    ours = Grounding(Place.of(left, right), Evidence(NAMESPACE, notebook(left, right, *above)))
    return "".join(ours.feed(text[at : at + pieces]) for at in range(0, len(text), pieces)) + ours.close()


WRONG = [
    ("", 'x = weather["rain"].mean()', "x = weather["),
    ('x = weather["', 'rain"].mean()', ""),
    ("x = ", "weather.wind.mean() + weather.rain", "weather.wind.mean() + weather"),
    ("weather.", "hed()", ""),
    ("x = ", "weather.head(k=3)", "weather.head("),
    ("x = ", "top(weather, size=3)", "top(weather,"),
    ("x = ", "n + missing", "n"),
    ("", "y = 1\nz = y + missing\nprint(z)", "y = 1\nz = y"),
    ("def f(a):\n    ", "return missing", ""),
    ("", "for i in range(3):\n    print(i, weather['rain'])", "for i in range(3):\n    print(i, weather["),
    ("x = ", "paths['test']", "paths["),
    ("x = np.", "random.foo()", "random"),
    ("x = ", "f'{weather.rain}'", ""),
    ("x = ", "[missing for i in range(3)]", ""),
    ("", 'weather["new"] = weather["rain"]', 'weather["new"] = weather['),
    ("x = ", "weather[['wind', 'rain']]", "weather[['wind',"),
    ("model.", "fit(1, z=2)", "fit(1,"),
    ("x = ", "n + np['a']", "n"),
    ("x = top(", "np.nothing)", ""),
    ("x = top(", "n, np.nothing)", "n,"),
    ("x = ", "weather.head['wind']", "weather.head"),
    ("def later(step):\n    return step\n\n", "x = n + step", "x = n"),
    ("x = [step for step in range(3)]\n", "y = n + step", "y = n"),
    ("", "class Net(np.Module):", "class Net("),
    ("", "with open(n) as f, missing() as g:", "with open(n) as f"),
    ("", "x = np.nothing()", "x"),
    ("", "x += not np.nothing", "x"),
    ("def f():\n    ", "return not np.nothing", ""),
    ("x = ", "n + top(f'{n} and {np.nothing}')", "n + top("),
    ("x = f'{n} ", "and {n} of {weather.rain}'", "and {n} of"),
    ("f = ", "lambda a, b=missing: a", "lambda a, b"),
    ("files = !ls\nx = ", "files + missing", "files"),
    ("!ls \\\n  -l\nx = ", "n + missing", "n"),
    ("x = n % top\ny = ", "n + missing", "n"),
    ("", "match n:\n    case np.nothing:", "match n:\n    case"),
    ("match n:\n    ", "case late if missing: print(late)", "case late"),
    ("match n:\n    ", "case missing(a, b):", "case"),
    ("class Stack[T]:\n    item: ", "T\n    other: missing", "T\n    other:"),
    ("", "def f(a, b=missing, c=1):", "def f(a, b="),
]
RIGHT = [
    ("", 'weather["rain"] = weather["wind"] * 2\nx = weather["rain"]'),
    ('weather["ra', 'in"] = 1'),
    ("", "model.beta = 1\nprint(model.beta)"),
    ("model.fit(1)\n", "print(model.coef_)"),
    ("", "rows = weather.head(n=3)\nrows.anything['x'].values.mean(k=1)"),
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
    ("x = ", "[lambda a, *b, c=lambda d, e=n: d, **g: a + b + c + g, 1"),
    ("", "with open(n) as (a, b), open(a) as [c, d], open(c) as e:\n    print(b, d, e, [a"),
    ("", "def f(a: paths[n, top], *b: n, c=[d for d in range(3)], **e) -> paths[n, n]:\n    print(b, c, e, [a"),
    ("", "class A(B := n, metaclass=top):\n    print(B, [A"),
    ("", "from a import (b as c, d\n,e"),
    ("print(", "f'{n!r}, {n!s:>8} and {weather.wind!a}')"),
    ('match n:\n    case {"kind": kind, "size": [size, *rest]}:\n        print(', "kind, size, rest)"),
    ("match n:\n    case top(by=late) | [_, late] if late:\n        print(", "late)"),
    ("match n:\n    ", "case [late, other]: print(late, other)"),
    (
        "class Stack[T]:\n    item: ",
        "T\n    def f[K: T, *A, **P](self, k: K) -> list[T]: return [K, A, P]".replace("list", "print"),
    ),
    ("", "!python train.py \\\n    --lr 0.1 \\\n\\\n    --epochs missing\nx = n"),
    ("!python train.py \\\n    --lr ", "0.1 --epochs missing"),
    ("files = ", "!ls *.csv \\\n  missing"),
    ("files = ", "!ls *.csv\nprint(files, n)"),
    ("weather['late'], b = ", "%timeit -o missing(n)"),
    ("", "res = %run other.py\nprint(n)"),
    ("", "async with (\n    open(n) as late\n):\n    print(late, [late"),
]


@pytest.mark.parametrize(("left", "text", "expected"), WRONG)
@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_it_ends_before_what_does_not_exist(left: str, text: str, expected: str, pieces: int) -> None:
    assert shown(left, text, pieces=pieces) == expected


@pytest.mark.parametrize(("left", "text"), RIGHT)
@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_what_may_exist_is_left_alone(left: str, text: str, pieces: int) -> None:
    assert shown(left, text, pieces=pieces) == text


SALES = Namespace(
    (
        Variable("sales", "DataFrame", "pandas", FRAME, ("price", "region"), dotted=True, item=SERIES),
        Variable("prices", "Series", "pandas", SERIES, complete=False),
        Variable("named", "Series", "pandas", SERIES, complete=False, open=True),
        Variable("rates", "dict", "builtins", "builtins.dict", ("standard",)),
        Variable("clock", "module", "datetime", "datetime"),
        Variable("np", "module", "numpy", "numpy"),
        Variable("today", "date", "datetime", "datetime.date"),
        Variable("week", "timedelta", "datetime", "datetime.timedelta"),
        Variable("result", "Result", "lab", "lab.Result", own=("rsquared",)),
    ),
    (
        Kind(FRAME, ("groupby", "iloc", "loc", "mean", "plot", "rename"), False, {"mean": ("axis",), "groupby": ()}),
        Kind(SERIES, ("dt", "iloc", "loc", "max", "plot", "str", "sum"), False, {"max": ("axis",)}),
        Kind(GROUPS, ("mean", "size"), False),
        Kind(GROUP, ("mean", "sum"), False),
        Kind("builtins.dict", ("get",), False),
        Kind("datetime", ("date",), False, unsubscriptable=("date",)),
        Kind("datetime.date", ("isoformat", "year"), False, subscriptable=False),
        Kind("datetime.timedelta", ("days",), False, subscriptable=False),
        Kind("numpy", ("concatenate", "fft", "linalg"), False, {"concatenate": ("axis",)}),
        Kind("lab.Result", ("fit", "params"), False, {"fit": ("by",)}, subscriptable=False),
        Kind("builtins", ("len", "print"), False),
    ),
    complete=True,
)


def sold(left: str, text: str, pieces: int = 1000) -> str:
    ours = Grounding(Place.of(left, ""), Evidence(SALES, notebook(left)))
    return "".join(ours.feed(text[at : at + pieces]) for at in range(0, len(text), pieces)) + ours.close()


@pytest.mark.parametrize("pieces", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('sales["price"].maxx()', 'sales["price"]'),
        ('sales["price"].max(skip=1)', 'sales["price"].max('),
        ("sales.price.maxx()", "sales.price"),
        ('sales["price"]["region"]', 'sales["price"]'),
        ('sales["price"].max["region"]', 'sales["price"].max'),
        ('sales["price"].dt["region"]', 'sales["price"].dt'),
        ('sales.iloc["region"]', "sales.iloc"),
        ('sales.loc["month"]', "sales.loc"),
        ('prices["month"]', "prices"),
        ('clock.date["month"]', "clock.date"),
        ('today["month"]', "today"),
        ('result["price"]', "result"),
    ],
)
def test_columns_are_known_and_what_nothing_is_subscribed_from(text: str, expected: str, pieces: int) -> None:
    assert sold("x = ", text, pieces) == expected


@pytest.mark.parametrize("pieces", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('sales["price"].max()["region"]', 'sales["price"].max()'),
        ('sales["price"].max()["standard"].sum()', 'sales["price"].max()'),
        ('sales.groupby("region")["price"].sum()["north"]', 'sales.groupby("region")["price"].sum()'),
        ('sales.groupby("region").mean()["weight"]', 'sales.groupby("region").mean()'),
        ('sales.groupby("region").dt.month', 'sales.groupby("region")'),
        ("(today - week).sum()", "(today - week)"),
        ("(week + week).isoformat()", "(week + week)"),
        ("(sales.price > 2).isoformat()", "(sales.price > 2)"),
        ("np.fft.random(3)", "np.fft"),
        ("np.concatenate.mean()", "np.concatenate"),
        ("sales.plot.zzzqx()", "sales.plot"),
        ("result.fit() + result.zzzqx", "result.fit() + result"),
    ],
)
def test_what_hardly_exists_is_not_shown(text: str, expected: str, pieces: int) -> None:
    assert sold("x = ", text, pieces) == expected


@pytest.mark.parametrize("pieces", [1, 3, 1000])
@pytest.mark.parametrize(
    "text",
    [
        'sales["price"]["2024-01"]',
        'sales["price"].str["May"]',
        'sales.loc["May"], sales["price"].loc["sunday"], named["region"]',
        'sales.loc["new"] = 1',
        'sales["new"] = sales.price\nx = sales["new"].max(axis=0)',
        'sales.groupby("region").mean()["price"]',
        'sales.mean()["price"]',
        'sales.rename(columns={"price": "cost"})["cost"]',
        'print()["data"]',
        "(today - week).isoformat(), (today - today).days, (week + today).year, (sales.price > 2).sum()",
        "(today for today in week).values",
        "np.fft.rfft(3), np.fft.rfft(3).real",
        "sales.plot.bar(), sales.plot.mine()",
        "result.fit().params, result.coef_",
    ],
)
def test_what_is_likely_or_written_is_left_alone(text: str, pieces: int) -> None:
    above = 'seen = reply["data"]\nother.mine()\nresult.fit()\n'
    assert sold(above, text, pieces) == text


def test_what_stands_behind_the_cursor_counts() -> None:
    assert shown("x = [", "item", right=" for item in range(3)]") == "item"
    assert shown("x = [", "item", right="]") == ""
    assert shown("print(", "late)", right="\nlate = 1") == "late)"


@pytest.mark.parametrize("pieces", [1, 3, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "[weather['year'].total() for weather in frames(n)]",
        "top([weather[['id', 'year']] for weather in [n]])",
        "{weather.year: weather['id'] for top, weather in [n]}",
        "print(n, *(weather.year for weather in [n]))",
    ],
)
def test_in_a_comprehension_a_name_is_its_own_from_the_bracket_on(text: str, pieces: int) -> None:
    assert shown("def frames(k): return [k]\nx = ", text, pieces=pieces) == text


def test_beside_a_comprehension_a_name_is_what_it_was() -> None:
    assert shown("x = ", "weather.year + [weather.b for weather in [n]]") == "weather"
    assert shown("x = ", "[weather.year for n in [weather]]") == "[weather"


@pytest.mark.parametrize("pieces", [1, 1000])
def test_in_a_long_statement_all_is_known_that_stands_in_it(pieces: int) -> None:
    rows = "".join(f"    top(late_{number} := n),\n" for number in range(100))
    assert shown(f"x = [\n{rows}    ", "top(late_3),", pieces=pieces) == "top(late_3),"
    assert shown(f"x = [\n{rows}    ", "top(n, missing),", pieces=pieces) == "top(n,"
    body = "".join(f"    late_{number} = n\n" for number in range(100))
    assert shown(f"def f(first):\n{body}    return ", "[late_3, first, f]", pieces=pieces) == "[late_3, first, f]"
    assert shown(f"def f(first):\n{body}    return ", "[late_3, missing]", pieces=pieces) == "[late_3,"
    assert shown(f"def f(weather):\n{body}    return ", "weather.rain", pieces=pieces) == "weather.rain"


def test_a_string_that_names_stand_in_is_shown_whole_unless_one_would_wait_for_its_end() -> None:
    ours = Grounding(Place.of("print(", ""), Evidence(NAMESPACE, notebook("print(")))
    assert ours.feed("n, f'{n} and ") == "n,"
    assert ours.feed("n', ") == " f'{n} and n',"
    assert ours.feed("f'{n} and all that follows it, with {n} of ") == " f'{n} and all that follows it, with {n} of"


def test_a_name_that_another_cell_binds_is_known() -> None:
    assert shown("x = ", "n + missing", cell("missing = 1", stale=True)) == "n + missing"
    assert shown("x = ", "n + missing", cell("# missing\nf(missing)", stale=True)) == "n"
    assert shown("x = ", "n + missing", cell("def f(): global other, missing; missing = 1")) == "n + missing"
    assert shown("x = ", "n + missing", cell("found = %run missing.py", stale=True)) == "n + missing"
    assert shown("x = ", "n + missing", cell("x = n % 3", stale=True)) == "n"
    assert shown("x = ", "n + missing", cell("class A:\n    def missing(self): pass", stale=True)) == "n"


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


PARTS = st.sampled_from(
    [*SIGNS, "sales", '["price"]', ".price", ".max", "()", " - ", "(", "today", "week", ".iloc", "np.fft"]
)


@given(st.lists(PARTS, max_size=12).map("".join), st.integers(1, 5))
def test_of_columns_and_calculations_too(text: str, pieces: int) -> None:
    inpieces, whole = sold("x = (sales", text, pieces), sold("x = (sales", text)
    assert text.startswith(inpieces)
    assert text.startswith(whole)
    assert not parses("x = (sales" + text) or inpieces.rstrip() == whole.rstrip()


def parses(text: str) -> bool:
    """Whether a text is Python: what is not may read otherwise with each letter more."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
