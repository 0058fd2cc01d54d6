"""Where a line of Python stops making sense."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

import pytest

from jupyter_codecompose.sense import Sense

ROOT = Path(__file__).parents[1]


def kept(left: str, text: str, *, whole: bool = True) -> str:
    """What is left of a suggestion behind a text."""
    return Sense(left).before(text, whole)[0].rstrip()


@pytest.mark.parametrize(
    ("left", "text", "shown"),
    [
        ("df.", "mean()collections", "mean()"),
        ("plt.p", 'lot"]', "lot"),
        ("x = json.", 'dumps"].replace(', "dumps"),
        ("x = df['a'", "]np.log", "]"),
        ("x = 1", " 2", ""),
        ("x = ", "a {b}", "a"),
        ("x = ", "f(a) lambda", "f(a)"),
        ("x = ", "y\nz = f() g()", "y\nz = f()"),
        ("!ls \\\n  -l\nx = ", "a b", "a"),
        ("x = a + \\\n    ", "a b", "a"),
        ("x = '''a b\n", "c d''' e", "c d''' e"),
    ],
)
def test_an_operand_cannot_follow_an_operand(left: str, text: str, shown: str) -> None:
    assert kept(left, text) == shown


@pytest.mark.parametrize(
    ("left", "text", "shown"),
    [
        ("x = ", "a / (", "a"),
        ("x = ", "a +", "a"),
        ("x = ", "a, ", "a"),
        ("x = ", "a if", "a"),
        ("x = ", "f(a, ", "f(a, "),
        ("x = (", "a +", "a +"),
        ("x = ", "[", "["),
        ("plt.", "plot(", "plot("),
        ("x = a ", "* ", ""),
        ("", "x =", "x"),
        ("", "x +=", "x"),
        ("", "x: int = ", "x: int"),
        ("x = ", "a <=", "a"),
        ("if ", "a !=", "a"),
        ("", "df.", "df"),
        ("x = ", "a.b().", "a.b()"),
        ("x = (", "a.", "a"),
        ("x = ", "a + \\", "a"),
        ("", "x = not", "x"),
        ("", "if not ", ""),
        ("x = f(a, ", "key=lambda", "key="),
        ("", "y = await", "y"),
        ("x = a", ".", ""),
    ],
)
def test_an_end_promises_nothing(left: str, text: str, shown: str) -> None:
    assert kept(left, text) == shown.rstrip()


@pytest.mark.parametrize(
    ("left", "text"),
    [
        ("x = 'a' ", "f'b' \"c\""),
        ("x = y i", "f z else w"),
        ("for i ", "in range(3): pass"),
        ("from a ", "import *"),
        ("match ", "point:"),
        ("print ", "x"),
        ("", "%timeit f(x) g y"),
        ("files = ", "!ls -l data"),
        ("!python train.py \\\n    --lr ", "0.1 --epochs 5 \\\n  --name it is so -"),
        ("", "files = !find . \\\n   -name x y\nx = 1"),
        ("x = ", "1."),
        ("x = ", "..."),
        ("x = f(", "a="),
        ("x = ", "is_not"),
        ("x = a", ".lambda_"),
        ("s = 'a ", "= b and so on."),
        ("x = 1  # ", "not = so."),
        ("s = 'it ", "is so nice, and"),
        ("x = 1  # so ", "it is, and +"),
        ("raise ", "ValueError('x') from error"),
        ("", "@property\nasync def f(self): return await g(x) or None"),
    ],
)
def test_what_makes_sense_stays(left: str, text: str) -> None:
    assert kept(left, text) == text


def test_what_must_be_followed_is_shown_with_what_follows() -> None:
    shown = [kept("", "x = not df.a"[:end], whole=False) for end in range(1, 13)]
    assert shown == [*8 * ["x"], "x = not d", "x = not df", "x = not df", "x = not df.a"]


def test_a_sign_that_may_yet_become_another_is_held_back() -> None:
    assert [kept("if ", "a != b:"[:end], whole=False) for end in (3, 4, 6, 7)] == ["a", "a", "a != b", "a != b"]
    assert kept("if ", "a != b:") == "a != b:"


def test_a_word_that_may_yet_fit_is_held_back() -> None:
    for text, shown in ((" i", ""), (" in", ""), (" in b", " in b"), (" ik ", "")):
        assert kept("x = a", text, whole=False) == shown


def test_this_project_makes_sense_wherever_a_cursor_stands() -> None:
    """Behind each token of each line of its own code, the rest of the line is left alone."""
    for file in sorted((ROOT / "jupyter_codecompose").glob("*.py")):
        source = file.read_text()
        lines = source.split("\n")
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            row, column = token.end
            line = lines[row - 1] if row <= len(lines) else ""
            left, text = "\n".join([*lines[: row - 1], line[:column]]), line[column:]
            if text.strip() and row % 5 == 0:
                assert Sense(left).before(text, True) == (text, True), f"{file.name}:{row}"
