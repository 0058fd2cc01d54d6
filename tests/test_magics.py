from __future__ import annotations

import pytest

from jupyter_codecompose.magics import cell_language


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("x = '%%bash'", "python"),
        ("%%timeit -n 3\nx", "python"),
        ("%%capture output\nx", "python"),
        ("%%unheard_of\nx", ""),
        ("%%ai chatgpt\nx", ""),
        ("%%!\nls", "bash"),
        ("%%writefile config.yaml\nname: ", "yaml"),
        ("%%writefile -a src/Main.PY\nx", "python"),
        ("%%file 'query.sql'\nselect", "sql"),
        ("%%writefile Makefile\nall:", ""),
        ("%%writefile\nx", ""),
        ("%%script bash --bg\nls", "bash"),
        ("%%script /usr/bin/python3\nx", "python"),
        ("%%script node\nx", ""),
    ],
)
def test_a_magic_says_what_language_its_cell_is_in(source: str, language: str) -> None:
    assert cell_language(source, "python") == language


def test_what_python_takes_for_a_magic_is_none_elsewhere() -> None:
    assert cell_language("%%Load the data\nx = 1", "matlab") == "matlab"
