"""A real kernel that runs a notebook's cells, tells what the probe sees in it, and is asked what exists."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager

from jupyter_codecompose.channels import ask
from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.question import Questions
from tests.grounding import oracle

SECONDS = 60


class Session:
    """One kernel, and what was learnt of it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._questions = Questions()

    async def run(self, code: str) -> None:
        """Run a cell. Raises RuntimeError with its error."""
        reply = await self._client.execute_interactive(code, timeout=SECONDS, output_hook=lambda message: None)
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"{reply['content']['ename']}: {reply['content']['evalue']}")

    async def namespace(self) -> Namespace:
        """What the probe sees, once it has had the time for all of it."""
        return await self._questions.put_all(partial(ask, self._client))

    async def missing(self, lines: Sequence[tuple[str, int]], bound: Sequence[str]) -> list[list[str]]:
        """What each line names behind a column that does not exist, by the kernel itself."""
        reply = await self._client.execute_interactive(
            "",
            silent=True,
            user_expressions={
                "found": f"(lambda d: (exec({ORACLE!r}, d), d['answer']({list(lines)!r}, {list(bound)!r}))[1])({{}})"
            },
            timeout=SECONDS,
            output_hook=lambda message: None,
        )
        told = reply["content"]["user_expressions"]["found"]
        if told["status"] != "ok":
            raise RuntimeError(f"{told['ename']}: {told['evalue']}")
        found: list[list[str]] = json.loads(told["data"]["text/plain"])
        return found


ORACLE = Path(oracle.__file__).read_text("utf-8")


@asynccontextmanager
async def session() -> AsyncIterator[Session]:
    """A kernel that lives as long as the block."""
    manager = AsyncKernelManager(kernel_name="python3")
    await manager.start_kernel(extra_arguments=["--matplotlib=agg"])
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=SECONDS)
        yield Session(client)
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
