"""The thread that asks: where a page may have none, the page itself does; and its first question is answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SIZE
from tests.browser.jupyter import Server
from tests.browser.page import NotebookPage

pytestmark = pytest.mark.browser

STATUS = ".jp-CodeComposeStatus"
STATES = f"""
    const seen = window.states = [];
    new MutationObserver(() => {{
        const state = document.querySelector('{STATUS}')?.dataset.state;
        if (state && state !== seen.at(-1)) seen.push(state);
    }}).observe(document, {{ subtree: true, childList: true, attributes: true }});
"""
"""Every state that the status bar has shown."""
NO_THREADS = """
    new MutationObserver((_, observer) => {
        if (document.head) {
            observer.disconnect();
            const policy = document.createElement('meta');
            policy.httpEquiv = 'Content-Security-Policy';
            policy.content = "worker-src 'none'";
            document.head.prepend(policy);
        }
    }).observe(document, { subtree: true, childList: true });
"""
"""A policy that lets the page start none, as a server's header would."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own."""
    page = browser.new_page(viewport=SIZE)
    page.add_init_script(STATES)
    yield page
    page.close()


def suggested(page: Page, server: Server) -> str:
    """What is suggested in a new cell of the quickstart."""
    notebook = NotebookPage(page)
    notebook.open(f"{server.url}/lab/tree/quickstart.ipynb?reset&token={server.token}")
    expect(page.locator(STATUS)).to_have_attribute("data-state", "ready")
    notebook.add()
    notebook.type("import pan")
    return notebook.see_ghost()


def test_a_page_that_may_have_no_thread_asks_itself(page: Page, server: Server) -> None:
    page.add_init_script(NO_THREADS)
    assert suggested(page, server).startswith("das")
    assert page.workers == []
    assert "failed" not in page.evaluate("() => states")


def test_the_first_question_does_not_wait_for_the_thread(page: Page, server: Server) -> None:
    assert suggested(page, server).startswith("das")
    assert len(page.workers) == 1
    assert "failed" not in page.evaluate("() => states")
