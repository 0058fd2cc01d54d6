"""Candidates: where they come from, what stands before what, and that hostile text is quick."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.memory import Lines, Memory, Pages
from model_server.recall import LONGEST, recall
from model_server.wire import Cell, Header, Parts

MEMORY = Memory({"python": Lines(["plt.legend()", "plt.show()"], [3, 40])})


def parts(before: str, after: str = "", *, above: tuple[str, ...] = (), below: tuple[str, ...] = ()) -> Parts:
    cells = tuple(Cell("code", text) for text in above)
    later = tuple(Cell("code", text) for text in below)
    return Parts(Header("python"), (), (*cells, Cell("code", before)), (Cell("code", after), *later))


def texts(asked: Parts) -> list[str]:
    return [candidate.text for candidate in recall(asked, MEMORY, 10)]


def test_a_line_that_begins_alike_is_copied_from_cells_above_and_below() -> None:
    assert "read_csv('a.csv')" in texts(parts("df = pd.", above=("df = pd.read_csv('a.csv')",)))
    assert "read_csv('b.csv')" in texts(parts("df = pd.", below=("df = pd.read_csv('b.csv')",)))


def test_the_same_characters_in_the_middle_of_a_line_are_enough() -> None:
    assert texts(parts("b = model.", above=("a = model.predict(x)",)))[0] == "predict(x)"


def test_more_of_the_same_characters_stand_before_fewer() -> None:
    above = ("y = old.fit(train)\nz = new.fit(test)",)
    assert texts(parts("a = new.fit(", above=above))[0] == "test)"


def test_an_empty_line_is_filled_from_between_the_same_neighbours() -> None:
    assert texts(parts("b = f(1)\n", "\nshow(b)", above=("b = f(1)\nb += 1\nshow(b)",)))[0] == "b += 1"
    assert texts(parts("for x in y:\n    ", above=("a\nb",))) == []


def test_own_code_elsewhere_tells_what_stands_below_a_line() -> None:
    own = Memory({}, pages={"python": Pages.of(["model = house()", "model.open(desk)", ""])})
    found = [candidate.text for candidate in recall(parts("model = house()\n"), own, 10)]
    assert found == ["model.open(desk)"]
    assert [candidate.text for candidate in recall(parts("model = house()\nmodel."), own, 10)] == ["open(desk)"]


def test_a_common_line_is_known_where_the_notebook_has_none() -> None:
    assert texts(parts("plt.s")) == ["how()"]
    assert texts(parts("plt."))[0] == "show()"


def test_what_stands_behind_the_cursor_is_not_written_again() -> None:
    assert "test" in texts(parts("a.fit(", ")", above=("b.fit(test)",)))
    assert "test)" not in texts(parts("a.fit(", ")", above=("b.fit(test)",)))


def test_markdown_and_outputs_are_not_copied() -> None:
    cells = (Cell("markdown", "use x.one"), Cell("output", "x.two"), Cell("code", "x."))
    assert recall(Parts(before=cells), MEMORY, 10) == []


def test_nothing_at_all_is_no_error() -> None:
    assert recall(Parts(), MEMORY, 10) == []


@given(st.lists(st.text("ab =.(\n", max_size=40), max_size=4), st.text("ab =.(\n", max_size=20))
def test_a_candidate_is_never_empty_and_stays_on_its_line(cells: list[str], before: str) -> None:
    found = texts(parts(before, above=tuple(cells)))
    assert all(found)
    assert not any("\n" in text for text in found)


@pytest.mark.parametrize(
    ("above", "before"),
    [
        ("= " * 130_000, "x = "),
        (("= " * 70 + "\n") * 1800, "= " * 70),
        ("\n" * 260_000, "\n\n"),
        ("((((" * 60_000, "(" * LONGEST),
        (("a" * 150 + "\n") * 1700, "a" * 140),
        (("a, " * 40 + "\n") * 2000, "a, " * 40),
    ],
)
def test_hostile_text_is_quick(above: str, before: str) -> None:
    asked = parts(before, above, above=(above,) * 8, below=(above,) * 8)
    begun = time.perf_counter()
    recall(asked, MEMORY, 6)
    assert time.perf_counter() - begun < 0.25
