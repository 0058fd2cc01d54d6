"""What tests of several modules share: a Jupyter server with the extension in it, and fake workers."""

from __future__ import annotations

import asyncio
import logging
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


@pytest.fixture
def worker(jp_asyncio_loop: Any) -> Iterator[FakeWorker]:
    """A fake worker that listens, and is ready."""
    fake = FakeWorker()
    jp_asyncio_loop.run_until_complete(fake.start())
    yield fake
    jp_asyncio_loop.run_until_complete(fake.stop())
