"""The same plugin in JupyterLab's console, with the real server, worker and bundled model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SIZE
from tests.browser.jupyter import Server
from tests.browser.page import IDLE, PANEL, SECONDS

pytestmark = pytest.mark.browser

PROMPT = f"{PANEL}.console.promptCell"
GHOST = ".jp-GhostText:not(.jp-GhostText-lineSpacer):not(.jp-GhostText-letterSpacer)"
TABLE = 'table = {"alpha": 1, "beta": 2}'
TYPED = 'table["'
OPEN = """async () => {
    const panel = await window.jupyterapp.commands.execute('console:create', {
        kernelPreference: { name: 'python3' }, activate: true
    });
    await panel.sessionContext.ready;
    window.jupyterapp.shell.activateById(panel.id);
}"""


class ConsolePage:
    """A console in front, with the cursor in its prompt."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.ghost = page.locator(f".jp-CodeConsole-promptCell {GHOST}").first
        self.streaming = page.locator(".jp-CodeConsole-promptCell .jp-GhostText-streamingIndicator")

    def open(self) -> None:
        """Open a console with a kernel of its own."""
        self.page.evaluate(OPEN)
        self.page.wait_for_function(IDLE, timeout=60 * SECONDS)
        self.focus()

    def focus(self) -> None:
        """Put the cursor into the prompt."""
        self.page.evaluate(f"() => {PROMPT}.editor.focus()")
        self.page.wait_for_function(f"() => {PROMPT}.editor.hasFocus()")

    def run(self, source: str) -> None:
        """Run something."""
        self.page.evaluate(f"async source => {{ await {PANEL}.console.inject(source); }}", source)
        self.page.wait_for_function(IDLE)
        self.focus()

    def source(self) -> str:
        """What stands in the prompt."""
        return cast("str", self.page.evaluate(f"() => {PROMPT}.model.sharedModel.getSource()"))

    def close(self) -> None:
        """Close it, and end its kernel."""
        self.page.evaluate(f"async () => {{ await {PANEL}.sessionContext.shutdown(); {PANEL}.dispose(); }}")


@pytest.fixture(scope="module")
def console(browser: Browser, server: Server) -> Iterator[ConsolePage]:
    """A console where a small table is known."""
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{server.url}/lab?reset&token={server.token}", wait_until="domcontentloaded")
    page.wait_for_function("() => window.jupyterapp")
    page.evaluate("() => window.jupyterapp.restored")
    console = ConsolePage(page)
    console.open()
    console.run(TABLE)
    yield console
    console.close()
    page.close()


def test_tab_accepts_what_is_grey(console: ConsolePage) -> None:
    console.page.keyboard.type(TYPED, delay=40)
    expect(console.ghost).to_be_visible(timeout=15 * SECONDS)
    expect(console.ghost).to_have_attribute("data-provided-by", "jupyter-codecompose")
    expect(console.streaming).to_have_count(0, timeout=15 * SECONDS)
    ghost = console.ghost.inner_text()
    console.page.keyboard.press("Tab")
    assert console.source() == TYPED + ghost


def test_the_next_prompt_has_suggestions_as_well(console: ConsolePage) -> None:
    console.page.keyboard.press("Shift+Enter")
    console.page.wait_for_function(f"() => {PROMPT}.model.sharedModel.getSource() === ''")
    console.focus()
    console.page.keyboard.type(TYPED, delay=40)
    expect(console.ghost).to_be_visible(timeout=15 * SECONDS)
    assert console.source() == TYPED
    console.page.keyboard.press("Escape")
    expect(console.ghost).to_have_count(0)
    assert console.source() == TYPED
