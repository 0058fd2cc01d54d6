from __future__ import annotations

import pytest

from jupyter_codecompose.notebook import Notebook
from jupyter_codecompose.triggers import Intent, intent
from model_server.wire import Cell

SILENT, LINE, BLOCK = Intent.SILENT, Intent.LINE, Intent.BLOCK


def at(text: str, *, prose: bool = False, above: tuple[Cell, ...] = ()) -> Notebook:
    """A cell's text with `|` for the cursor."""
    left, right = text.split("|")
    return Notebook(language="python", above=above, left=left, right=right, below=(), prose=prose)


@pytest.mark.parametrize(
    ("text", "automatic", "invoked"),
    [
        ("foo(|)", LINE, LINE),
        ("foo('|')", LINE, LINE),
        ("if x|:", LINE, LINE),
        ("x = [a, |],", LINE, LINE),
        ("x = 1|", LINE, BLOCK),
        ("df.|", LINE, BLOCK),
        ("pri|nt", SILENT, SILENT),
        ("|x = 1", SILENT, SILENT),
        ("foo(|, b)", SILENT, LINE),
        ("x = | + 1", SILENT, LINE),
        ("def f(x):|", BLOCK, BLOCK),
        ("for x in y: |", BLOCK, BLOCK),
        ("def f(x):\n    |", BLOCK, BLOCK),
        ("def f(x):\n    y = 1\n    |\n", BLOCK, BLOCK),
        ("# plot the sales\n|", BLOCK, BLOCK),
        ("x = 1\n|", LINE, BLOCK),
        ("|", SILENT, BLOCK),
        ("  \n|", SILENT, BLOCK),
    ],
)
def test_intent(text: str, automatic: Intent, invoked: Intent) -> None:
    assert intent(at(text), invoked=False) is automatic
    assert intent(at(text), invoked=True) is invoked


def test_an_empty_cell_below_others_is_worth_a_line() -> None:
    assert intent(at("|", above=(Cell(kind="code", text="x = 1"),)), invoked=False) is LINE


def test_prose_is_left_alone_until_asked() -> None:
    assert intent(at("Some words|", prose=True), invoked=False) is SILENT
    assert intent(at("Some words|", prose=True), invoked=True) is BLOCK
