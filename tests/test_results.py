"""What an expression likely is, by what it is made of."""

from __future__ import annotations

import pytest

from jupyter_codecompose.facts import Kind, Namespace, Variable
from jupyter_codecompose.leaves import leaves
from jupyter_codecompose.results import FRAME, GROUP, GROUPS, INDEX, SERIES, Results, bindings, bindings_of
from tests.namespaces import COLUMNS, NAMESPACE


def kind(text: str, *above: str) -> tuple[str, tuple[str, ...]]:
    """The kind and the columns of what the last dot of a text stands behind."""
    row = leaves(f"{text}.x")
    texts = (bindings_of(row, row[-1].statement), *map(bindings, above))
    found = Results(NAMESPACE, texts, ()).before(row, max(at for at, leaf in enumerate(row) if leaf.text == "x"))
    return (found.kind, found.members) if found else ("", ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("weather", (FRAME, COLUMNS)),
        ("weather.head().dropna()", (FRAME, COLUMNS)),
        ('weather[weather["wind"] > 1]', (FRAME, COLUMNS)),
        ('weather[["wind", "date"]]', (FRAME, COLUMNS)),
        ('weather["wind"]', (SERIES, ())),
        ("weather.wind", (SERIES, ())),
        ("weather.mean()", (SERIES, COLUMNS)),
        ('(weather["wind"] > 1)', (SERIES, ())),
        ('(weather["wind"] - weather.mean().max())', (SERIES, ())),
        ('(weather[["wind"]] * 2).dropna()', (FRAME, COLUMNS)),
        ("(weather, 1)", ("", ())),
        ("(n + 1)", ("", ())),
        ("(row + 1 for row in weather)", ("", ())),
        ("windy = (weather.wind + 1)\nwindy", ("", ())),
        ('weather.groupby("date")', (GROUPS, COLUMNS)),
        ('weather.groupby("date")["wind"]', (GROUP, ())),
        ('weather.groupby("date")["wind"].mean()', (SERIES, ())),
        ("weather.to_dict()", ("", ())),
        ("nobody.knows()", ("", ())),
        ("np.random", ("numpy.random", ())),
        ("windy = weather.query('wind > 1')\nwindy", (FRAME, COLUMNS)),
        ("weather = weather.head()\nweather['week'] = 1\nweather", (FRAME, (*COLUMNS, "week"))),
        ("weather = read()\nweather", ("", ())),
        ("a = b\nb = a\na", ("", ())),
    ],
)
def test_a_chain_is_followed(text: str, expected: tuple[str, tuple[str, ...]]) -> None:
    assert kind(text) == expected


def test_parts_of_an_instance_and_of_a_frame_are_known() -> None:
    model = Variable("model", "Model", "lab", "lab.Model", own=("table",), parts={"table": FRAME})
    frame = Variable("frame", "DataFrame", "pandas", FRAME)
    kinds = (Kind(FRAME, ("head", "index"), False), Kind(INDEX, ("name",), False), Kind("lab.Model", (), False))
    for text, expected in [("model.table.x", FRAME), ("frame.index.x", INDEX), ("frame.head().index.x", INDEX)]:
        row = leaves(text)
        found = Results(Namespace((model, frame), kinds), (), ()).before(
            row, max(at for at, leaf in enumerate(row) if leaf.text == "x")
        )
        assert found
        assert found.kind == expected


def test_a_name_is_followed_into_the_cells_above_the_last_first() -> None:
    assert kind("windy", "windy = weather.head()") == (FRAME, COLUMNS)
    assert kind("windy", "windy = weather['wind']", "windy = weather.head()") == (SERIES, ())


def test_a_name_that_is_lost_is_not_known() -> None:
    row = leaves("weather.x")
    assert Results(NAMESPACE, (), {"weather"}).before(row, 2) is None
