"""What `status` finds at running servers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_codecompose.checks import Check, server
from tests.fakes import FakeWorker


@pytest.fixture
def jp_server_config(worker: FakeWorker) -> dict[str, Any]:
    return {
        "ServerApp": {"jpserver_extensions": {"jupyter_codecompose": True}},
        "CodeCompose": {"worker_url": worker.url},
    }


@pytest.fixture
def url(jp_serverapp: Any, http_server: Any, jp_http_port: int, jp_base_url: str) -> str:
    return f"http://localhost:{jp_http_port}{jp_base_url}"


async def test_a_running_server(url: str, jp_serverapp: Any) -> None:
    found = await asyncio.to_thread(server, url, jp_serverapp.identity_provider.token)
    assert (found.ok, found.found) == (True, "worker off")


async def test_a_wrong_token(url: str) -> None:
    found = await asyncio.to_thread(server, url, "wrong")
    assert (found.ok, found.advice) == (False, "give its token: --token")
    assert "wrong" not in str(found)


async def test_a_server_without_the_extension(worker: FakeWorker) -> None:
    found = await asyncio.to_thread(server, worker.url, "")
    assert found.found == "the extension does not answer"


def test_how_it_reads() -> None:
    assert str(Check("part", True, "there", "advice")) == "ok  part: there"
    assert str(Check("part", False, "missing", "advice")) == "NO  part: missing\n    → advice"
