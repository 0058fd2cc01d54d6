from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_codecompose.brackets import State, recent, scan, unclosed
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


PIECES = [*"ab \n()[]{}\"'#\\,/", '"""', "'''", "\n    x = f(1)\n"]
LONG = st.tuples(st.lists(st.sampled_from(PIECES), min_size=10, max_size=80), st.integers(5, 80)).map(
    lambda made: "".join(made[0] * made[1])
)


@given(LONG, st.integers(0, 300), st.sampled_from(["python", "javascript", "rust", "markdown"]))
@example('"""' + "a'b (\n" * 300, 10, "python")
@example("x = [\n" + "    'a',\n" * 200, 1_000, "python")
def test_the_end_of_a_text_reads_as_it_does_in_the_whole(text: str, least: int, name: str) -> None:
    found = recent(text, least, language(name))
    whole, part = scan(text, language=language(name)), scan(found, language=language(name))
    assert text.endswith(found)
    assert len(found) >= min(least, len(text))
    assert (part.quote, part.in_comment) == (whole.quote, whole.in_comment)
    if len(text) <= 2 * least:
        assert part.stack == whole.stack


def test_a_bracket_that_was_opened_far_above_is_not_read_again_and_again() -> None:
    text = "f(\n" + "x = [1, 2]\n" * 2_000
    assert len(recent(text, 1_000)) < 1_600
