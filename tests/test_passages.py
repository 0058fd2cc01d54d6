"""Where a text of Python can be cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_codecompose.passages import LONGEST, lines, passages

ROOT = Path(__file__).parents[1]


def firsts(text: str) -> list[str]:
    """The lines that a statement begins with that is not indented."""
    return [text[line.at :].partition("\n")[0] for line in lines(text) if line.first]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\ny = 2", ["x = 1", "y = 2"]),
        ("if a:\n    b\nelse:\n    c\nd", ["if a:", "d"]),
        ("x = [\na,\nb\n]\ny", ["x = [", "y"]),
        ('x = """\na\n"b\n"""\ny', ['x = """', "y"]),
        ("x = a + \\\nb\ny", ["x = a + \\", "y"]),
        ("# it's (\n\n!echo it's ( \\\n  more\nx", ["x"]),
        ("x = (1\ndef f(): pass\ny = 1", ["x = (1", "def f(): pass", "y = 1"]),
        ("", []),
    ],
)
def test_a_statement_begins_outside_of_all_that_is_open(text: str, expected: list[str]) -> None:
    assert firsts(text) == expected


def test_the_passages_of_this_project_are_whole_statements_or_parts_of_long_ones() -> None:
    for file in sorted((ROOT / "jupyter_codecompose").glob("*.py")):
        text = file.read_text()
        found = passages(text)
        assert "".join(found) == text or any(passage[:1] == " " for passage in found)
        assert all(len(passage) < LONGEST + 200 for passage in found)
        assert len(passages(text, LONGEST)) <= len(found)


def test_a_part_is_given_back_what_it_stands_in() -> None:
    rows = "".join(f"    [{number}, 'a'],\n" for number in range(100))
    first, second, *_ = passages(f"x = f(a=[\n{rows}])\n")
    assert first.startswith("x = f(a=[\n    [0, 'a']")
    assert second.startswith(" ([    [")
    text = passages('x = """\n' + "it's\n" * 300 + '"""\n')
    assert [part[:5] for part in text] == ['x = "', ' """i']


def test_what_is_written_below_leaves_the_passages_above_as_they_are() -> None:
    text = "".join(f"x{number} = {number}\n" for number in range(100))
    assert passages(text + "y = 1\n", 100)[:-1] == passages(text, 100)[: len(passages(text + "y = 1\n", 100)) - 1]
