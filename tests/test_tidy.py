from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jupyter_codecompose.tidy import MAX_CHARACTERS, MAX_LINES, UNSAFE, Tidy


def tidied(place: str, text: str, *, block: bool = False, pieces: int | None = None) -> str:
    """`text` suggested at the `|` of `place`, fed in pieces of so many characters."""
    left, right = place.split("|")
    tidy = Tidy(left, right, block=block)
    size = pieces or max(len(text), 1)
    shown = "".join(tidy.feed(text[at : at + size]) for at in range(0, len(text), size))
    return shown + tidy.close()


@pytest.mark.parametrize(
    ("place", "text", "shown"),
    [
        ("x = |", "1\ny = 2", "1"),
        ("x = |", "1   \n", "1"),
        ("x = |", "  1", "1"),
        ("x =|", " 1", " 1"),
        ("x = |", "  \n", ""),
        ("foo(|)", "x)", "x"),
        ("foo(|)", "x, bar(y), z)", "x, bar(y), z"),
        ("foo(|", "x)", "x)"),
        ("foo(|", "x))", "x)"),
        ("foo(bar(|)", "x))", "x)"),
        ("foo(\n    a,\n    |\n)", "b)", "b"),
        ("a[foo(|]", "x)]", "x)"),
        ("print('|')", "hello')", "hello"),
        ("print('|", "it\\'s')", "it\\'s')"),
        ("print('|'", "a(b'", "a(b"),
        ("print(|)", "'a)b')", "'a)b'"),
        ("if x|:", " > 3:", " > 3"),
        ("if x|:", " in d[1:2]:", " in d[1:2]"),
        ("x = {|}", "'a': 1}", "'a': 1"),
        ("x = |", "y]", "y"),
        ("# it's (|", "a) note", "a) note"),
        ("|\nreturn x", "return x", ""),
        ("retu|\nreturn x", "rn x", ""),
        ("retu|\nreturn x", "rn y", "rn y"),
        ("x = |", "a\u202eb\u200bc\x00d\ud800", "abcd"),
        ("x = |", "1<|endoftext|>2", "1"),
        ("x = |", "1 <|mask:0|>", "1"),
        ("x = |", "1<|file_sep|>other.py", "1"),
        ("x = |", "1<fim_middle>2", "1"),
        ("x = |", "1<｜fim▁end｜>2", "1"),
        ("x = |", "a <| b", "a <| b"),
        ("x = |", "1\r\n2", "1"),
        ("x = |", "1\u20282", "1"),
    ],
)
def test_a_line(place: str, text: str, shown: str) -> None:
    assert tidied(place, text) == shown
    assert tidied(place, text, pieces=1) == shown


@pytest.mark.parametrize(
    ("place", "text", "shown"),
    [
        ("def f():|", "\n    return 1\n\ndef g():", "\n    return 1"),
        ("def f():|", "\n    x = [\n1,\n]\n    return x\ny", "\n    x = [\n1,\n]\n    return x"),
        ("def f():\n    |", "x = 1\n    if x:\n        y()\nz", "x = 1\n    if x:\n        y()"),
        ("if a:\n    |\n    return x", "y = 1\n    return x\n", "y = 1"),
        ("# plot\n|", "def f():\n    x\n\ny = 1", "def f():\n    x"),
        ("# plot\n|", "a\nb\n\nc", "a\nb"),
        ("x = |", "1  \ny = 2", "1\ny = 2"),
        ("function f() {|", "\n  return 1\n}\nf()", "\n  return 1\n}"),
        ("|", "x\n" * 20, ("x\n" * MAX_LINES).rstrip()),
    ],
)
def test_a_block(place: str, text: str, shown: str) -> None:
    assert tidied(place, text, block=True) == shown
    assert tidied(place, text, block=True, pieces=1) == shown


def test_done_as_soon_as_nothing_can_follow() -> None:
    tidy = Tidy("x = ", "", block=False)
    assert (tidy.feed("1"), tidy.done) == ("1", False)
    assert (tidy.feed("\n"), tidy.done) == ("", True)
    assert (tidy.feed("2"), tidy.close()) == ("", "")


def test_a_flood_is_bounded() -> None:
    assert len(tidied("x = |", "y" * 100_000)) == MAX_CHARACTERS


PLACES = st.sampled_from(
    [
        "x = |",
        "foo(|)",
        "foo(|",
        "'|'",
        "def f():|",
        "def f():\n    |\n    return x",
        "|\nab",
        "# c|",
        "if x|:",
        "a\n|\n)",
    ]
)
TEXTS = st.lists(
    st.sampled_from([*"ab ()[]'\"\\:,#\n\r\t\u202e\u2028/<|", "<|mask:0|>", "    ", "'''", "return x"]),
    max_size=40,
).map("".join)


@settings(max_examples=1500, deadline=None)
@given(PLACES, TEXTS, st.booleans(), st.integers(1, 7))
@example("|\nab", "'\u2028a", True, 1)
def test_pieces_make_no_difference(place: str, text: str, block: bool, pieces: int) -> None:
    assert tidied(place, text, block=block, pieces=pieces) == tidied(place, text, block=block)


@given(PLACES, st.text(max_size=200), st.booleans())
def test_only_safe_characters_are_shown(place: str, text: str, block: bool) -> None:
    shown = tidied(place, text, block=block)
    assert shown == shown.translate(UNSAFE)
    assert "\r" not in shown
    assert block or "\n" not in shown
    assert shown == shown.rstrip()
