"""A page with a kernel, for tests: it runs cells and counts what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.kernel import Kernels
from tests.conftest import until


class Page:
    """A client of a kernel, as a page is one."""

    def __init__(self, manager: Any, id_: str) -> None:
        self.id = id_
        self._manager = manager
        self.client = manager.get_kernel(id_).client()
        self.client.session.session = "page"
        self.client.start_channels(stdin=False, hb=False)
        self.others: list[str] = []

    async def run(self, code: str, **more: Any) -> dict[str, Any]:
        """Runs a cell to its end; gives its reply."""
        asked = self.client.execute(code, **more)
        while True:
            message = await self.client.get_iopub_msg(timeout=20)
            if message["parent_header"].get("msg_id") != asked:
                self.others.append(message["msg_type"])
            elif message["content"].get("execution_state") == "idle":
                break
        while True:
            reply = await self.client.get_shell_msg(timeout=20)
            if reply["parent_header"].get("msg_id") == asked:
                return dict(reply["content"])

    async def close(self) -> None:
        """Leaves, and ends the kernel."""
        self.client.stop_channels()
        if self.id in self._manager:
            await self._manager.shutdown_kernel(self.id, now=True)

    async def value(self, expression: str) -> str:
        """What an expression is, in words."""
        reply = await self.run("", silent=True, user_expressions={"x": expression})
        return str(reply["user_expressions"]["x"]["data"]["text/plain"])


async def opened(manager: Any, kernel: str = "python3") -> Page:
    """A page with a new kernel that is idle."""
    id_ = await manager.start_kernel(kernel_name=kernel)
    page = Page(manager, id_)
    await page.client.wait_for_ready(timeout=30)
    await page.run("")
    await until(lambda: manager.get_kernel(id_).execution_state == "idle")
    return page


@asynccontextmanager
async def notebook(manager: Any, kernel: str = "python3") -> AsyncIterator[tuple[Page, Kernels]]:
    """A page with a new kernel, and what is known of that."""
    page, kernels = await opened(manager, kernel), Kernels(manager)
    try:
        yield page, kernels
    finally:
        await kernels.close()
        await page.close()


async def forgotten(kernels: Kernels, id_: str, name: str) -> None:
    """Waits until nothing is known of `name` any more."""
    async with asyncio.timeout(10):
        while (await kernels.of(id_)).variable(name):  # noqa: ASYNC110 (looked at from outside)
            await asyncio.sleep(0.01)


async def settled(kernels: Kernels, id_: str, name: str) -> Namespace:
    """What is known once that holds `name`: what a person would meet a moment after an execution."""
    async with asyncio.timeout(10):
        while True:
            known = await kernels.of(id_)
            if known.variable(name):
                return known
            await asyncio.sleep(0.01)
