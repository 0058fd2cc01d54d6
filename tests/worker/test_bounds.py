"""Where a suggestion of several lines ends early, however it is cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.bounds import Bounds

BODY = "for x in y:\n        a(x)\n\n        b(x)\n    c()\nd()"


def through(bounds: Bounds, pieces: list[str], seconds: float = 0.0) -> str:
    """What is left of a text."""
    text = ""
    for piece in pieces:
        kept, over = bounds.push(piece, seconds)
        text += kept
        if over:
            break
    return text


@pytest.mark.parametrize(
    ("indent", "kept"),
    [(0, BODY), (4, BODY.removesuffix("d()")), (8, BODY.removesuffix("c()\nd()")), (9, "for x in y:\n        ")],
)
def test_it_ends_before_a_line_outside_its_block(indent: int, kept: str) -> None:
    assert through(Bounds(indent, 0), [BODY]) == kept
    assert through(Bounds(indent, 0), list(BODY)) == kept


def test_the_first_line_goes_on_where_the_cursor_stands() -> None:
    assert through(Bounds(8, 0), ["x)\n", "        y"]) == "x)\n        y"


def test_tabs_are_blanks() -> None:
    assert through(Bounds(1, 0), ["a\n\tb\nc"]) == "a\n\tb\n"


def test_after_its_time_it_ends_with_the_line() -> None:
    bounds = Bounds(0, 0.25)
    assert bounds.push("a\nb", 0.2) == ("a\nb", False)
    assert bounds.push("c", 0.3) == ("c", False)
    assert bounds.push("d\ne", 0.3) == ("d\n", True)


@given(st.lists(st.text(alphabet="a \t\n", max_size=5), max_size=12), st.integers(0, 3))
def test_pieces_make_no_difference(pieces: list[str], indent: int) -> None:
    assert through(Bounds(indent, 0), pieces) == through(Bounds(indent, 0), ["".join(pieces)])
