"""What of an output is sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose.outputs import CHARACTERS, shown

FRAME = """  species  island  bill_length_mm
0  Adelie  Torgersen            39.1
1  Adelie  Torgersen            39.5
2  Adelie  Torgersen            40.3"""


def test_of_a_frame_only_its_header() -> None:
    assert shown(FRAME) == "species  island  bill_length_mm"


def test_of_an_error_only_its_last_lines() -> None:
    error = (
        "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    secret()\nKeyError: 'x'\n"
        "\x1b[31mDuring handling\x1b[0m\nValueError: no column 'y'"
    )
    assert shown(error) == "During handling\nValueError: no column 'y'"


def test_a_short_result_is_sent_as_it_is() -> None:
    assert shown("array([1, 2, 3])\n") == "array([1, 2, 3])"


def test_prose_is_no_frame() -> None:
    assert shown("one line\nanother line") == "one line\nanother line"


@given(st.text(max_size=1000))
def test_no_output_is_long(text: str) -> None:
    assert len(shown(text)) <= CHARACTERS
