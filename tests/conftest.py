"""What tests of several modules share: a Jupyter server with the extension in it, and fake workers."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from jupyter_server.serverapp import ServerApp

from tests.fakes import FakeWorker

pytest_plugins = ("pytest_jupyter.jupyter_server",)

# A run is the same everywhere and each time; `pytest --hypothesis-profile=default` looks for what nobody has seen yet.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")

LOG = logging.getLogger("tests")


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits for something that nothing announces."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 (looked at from outside, on purpose)
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def jp_server_cleanup(jp_asyncio_loop: Any) -> Iterator[None]:
    """Ends the server that a test has started; unlike the original, starts none to end it."""
    yield
    if ServerApp.initialized():
        app = ServerApp.instance()
        if hasattr(app, "kernel_manager"):
            jp_asyncio_loop.run_until_complete(app._cleanup())
            app.kernel_manager.context.destroy()
        ServerApp.clear_instance()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that waits for a worker's first answer, however busy the machine is."""
    if "jupyter_codecompose" in sys.modules:
        monkeypatch.setattr("jupyter_codecompose.worker.FIRST_ANSWER_SECONDS", 20.0)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that have time to tell all they know in one look."""
    from jupyter_codecompose import question

    texts = tuple(
        text.replace("NAMING, LEARNING = 0.01, 0.005", "NAMING, LEARNING = 60, 60") for text in question.TEXTS
    )
    assert texts != question.TEXTS
    keep = question._run(repr(texts[0]), f"['keep']({question.KEY!r}, {texts!r})")
    monkeypatch.setattr(question, "COMPILE", keep)


@pytest.fixture
def worker(jp_asyncio_loop: Any) -> Iterator[FakeWorker]:
    """A fake worker that listens, and is ready."""
    fake = FakeWorker()
    jp_asyncio_loop.run_until_complete(fake.start())
    yield fake
    jp_asyncio_loop.run_until_complete(fake.stop())
