from __future__ import annotations

import pytest

from jupyter_codecompose.brackets import State, comment_mark, scan


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
        ("x)", State(orphans=1)),
        ("(]", State(")", orphans=1)),
        ("'a\\\nb", State(quote="'")),
        ("'' + \"", State(quote='"')),
    ],
)
def test_scan(text: str, state: State) -> None:
    assert scan(text) == state


def test_other_languages_comment_in_their_own_way() -> None:
    assert scan("// it's (", comment=comment_mark("JavaScript")) == State(in_comment=True)
    assert scan("a // b(", comment=comment_mark("python")) == State(")")
