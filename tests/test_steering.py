"""Which continuations exist at a cursor, by the kernel's facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose.evidence import Evidence
from jupyter_codecompose.facts import Kind, Namespace, Variable
from jupyter_codecompose.notebook import Part
from jupyter_codecompose.place import Place
from jupyter_codecompose.steering import allowed
from tests.namespaces import COLUMNS, NAMESPACE, cell, notebook


def ways(text: str, *above: Part, read: bool = False) -> tuple[str, ...]:
    left, _, right = text.partition("|")
    return allowed(Place.of(left, right), Evidence(NAMESPACE, notebook(left, right, *above)), read=read)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ('x = weather["', ('date"]', 'temp_max"]', 'temp_min"]', 'wind"]')),
        ("x = weather['temp_", ("max']", "min']")),
        ('x = weather["t|"]', ("emp_max", "emp_min")),
        ('weather[["date", "temp_max", "', ('temp_min"', 'wind"')),
        ('weather["date"].max() - weather["w', ('ind"]',)),
        ('weather[weather["wi', ('nd"]',)),
        ("for x in range(3):\n    y = weather['d", ("ate']",)),
        ("x = odd['", ("naïve 🚀']", "plain']")),
        ('x = paths["', ('train"]', 'valid"]')),
        ("weather.gr", ("oupby",)),
        ("weather.wi", ("nd",)),
        ("np.li", ("nspace",)),
        ("np.random.", ("normal", "seed")),
        ("model.", ("alpha", "fit", "predict")),
        ("top(weather, c", ("ount=",)),
        ("weather.head(\n    2,\n    # why\n).x = model.p", ("redict",)),
    ],
)
def test_only_what_exists_may_follow(left: str, expected: tuple[str, ...]) -> None:
    assert ways(left) == expected


@pytest.mark.parametrize(
    "left",
    [
        'weather["',  # it may become an assignment
        "weather['te",
        'x = weather["new',
        'x = wide["',
        "wide.",
        "proxy.",
        'x = n["',
        'x = my.weather["',
        'x = other["',
        "other.",
        "weather.mean().",
        'weather["wind"].',
        "top(",
        "top(weather, ",
        "print(c",
        "weather.head",  # a whole name
        "# weather.",
        "'weather.",
        '"""weather["',
        "weather",
        "x = weather[",
        'weather["date"]',
        "",
    ],
)
def test_otherwise_anything_may_follow(left: str) -> None:
    assert ways(left) == ()


CHANGES = """\
weather = load()
del weather
weather.columns = names
weather.drop(columns='wind', inplace=True)
clean(weather)
for weather in all: pass
from data import *
%run prepare.py
other = weather
"""


@pytest.mark.parametrize("above", CHANGES.splitlines(keepends=True))
def test_nothing_is_known_of_what_the_cell_changes(above: str) -> None:
    assert ways(f'{above}x = weather["wi') == ()
    assert ways('x = weather["wi', cell(above, stale=True)) == ()
    assert ways('x = weather["wi', cell(above)) == ('nd"]',)


@pytest.mark.parametrize(
    "above", ["weather.head()\n", "print(weather)\n", "x = weather['date']\n", "np.log(weather)\n"]
)
def test_what_only_reads_a_frame_leaves_it_known(above: str) -> None:
    assert ways(f'{above}x = weather["wi') == ('nd"]',)


def test_a_column_that_the_cell_creates_may_follow() -> None:
    assert ways('weather["week"] = 1\nx = weather["w') == ('ind"]', 'eek"]')
    assert ways('weather = weather[weather["w') == ('ind"]',)


def test_an_instance_is_not_known_once_its_methods_ran() -> None:
    assert ways("model.fit(1)\nmodel.") == ()


def test_a_name_may_follow_where_one_is_read() -> None:
    assert set(ways("local = 1\nprint(", read=True)) == {variable.name for variable in NAMESPACE.variables} | {"local"}
    assert ways('weather["', read=True) == tuple(f'{column}"]' for column in COLUMNS)


def test_too_many_ways_are_none() -> None:
    many = Namespace((Variable("m", "module", "m", "m"),), (Kind("m", tuple(f"a{n:03}" for n in range(600)), False),))
    assert allowed(Place.of("m.", ""), Evidence(many, notebook("m."))) == ()
    assert len(allowed(Place.of("m.a1", ""), Evidence(many, notebook("m.a1")))) == 100


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_text_is_safe(left: str, right: str) -> None:
    text = "x = weather['" + left
    found = allowed(Place.of(text, right), Evidence(NAMESPACE, notebook(text, right)))
    assert all(isinstance(way, str) and way for way in found)


def test_hostile_text_is_read() -> None:
    assert ways("weather[" * 300 + "'a'," * 300) == ()
