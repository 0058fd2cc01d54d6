from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jupyter_codecompose.characters import UNSAFE
from jupyter_codecompose.tidy import MAX_CHARACTERS, MOST_LINES, Tidy
from model_server.families import FAMILIES


def tidied(place: str, text: str, *, block: bool = False, pieces: int | None = None, language: str = "python") -> str:
    """`text` suggested at the `|` of `place`, fed in pieces of so many characters."""
    left, right = place.split("|")
    tidy = Tidy(left, right, block=block, language=language)
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
        ("x = |", "", ""),
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
        ("x = | + 1", "a * b + 1", "a * b"),
        ("for | in names:", "name in names:", "name"),
        ("foo(|, key=2)", "a, key=2)", "a"),
        ("x = |  # the first", "1  # the first", "1"),
    ],
)
def test_a_line(place: str, text: str, shown: str) -> None:
    assert tidied(place, text) == shown
    assert tidied(place, text, pieces=1) == shown


@pytest.mark.parametrize(
    ("place", "text", "shown"),
    [
        ("|\nreturn x", "return x", ""),
        ("retu|\nreturn x", "rn x", ""),
        ("retu|\nreturn x", "rn y", "rn y"),
        ("if a:\n    |\n    return x", "y = 1\n    return x\n", "y = 1"),
        ("foo(a)\n|", "foo(a)", ""),
        ("foo(a)\nf|", "oo(a)", ""),
        ("foo(a)\nf|", "oo(b)", "oo(b)"),
        ("foo(a)\n|", "bar(b)\nfoo(a)", "bar(b)\nfoo(a)"),
        ("foo(\n    a\n)\n|", "bar(\n    b\n)", "bar(\n    b\n)"),
        ("f(x)|;\n\n\nf(x);", "", ""),
        ("|;\n\n\nf(x);", "f(x);", ""),
    ],
)
def test_what_stands_above_or_below_is_not_written_again(place: str, text: str, shown: str) -> None:
    assert tidied(place, text, block=True) == shown
    assert tidied(place, text, block=True, pieces=1) == shown


@pytest.mark.parametrize(
    ("place", "text", "shown"),
    [
        ("def f():|", "\n    return 1\n\ndef g():", "\n    return 1"),
        ("def f():|", "\n    x = [\n1,\n]\n    return x\ny", "\n    x = [\n1,\n]\n    return x"),
        ("def f():\n    |", "x = 1\n    if x:\n        y()\nz", "x = 1\n    if x:\n        y()"),
        ("def f():\n    |", "    x = 1\n    y = 2", "x = 1\n    y = 2"),
        ("def f():\n    x = 1\n    |", "    y = 2", "y = 2"),
        ("def f():\n    x = 1\n|", "    y = 2", "    y = 2"),
        ("def f():\n|", "    y = 2", "    y = 2"),
        ('def f():\n    """One\n    |', "    two", "    two"),
        ("x = 1|", "\ny = 2", "\ny = 2"),
        ("# plot\n|", "def f():\n    x\n\ny = 1", "def f():\n    x"),
        ("# plot\n|", "a\nb\n\nc", "a\nb"),
        ("x = |", "1  \ny = 2", "1\ny = 2"),
        (
            "|",
            "abcdefghijkl"[: MOST_LINES + 1].replace("", "\n").strip(),
            "abcdefghijkl"[:MOST_LINES].replace("", "\n").strip(),
        ),
        ("|", "```python\nx = 1\n```\nThat sets x.", "x = 1"),
        ("|", "x = 1\n# %%\ny = 2", "x = 1"),
        ("|", "x = 1\n# In[3]:\ny = 2", "x = 1"),
        ("|", "x = 1\n</cell>\n<cell>", "x = 1"),
        ("s = '''|", "a\n# %% no cell\n'''", "a\n# %% no cell\n'''"),
        ("|", "<!DOCTYPE html>\n<title>502 Bad Gateway</title>", ""),
        ("|", "<html><body>", ""),
        ("s = |", "'<html><body>'", "'<html><body>'"),
    ],
)
def test_a_block(place: str, text: str, shown: str) -> None:
    assert tidied(place, text, block=True) == shown
    assert tidied(place, text, block=True, pieces=1) == shown


