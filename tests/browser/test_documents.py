"""Documents that nobody would write: nothing hangs, nothing is changed, and suggestions go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser.jupyter import Server
from tests.browser.page import NotebookPage

pytestmark = pytest.mark.browser

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
TABLE = 'table = {"alpha": 1, "beta": 2}'
TYPED = 'table["'

Show = Callable[..., NotebookPage]


@pytest.fixture
def show(lab: NotebookPage, server: Server, request: pytest.FixtureRequest) -> Iterator[Show]:
    """Opens a notebook with some cells beside the quickstart; it is closed afterwards."""

    def write_and_show(*sources: str) -> NotebookPage:
        name = f"{request.node.name}.ipynb"
        cells = [new_code_cell(source) for source in sources]
        nbformat.write(new_notebook(cells=cells, metadata=KERNEL), server.root / name)
        lab.show(name)
        return lab

    yield write_and_show
    lab.close()


def test_no_cells(show: Show) -> None:
    page = show()
    page.edit(0)
    page.type_until_answered("import")
    assert page.sources() == ["import"]


def test_one_empty_cell(show: Show) -> None:
    page = show("")
    page.edit(0)
    page.type_until_answered("import")
    assert page.sources() == ["import"]


def test_two_thousand_cells(show: Show) -> None:
    rows = [f"row_{number} = table['alpha'] + {number}" for number in range(1999)]
    page = show(TABLE, *rows)
    page.run(0)
    page.add(at=1)
    page.type(TYPED)
    ghost = page.see_ghost()
    assert page.sources() == [TABLE, TYPED, *rows]
    page.press("Tab")
    assert page.sources() == [TABLE, TYPED + ghost, *rows]


def test_ten_megabytes_in_a_cell(show: Show) -> None:
    page = show(TABLE)
    page.run(0)
    large = "x = 1  # a long line of a long cell that somebody has pasted here\n" * 160_000
    page.add(large)
    page.type("y = ")
    assert page.source() == large + "y = "
    page.add()
    page.type(TYPED)
    page.see_ghost()
    assert page.sources() == [TABLE, large + "y = ", TYPED]


def test_characters_of_more_than_one_unit(show: Show) -> None:
    above = "'🚀🚀 naïve'\n"
    page = show(TABLE)
    page.run(0)
    page.add(above)
    page.type(TYPED)
    ghost = page.see_ghost()
    assert page.source() == above + TYPED
    page.press("Tab")
    assert page.source() == above + TYPED + ghost


def test_line_ends_of_two_characters(show: Show) -> None:
    """JupyterLab itself miscounts them and puts what is typed elsewhere; nothing else may change for it."""
    above = "'🚀'\r\n'é'\r\n"
    page = show(TABLE)
    page.run(0)
    page.add(above)
    page.type(TYPED)
    assert page.source().replace(TYPED, "") == above
    page.add()
    page.type(TYPED)
    page.see_ghost()
