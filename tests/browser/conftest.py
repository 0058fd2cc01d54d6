"""What the browser's tests share: one server, one Chromium, and a notebook in JupyterLab.

They end with this package, not with the session: as long as Playwright runs, no other event loop can in this thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.browser import chromium
from tests.browser.jupyter import Server, serving
from tests.browser.page import NotebookPage

SIZE: ViewportSize = {"width": 1280, "height": 720}
SHARED = ("lab", "front", "classic")
WRITTEN = ("jupyter-codecompose/plugin", "@jupyterlab/completer-extension/inline-completer")
"""The fixtures with a page of several tests, and the settings that tests write."""


@pytest.fixture(autouse=True)
def jp_asyncio_loop() -> None:
    """No event loop for these tests: Playwright brings its own."""


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """No server in this process to clean up after."""


@pytest.fixture(autouse=True)
def tidy(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test has turned off, or put in the server's place, is so for no other, also where it has failed."""
    pages = [request.getfixturevalue(name) for name in SHARED if name in request.fixturenames]
    servers = [request.getfixturevalue("server")] if "server" in request.fixturenames else []
    yield
    for page in pages:
        page.restore()
    for server in servers:
        for plugin in WRITTEN:
            server.settings(plugin).unlink(missing_ok=True)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium; the tests are skipped where there is none, or fail if one is required."""
    path = chromium.find()
    if path is None:
        end = pytest.fail if os.environ.get(chromium.REQUIRED) else pytest.skip
        end("no Chromium here: run `python -m tests.browser.chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Jupyter server whose worker is ready."""
    with serving(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="package")
def lab(browser: Browser, server: Server) -> Iterator[NotebookPage]:
    """The quickstart notebook in JupyterLab, its cells run."""
    page = browser.new_page(viewport=SIZE)
    notebook = NotebookPage(page)
    notebook.open(f"{server.url}/lab/tree/quickstart.ipynb?reset&token={server.token}")
    for index in (1, 3, 5):
        notebook.run(index)
    yield notebook
    page.close()


@pytest.fixture
def cell(lab: NotebookPage) -> Iterator[NotebookPage]:
    """The cursor in a new empty cell at the end of the quickstart notebook, which is gone afterwards."""
    lab.bring("quickstart.ipynb")
    index = lab.add()
    yield lab
    lab.bring("quickstart.ipynb")
    lab.remove(index)
