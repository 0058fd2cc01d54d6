from __future__ import annotations

import pytest

from jupyter_codecompose.brackets import scan
from jupyter_codecompose.languages import language
from jupyter_codecompose.window import LOOK_BACK, PAGE_LEFT_UNITS, PAGE_UNITS, around

PYTHON = language("python")
METHOD = """
    def step(self, x):
        QUOTESTakes a step (it isn't the last).

        Gives the next x, or "none".
        QUOTES
        rows = [x, 1]
        return rows
"""


def module(quotes: str, characters: int) -> str:
    """A class of so many characters, with docstrings."""
    method = METHOD.replace("QUOTES", quotes)
    return "class Model:\n" + method * (characters // len(method))


def test_a_small_cell_is_looked_at_whole() -> None:
    assert around("x = 1\ny = ", "2\nz = 3", PYTHON) == ("x = 1\ny = ", "2\nz = 3")


def test_of_a_long_one_some_is_left_out_on_both_sides() -> None:
    left, right = around("x = 1\n" * 2_000, "y = 1\n" * 2_000, PYTHON)
    assert len(left) >= len(right) == LOOK_BACK
    assert len(left) < LOOK_BACK * 1.2


@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_a_page_may_have_cut_a_docstring_off(quotes: str) -> None:
    text = module(quotes, 60_000)
    for cursor in range(30_000, 30_000 + len(METHOD)):
        left, _ = around(text[:cursor][-PAGE_LEFT_UNITS:], text[cursor:][: PAGE_UNITS - PAGE_LEFT_UNITS], PYTHON)
        assert scan(left).quote == scan(text[:cursor]).quote


def test_no_quotes_are_put_before_a_cell_that_was_not_cut() -> None:
    text = 'a docstring\'s end\n"""\nx = 1\n'
    assert around(text, "y" * PAGE_UNITS, PYTHON)[0] == text
    assert around(text, "", PYTHON)[0] == text
