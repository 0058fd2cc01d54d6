from __future__ import annotations

import pytest

from jupyter_codecompose.brackets import State, scan, unclosed
from jupyter_codecompose.languages import language


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("f(a[", State(")]")),
        ("f(a)", State()),
        ("x = 'a(b", State(quote="'")),
        ("x = 'it\\'s", State(quote="'")),
        ("x = 'open\ny(", State(")")),
        ("x = '''open\n(", State(quote="'''")),
        ("'''a'b\"\"\"'''", State()),
        ("# f(", State(in_comment=True)),
        ("# it's (\ny[", State("]")),
        ("x)", State(orphans=")")),
        ("(]", State(")", orphans="]")),
        ("'a\\\nb", State(quote="'")),
        ("'' + \"", State(quote='"')),
    ],
)
def test_scan(text: str, state: State) -> None:
    assert scan(text) == state


def test_other_languages_comment_in_their_own_way() -> None:
    assert scan("// it's (", language=language("JavaScript")) == State(in_comment=True)
    assert scan("a // b(", language=language("python")) == State(")")


@pytest.mark.parametrize(
    ("text", "begins"),
    [("f(a)", 4), ("f('a", 2), ("x  # a 'b", 3), ("'a' + 'b", 6), ('"""a\n\'b', 0), ("# a\nb", 5)],
)
def test_where_an_open_string_or_comment_begins(text: str, begins: int) -> None:
    assert unclosed(text)[1] == begins


def test_what_quotes_a_string_depends_on_the_language() -> None:
    assert scan("fn f(s: &'static str) {", language=language("rust")) == State("}")
    assert scan("it's (", language=language("markdown")) == State(")")