@pytest.mark.parametrize("characters", range(0, 120, 20))
def test_a_block_ends_with_its_scope_however_long_the_cell_is(characters: int) -> None:
    method = '    def step(self):\n        """Takes a step.\n\n        More of that.\n        """\n\n'
    above = "# " + "-" * characters + "\nclass Model:\n" + method * 100
    text = "return 1\n\nclass Other:\n    pass"
    assert tidied(f"{above}    def last(self):\n        |", text, block=True) == "return 1"


@pytest.mark.parametrize(
    ("language", "place", "text", "shown"),
    [
        ("javascript", "function f() {|", "\n  return 1\n}\nf()", "\n  return 1\n}"),
        ("javascript", "function f() {\n  |\n}", "return 1\n}\nf()", "return 1"),
        ("javascript", "f(() => {|", "\n  g()\n})\nh()", "\n  g()\n})"),
        ("java", "class A {\n  |\n}", "void f() {\n  }\n\n  void g() {\n  }", "void f() {\n  }"),
        ("java", "class A {\n  void f() {\n    x();|", "\n  }\n\n  void g() {", "\n  }"),
        ("java", "if (a) {\n  |", "b();\n} else {\n  c();\n}\nd();", "b();\n} else {\n  c();\n}"),
        ("r", "f <- function(x) {|", "\n  x + 1\n}\nf(2)", "\n  x + 1\n}"),
        ("rust", "fn f(s: &'static str) {|", "\n    g(s)\n}\n\nfn h() {}", "\n    g(s)\n}"),
        ("julia", "function f(x)|", "\n    x + 1\nend\nf(2)", "\n    x + 1\nend"),
        ("julia", "function f(x)\n    |\nend", "x + 1\nend\nf(2)", "x + 1"),
        ("julia", "for x in y\n    |", "if x\n        f(x)\n    end\nendless = 1", "if x\n        f(x)\n    end"),
        ("markdown", "|", "Text\n```python\nx\n```", "Text\n```python\nx\n```"),
    ],
)
def test_a_block_ends_with_its_scope_in_every_kind_of_language(
    language: str, place: str, text: str, shown: str
) -> None:
    assert tidied(place, text, block=True, language=language) == shown
    assert tidied(place, text, block=True, language=language, pieces=1) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a()\na()\nb()", "a()\na()\nb()"),
        ("a()\na()\na()\na()", "a()"),
        ("a()\nb()\na()\nb()\nc()", "a()\nb()"),
        ("a()\nb()\na()\nc()", "a()\nb()\na()\nc()"),
        ("x = f(\n(\n(\n(\n))))", "x = f(\n(\n(\n(\n))))"),
        ("x = [0, 0, 0, 0]", "x = [0, 0, 0, 0]"),
        ("x = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0", "x = [0, 0,"),
        ("x = f(a) + f(a) + f(a) + f(a) + f(a)", "x = f(a) + f(a)"),
        ("# " + "-" * 60, "# " + "-" * 60),
    ],
)
def test_going_round_in_circles_is_cut_short(text: str, shown: str) -> None:
    assert tidied("|", text, block=True) == shown
    assert tidied("|", text, block=True, pieces=1) == shown


@pytest.mark.parametrize(
    ("place", "text", "shown"),
    [
        ("x = wettest(|", 'weather["weather", "weather", "weather"])', 'weather["weather"'),
        ('frame["wind|', '", "wind", "wind"]', '"'),
        ("plot(|", "'a', 'b', 'a')", "'a', 'b', 'a')"),
        ("row = |", '{"type": "text", "text": text}', '{"type": "text", "text": text}'),
        ("pairs = [|", "'a', 'ab', 'b']", "'a', 'ab', 'b']"),
    ],
)
def test_a_string_does_not_follow_itself(place: str, text: str, shown: str) -> None:
    assert tidied(place, text) == shown
    assert tidied(place, text, pieces=1) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb\u200bc\x00d\ud800", "abcd"),
        ("a\u2066b\u00adc\U000e0041", "abc"),
        ("'שלום' + '🎉'", "'שלום' + '🎉'"),
        ("1\r\n2", "1"),
        ("1\u20282", "1"),
        ("1\x852", "1"),
        ("1<|endoftext|>2", "1"),
        ("1 <|mask:0|>", "1"),
        ("1<|file_sep|>other.py", "1"),
        ("1<fim_middle>2", "1"),
        ("1<｜fim▁end｜>2", "1"),
        ("1<fim\u200b_middle>2", "1"),
        ("a <| b", "a <| b"),
        ("['<pad>', '<eos>', '</s>']", "['<pad>', '<eos>', '</s>']"),
        ("'yes'</s>", "'yes'"),
        ("'yes'</s>'", "'yes'</s>'"),
        ("names[PREFIX]", "names[PREFIX]"),
        ("1 [PREFIX]", "1"),
        ("'use: x <filename>'", "'use: x <filename>'"),
    ],
)
def test_what_no_one_may_see_is_not_shown(text: str, shown: str) -> None:
    assert tidied("x = |", text) == shown
    assert tidied("x = |", text, pieces=1) == shown


