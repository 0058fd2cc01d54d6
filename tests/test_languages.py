"""Kernels that do not speak Python: they are not asked, and what is sent names their language."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.service import Service
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.wire import Cell, Snapshot
from jupyter_codecompose.worker import Worker
from tests.conftest import LOG
from tests.fakes import FakeWorker
from tests.page import notebook

SPEC = {
    "argv": [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"],
    "display_name": "Bash",
    "language": "bash",
}


@pytest.fixture
def manager(jp_data_dir: Path, jp_serverapp: Any) -> Any:
    """The kernel manager of a server that has a kernel for bash."""
    place = jp_data_dir / "kernels" / "bash"
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps(SPEC))
    return jp_serverapp.kernel_manager


async def test_a_notebook_in_another_language(manager: Any, worker: FakeWorker) -> None:
    settings = Settings(worker_url=worker.url)
    async with notebook(manager, "bash") as (page, kernels):
        await page.run("colour=green")
        page.others.clear()
        ours = Service(settings, Worker(settings, LOG), kernels, LOG)
        cells = (Cell(kind="code", source="colour=green"), Cell(kind="code", source="echo $"))
        asked = Snapshot("e", "n.ipynb", "bash", cells, active=1, cursor=6, kernel=page.id)
        assert [event async for event in ours.complete(asked)]
        await page.run("true")
        assert page.others == []
        assert await kernels.of(page.id) == Namespace()
        (request,) = worker.requests
        assert request.parts
        assert request.parts.header.language == "bash"
        assert request.parts.facts == ()
        assert [cell.text for cell in request.parts.before] == ["colour=green", "echo $"]
        await ours.close()
