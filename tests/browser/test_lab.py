"""What a person sees in JupyterLab, with the real server, the real worker and the bundled model.

Nothing here depends on how clever the model is, but for one promise: inside `frame["` the suggestion is a real column.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import Server
from tests.browser.page import SECONDS, NotebookPage

pytestmark = pytest.mark.browser

DOCS = Path(__file__).parents[2] / "docs"
COLUMNS = ("date", "precipitation", "temp_max", "temp_min", "wind", "weather")
TYPED = 'weather["'


def test_tab_accepts_what_is_grey(lab: NotebookPage) -> None:
    lab.edit(len(lab.sources()) - 1)
    lab.type(TYPED)
    ghost = lab.see_ghost()
    expect(lab.ghost).to_have_attribute("data-provided-by", "jupyter-codecompose")
    assert lab.source() == TYPED
    lab.press("Tab")
    assert lab.source() == TYPED + ghost
    lab.write("")


def test_a_column_that_only_the_kernel_knows(cell: NotebookPage) -> None:
    assert [source for source in cell.sources() if "wind" in source] == []
    cell.type('weather["wi')
    assert cell.see_ghost().startswith('nd"')
    cell.press("Tab")
    assert cell.source().startswith('weather["wind"')


def test_a_subscript_is_a_real_column(cell: NotebookPage) -> None:
    cell.type(TYPED)
    assert cell.see_ghost().partition('"')[0] in COLUMNS


def test_a_letter_that_matches_moves_through_the_ghost(cell: NotebookPage) -> None:
    cell.type(TYPED)
    ghost = cell.see_ghost()
    cell.type(ghost[0])
    expect(cell.ghost).to_have_text(ghost[1:])
    assert cell.source() == TYPED + ghost[0]
    cell.press("Tab")
    assert cell.source() == TYPED + ghost


def test_a_letter_that_does_not_match_takes_the_ghost_away(cell: NotebookPage) -> None:
    cell.type(TYPED)
    ghost = cell.see_ghost()
    cell.type("Q")
    expect(cell.ghost.filter(has_text=ghost)).to_have_count(0)
    cell.press("Tab")
    assert cell.source().startswith(TYPED + "Q")
    assert ghost not in cell.source().removeprefix(TYPED)


def test_escape_takes_the_ghost_away(cell: NotebookPage) -> None:
    cell.type(TYPED)
    cell.see_ghost()
    cell.press("Escape")
    cell.see_no_ghost()
    assert cell.source() == TYPED


def test_what_was_accepted_is_undone_in_one_step(cell: NotebookPage) -> None:
    cell.type(TYPED)
    ghost = cell.see_ghost()
    cell.press("Tab")
    assert cell.source() == TYPED + ghost
    cell.press("Control+z")
    assert TYPED.startswith(cell.source())


def test_without_tab_the_notebook_is_what_was_typed(cell: NotebookPage, server: Server) -> None:
    before = cell.sources()
    cell.type(TYPED)
    cell.see_ghost()
    assert cell.sources() == [*before[:-1], TYPED]
    cell.save()
    saved = json.loads((server.root / "quickstart.ipynb").read_text())
    assert ["".join(cell["source"]) for cell in saved["cells"]] == [*before[:-1], TYPED]


def test_a_busy_kernel_holds_nothing_back(lab: NotebookPage) -> None:
    sleeping = lab.add("import time\ntime.sleep(60)")
    lab.begin(sleeping)
    typing = lab.add()
    try:
        lab.type(TYPED)
        lab.see_ghost()
        assert lab.kernel_status() == "busy"
    finally:
        lab.interrupt()
        lab.remove(typing)
        lab.remove(sleeping)


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_prose_is_left_alone(lab: NotebookPage, kind: str) -> None:
    index = lab.add(kind=kind)
    lab.type_until_answered("The wettest days are in")
    lab.see_no_ghost()
    assert lab.source() == "The wettest days are in"
    lab.remove(index)


def test_the_status_bar_names_the_model(lab: NotebookPage) -> None:
    item = lab.status_item()
    expect(item).to_have_attribute("data-state", "ready")
    expect(item).to_contain_text("CodeCompose: bundled")
    expect(item).to_have_attribute("title", "Suggestions appear as you type. Tab accepts one.")


def test_the_picture(lab: NotebookPage, tmp_path: Path) -> None:
    """A picture of ghost text; the one in the documentation only when it is asked for."""
    folder = DOCS if os.environ.get("CODECOMPOSE_SCREENSHOTS") else tmp_path
    lab.add(at=2)
    lab.scroll_to_top()
    lab.type('windy = weather[weather["wi')
    lab.see_ghost()
    lab.picture(folder / "ghost-text.png")
    lab.remove(2)
    assert folder.joinpath("ghost-text.png").stat().st_size > 20_000


def test_a_worker_that_dies_comes_back(cell: NotebookPage, server: Server) -> None:
    before = cell.sources()
    worker = server.worker()
    assert worker
    worker.kill()
    cell.type(TYPED)
    item = cell.status_item()
    expect(item).not_to_have_attribute("data-state", "ready")
    assert cell.sources() == [*before[:-1], TYPED]
    assert (item.get_attribute("title") or "").endswith(".")
    expect(item).to_have_attribute("data-state", "ready", timeout=60 * SECONDS)
    cell.write("")
    cell.type(TYPED)
    cell.see_ghost()
    cell.press("Tab")
    assert len(cell.source()) > len(TYPED)