TOKENS = sorted({token for family in FAMILIES for token in (*family.marks, *family.ends, *family.stops)})


@pytest.mark.parametrize("token", TOKENS)
def test_no_special_token_of_any_family_is_shown(token: str) -> None:
    for text in (f"x = 1\n{token}", f"x = 1\n{token}y = 2", f"x = 1\n{token}\ny = 2"):
        assert tidied("|", text, block=True) == "x = 1"
        assert tidied("|", text, block=True, pieces=1) == "x = 1"


def test_done_as_soon_as_nothing_can_follow() -> None:
    tidy = Tidy("x = ", "", block=False)
    assert (tidy.feed("1"), tidy.done) == ("1", False)
    assert (tidy.feed("\n"), tidy.done) == ("", True)
    assert (tidy.feed("2"), tidy.close()) == ("", "")


@pytest.mark.parametrize("flood", ["y" * 10_000_000, "f(x" * 3_000_000, "\n" * 10_000_000, "\u200b" * 10_000_000])
def test_of_a_flood_little_is_read(flood: str) -> None:
    for size in (len(flood), 65_536):
        tidy = Tidy("x = ", "", block=True)
        shown = sum(len(tidy.feed(flood[at : at + size])) for at in range(0, len(flood), size))
        assert shown <= MAX_CHARACTERS
        assert tidy.done
        assert tidy.close() == ""


PLACES = st.sampled_from(
    [
        "x = |",
        "foo(|)",
        "foo(|",
        "'|'",
        "def f():|",
        "def f():\n    |",
        "def f():\n    |\n    return x",
        "|\nab",
        "ab\n|",
        "# c|",
        "if x|:",
        "a\n|\n)",
        "x = | + ab",
        "f() {\n  |\n}",
    ]
)
TEXTS = st.lists(
    st.sampled_from(
        [
            *"ab ()[]'\"\\:,#\n\n{}\r\t\u202e\u2028/<|`",
            "<|mask:0|>",
            "    ",
            "'''",
            "return x",
            "</s>",
            "end",
            "ab, ",
            "ab\n",
        ]
    ),
    max_size=40,
).map("".join)
LANGUAGES = st.sampled_from(["python", "javascript", "julia", "markdown", "sql"])


@settings(max_examples=1500)
@given(PLACES, TEXTS, st.booleans(), st.integers(1, 7), LANGUAGES)
@example("|\nab", "'\u2028a", True, 1, "python")
def test_pieces_make_no_difference(place: str, text: str, block: bool, pieces: int, language: str) -> None:
    whole = tidied(place, text, block=block, language=language)
    assert tidied(place, text, block=block, language=language, pieces=pieces) == whole


@settings(max_examples=500)
@given(PLACES, TEXTS, st.booleans(), LANGUAGES)
def test_what_is_tidy_stays_as_it_is(place: str, text: str, block: bool, language: str) -> None:
    shown = tidied(place, text, block=block, language=language)
    assert tidied(place, shown, block=block, language=language) == shown


@given(PLACES, st.text(max_size=200), st.booleans())
def test_only_safe_characters_are_shown(place: str, text: str, block: bool) -> None:
    shown = tidied(place, text, block=block)
    assert shown == shown.translate(UNSAFE)
    assert "\r" not in shown
    assert shown.count("\n") < (MOST_LINES if block else 1)
    assert shown == shown.rstrip()
