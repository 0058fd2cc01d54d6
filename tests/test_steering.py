"""How the text at a cursor may go on, by the kernel's facts and by what people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose import likely
from jupyter_codecompose.evidence import Evidence
from jupyter_codecompose.facts import Kind, Namespace, Variable
from jupyter_codecompose.notebook import Part
from jupyter_codecompose.place import Place
from jupyter_codecompose.steering import allowed
from tests.namespaces import COLUMNS, NAMESPACE, cell, notebook


def ways(text: str, *above: Part, read: bool = False) -> tuple[str, ...]:
    left, _, right = text.partition("|")
    found = allowed(Place.of(left, right), Evidence(NAMESPACE, notebook(left, right, *above)), read=read)
    return tuple(dict.fromkeys(way.removesuffix("\n") for way in found))


def whole(left: str, right: str = "") -> str:
    """The likeliest rest of the line; nothing where it is not known how the line ends."""
    first, *_ = allowed(Place.of(left, right), Evidence(NAMESPACE, notebook(left, right)))
    return first.removesuffix("\n") if first.endswith("\n") else ""


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
        ("weather.he", ("ad()", "ad")),
        ("weather.wi", ("nd",)),
        ("np.li", ("nspace",)),
        ("np.random.", ("seed", "normal")),
        ("model.", ("fit(", "fit", "predict", "alpha")),
        ("top(weather, c", ("ount=",)),
        ("weather.head(\n    2,\n    # why\n).x = model.p", ("redict",)),
    ],
)
def test_only_what_exists_may_follow(left: str, expected: tuple[str, ...]) -> None:
    assert ways(left) == expected


@pytest.mark.parametrize(
    "left",
    [
        'x = weather["new',
        "proxy.",
        'x = n["',
        'x = my.weather["',
        'x = other["',
        "import wea",
        "from weather.",
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


@pytest.mark.parametrize(
    ("left", "first"),
    [
        ('weather["', 'date"].mean()'),
        ("weather['te", "mp_max'].mean()"),
        ('wide["', 'a"].mean()'),
        ("weather.mean().he", "ad()"),
        ('weather["wind"].', "unique()"),
        ('weather.groupby("date")["w', 'ind"].mean()'),
        ('windy = weather[weather["wind"] > 1]\nwindy["w', 'ind"].mean()'),
        ('x = weather.head().dropna()["w', 'ind"]'),
        ('total = weather["temp_max"] - weather["t', 'emp_min"]'),
        ('windy = weather["', 'wind"]'),
        ("model.fit(1)\nmodel.pre", "dict"),
        ("self.losses = []\nself.lo", "sses"),
        ("fig, ax = plt.subplots(fi", "gsize="),
        ('steps = [("scale", 1), ("pca", 2)]\npca = model.parts["', 'pca"]'),
        ('(weather["wind"] > 1).su', "m()"),
    ],
)
def test_elsewhere_what_is_likely_may_follow_and_the_likeliest_comes_first(left: str, first: str) -> None:
    assert ways(left)[:1] == (first,)


@pytest.mark.parametrize(
    ("left", "rest"),
    [
        ('x = weather["wi', 'nd"]'),
        ('ax.plot(weather["date"], weather["wi', 'nd"])'),
        ('ax.plot(weather["a (b)"], np.log(weather["wi', 'nd"]))'),
        ('weather.groupby("date")["wi', 'nd"].mean()'),
        ("weather.he", "ad()"),
        ("print(weather.he", "ad())"),
        ("print(weather.col", "umns)"),
        ('weather["month"] = weather["date"].', "dt.month"),
        ('x = weather[["date", "wi', 'nd"]]'),
    ],
)
def test_where_a_line_mostly_ends_behind_a_name_its_calls_are_closed(left: str, rest: str) -> None:
    assert whole(left) == rest


@pytest.mark.parametrize(
    "left",
    [
        'weather[["wi',  # a list of one
        'x = weather[weather["wi',  # a mask
        'x = (weather["wi',
        'if weather["wi',
        'for x in weather["wi',
        'f(\n    weather["wi',
        "for x in weather.he",
        "model.",
        "weather.wi",
    ],
)
def test_elsewhere_it_may_go_on(left: str) -> None:
    assert whole(left) == ""


def test_nothing_ends_a_line_that_goes_on_behind_the_cursor() -> None:
    assert whole('x = weather["wi', '"]') == ""
    assert whole("print(weather.he", ", 1)") == ""


def test_what_the_line_assigns_tells_what_is_asked() -> None:
    line = likely.Line('df["total"] = df.', "")
    assert line.suits("sum") > 1 > line.suits("head") == 0
    assert likely.Line("total == df.", "").suits("sum") == 0


def test_of_groups_is_asked_what_the_notebook_has_asked_of_some() -> None:
    above = 'weather.groupby("date")["temp_max"].max()\n' * 20
    assert whole(f'{above}weather.groupby("date")["wi') == 'nd"].max()'


def test_a_keyword_is_given_once_and_before_what_is_unlikely() -> None:
    assert "figsize=" not in " ".join(ways("plt.subplots(figsize=(1, 2), f"))
    assert ways("top(weather, count=1, c") == ()


CHANGES = """\
weather = load()
del weather
weather.columns = names
weather.drop(columns='wind', inplace=True)
for weather in all: pass
from data import *
%run prepare.py
"""


@pytest.mark.parametrize("above", CHANGES.splitlines(keepends=True))
def test_nothing_is_known_of_what_the_cell_changes(above: str) -> None:
    assert ways(f'{above}x = weather["wi') == ()
    assert ways('x = weather["wi', cell(above, stale=True)) == ()
    assert ways('x = weather["wi', cell(above)) == ('nd"]',)


@pytest.mark.parametrize(
    "above",
    [
        *("weather.head()\n", "print(weather)\n", "x = weather['date']\n", "np.log(weather)\n"),
        *("clean(weather)\n", "other = weather\n"),
    ],
)
def test_what_only_reads_a_frame_leaves_it_known(above: str) -> None:
    assert ways(f'{above}x = weather["wi') == ('nd"]',)


def test_a_column_that_the_cell_creates_may_follow() -> None:
    assert ways('weather["week"] = 1\nx = weather["w') == ('eek"]', 'ind"]')
    assert ways('weather = weather[weather["w') == ('ind"]',)


def test_a_name_may_follow_where_one_is_read() -> None:
    assert set(ways("local = 1\nprint(", read=True)) == {variable.name for variable in NAMESPACE.variables} | {"local"}
    assert {f'{column}"]' for column in COLUMNS} < set(ways('weather["', read=True))


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
