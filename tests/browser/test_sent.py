"""What a person is shown of what was sent, with the real server and worker."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.page import NotebookPage

pytestmark = pytest.mark.browser

SHOW = "window.jupyterapp.commands.execute('codecompose:show-sent')"
PASSWORD = "hunt" + "3r2abc"
HOSTILE = '<img src="x" onerror="document.title = 1">'


@pytest.fixture
def two(lab: NotebookPage) -> Iterator[tuple[int, int]]:
    """Two new empty cells at the end of the quickstart notebook, which are gone afterwards."""
    lab.bring("quickstart.ipynb")
    above, below = lab.add(), lab.add()
    yield above, below
    lab.bring("quickstart.ipynb")
    lab.remove(below)
    lab.remove(above)


def test_the_last_request_is_shown_as_it_went_out(lab: NotebookPage, two: tuple[int, int]) -> None:
    above, below = two
    lab.edit(above)
    lab.write(f'password = "{PASSWORD}"\nhtml = """{HOSTILE}"""')
    lab.edit(below)
    lab.type("shown = ")
    lab.ask()
    lab.page.evaluate(f"() => void {SHOW}")
    letter = lab.page.locator(".jp-CodeComposeLetter")
    expect(letter.locator("p")).to_contain_text("1 assignment")
    body = letter.locator("pre").text_content() or ""
    texts = [cell["text"] for cell in json.loads(body)["parts"]["before"]]
    assert f'password = "xxxxxxxx"\nhtml = """{HOSTILE}"""' in texts
    assert texts[-1].startswith("shown")
    assert PASSWORD not in body
    assert letter.locator("img").count() == 0
    lab.page.keyboard.press("Escape")
    expect(letter).to_have_count(0)


def test_an_excluded_cell_is_left_alone(lab: NotebookPage, two: tuple[int, int]) -> None:
    hidden, here = two
    lab.edit(hidden)
    lab.write("hidden_name = 1")
    lab.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.activeCell.model.setMetadata('tags', ['no-complete'])"
    )
    lab.edit(here)
    lab.type("visible = ")
    lab.ask()
    lab.page.evaluate(f"() => void {SHOW}")
    letter = lab.page.locator(".jp-CodeComposeLetter")
    expect(letter.locator("pre")).to_contain_text("visible")
    expect(letter.locator("pre")).not_to_contain_text("hidden_name")
