"""The same plugin in Notebook 7."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SIZE
from tests.browser.jupyter import EXAMPLES, Server
from tests.browser.page import NotebookPage

pytest.importorskip("notebook")
pytestmark = pytest.mark.browser


def test_tab_accepts_what_is_grey(browser: Browser, server: Server) -> None:
    shutil.copy(EXAMPLES / "quickstart.ipynb", server.root / "seven.ipynb")
    notebook = NotebookPage(browser.new_page(viewport=SIZE))
    notebook.open(f"{server.url}/notebooks/seven.ipynb?token={server.token}")
    notebook.run(1)
    notebook.edit(len(notebook.sources()) - 1)
    notebook.type('weather["')
    ghost = notebook.see_ghost()
    expect(notebook.ghost).to_have_attribute("data-provided-by", "jupyter-codecompose")
    notebook.press("Tab")
    assert notebook.source() == f'weather["{ghost}'
    notebook.page.close()
