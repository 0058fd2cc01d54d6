"""The cursor's place in its cell."""

from __future__ import annotations

import pytest

from jupyter_codecompose.leaves import leaves
from jupyter_codecompose.place import LOOK_BACK, Place

ROWS = "".join(f"    top(n, count={number}),\n" for number in range(480))
METHODS = "".join(
    f"    def method_{number}(self):\n        late_{number} = n\n        return late_{number}\n\n"
    for number in range(150)
)


@pytest.mark.parametrize(
    ("left", "begun"),
    [
        ("x = 1\ny = ", "y = "),
        ("x = 1\n", ""),
        ("if x:\n    y = 1\n    ", "if x:\n    y = 1\n    "),
        ("if x:\n    y = 1\n", ""),
        ("if x:\n    y = 1\nelse", "if x:\n    y = 1\nelse"),
        ("x = [\n1,\n", "x = [\n1,\n"),
        ('x = """\nit is\ny', 'x = """\nit is\ny'),
        ("x = a + \\\nb", "x = a + \\\nb"),
        ("%time\nx", "x"),
    ],
)
def test_a_statement_is_read_from_its_beginning(left: str, begun: str) -> None:
    place = Place.of(left, "")
    assert place.begun == begun
    assert place.above + place.begun == left


@pytest.mark.parametrize("left", [f"x = [\n{ROWS}    ", f"class A:\n{METHODS}    def last(self):\n        return "])
def test_of_a_long_statement_the_end_is_read(left: str) -> None:
    place = Place.of(left, "")
    assert len(place.begun) < 800
    assert left.endswith(place.begun.lstrip(" ["))
    assert max(map(len, place.passages)) < 1000


def test_what_stands_in_the_rest_of_a_long_statement_is_known() -> None:
    place = Place.of(f"class A:\n{METHODS}    def last(self):\n        return ", "")
    around = place.around(leaves(place.begun))
    assert {"late_0", "late_100", "last", "method_0", "A"} <= around.binds
    place = Place.of(f"x = [\n    (walrus := n),\n{ROWS[:6000]}    ", "")
    row = leaves(place.begun)
    assert {"x", "walrus"} <= place.around(row).binds
    assert not any(leaf.top for leaf in row)
    assert {leaf.depth for leaf in row} == {0, 1, 2}


def test_a_text_that_is_cut_within_a_string_is_read_as_it_was() -> None:
    words = 'it\'s a "word" (or two\n' * (LOOK_BACK // 20)
    place = Place.of(f'"""\n{words}"""\nlate = 1\nx = ', "")
    assert place.begun == "x = "
    assert place.around(()).binds == {"late"}
    place = Place.of(f'x = f("""\n{words}', "")
    assert [leaf.text[:5] for leaf in leaves(place.begun)] == ["(", '"""it']


def test_a_line_that_never_ends_is_not_read() -> None:
    assert Place.of("x = 1\ny = " + "1 + " * LOOK_BACK, "").begun == ""
