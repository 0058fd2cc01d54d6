"""Facts from kernels behind a real Kernel Gateway."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import aiohttp
import pytest
from jupyter_server.gateway.gateway_client import GatewayClient

from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.gateway import Remote
from jupyter_codecompose.kernel import Kernels
from tests.browser.jupyter import free_port, wait_until
from tests.conftest import until
from tests.page import forgotten, settled

TOKEN = secrets.token_hex(8)
HEADERS = {"Authorization": f"token {TOKEN}"}


def answers(url: str) -> bool:
    """Whether a gateway is up."""
    try:
        with urlopen(Request(f"{url}/api", headers=HEADERS), timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a gateway."""
    url = f"http://127.0.0.1:{free_port()}"
    log = tmp_path_factory.mktemp("gateway") / "log"
    options = ["--ip=127.0.0.1", f"--port={url.rpartition(':')[2]}", f"--KernelGatewayApp.auth_token={TOKEN}"]
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "kernel_gateway", *options], stdout=out, stderr=out)
    try:
        wait_until(lambda: answers(url), "no gateway")
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def manager(running: str, jp_configurable_serverapp: Any) -> Iterator[Any]:
    """The kernel manager of a server whose kernels run at the gateway."""
    GatewayClient.clear_instance()  # one without a gateway, which an earlier server has left
    client = {"url": running, "auth_token": TOKEN}
    yield jp_configurable_serverapp(config={"GatewayClient": client}).kernel_manager
    GatewayClient.clear_instance()


class Page:
    """Another client of the same kernel: it runs cells, and counts what it hears of others."""

    def __init__(self, id_: str, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.id = id_
        self.others: list[str] = []
        self._socket = socket

    async def run(self, code: str, **more: Any) -> dict[str, Any]:
        """Runs a cell to its end; gives its reply."""
        asked = uuid4().hex
        header = {"msg_id": asked, "msg_type": "execute_request", "session": "page", "username": "", "version": "5.3"}
        content = {"code": code, "allow_stdin": False, "stop_on_error": False, **more}
        body = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        await self._socket.send_json(body)
        reply: dict[str, Any] = {}
        idle = False
        while not (reply and idle):
            message = await self._socket.receive_json(timeout=20)
            if message["parent_header"].get("msg_id") != asked:
                self.others.append(message["msg_type"])
            elif message["channel"] == "shell":
                reply = message["content"]
            else:
                idle = message["content"].get("execution_state") == "idle"
        return reply


@asynccontextmanager
async def notebook(manager: Any, way: type[Remote] = Remote) -> AsyncIterator[tuple[Page, Kernels]]:
    """A page with a new kernel at the gateway, and what is known of that."""
    id_ = await manager.start_kernel(kernel_name="python3")
    url = f"{GatewayClient.instance().url}/api/kernels/{id_}/channels"
    kernels = Kernels(manager, way)
    try:
        async with aiohttp.ClientSession(headers=HEADERS) as client, client.ws_connect(url) as socket:
            page = Page(id_, socket)
            await page.run("")
            yield page, kernels
    finally:
        await kernels.close()
        if id_ in manager:
            await manager.shutdown_kernel(id_, now=True)


@pytest.mark.usefixtures("unhurried")
async def test_facts_once_per_execution(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        for n in range(3):
            await page.run(f"x_{n} = {n}")
            page.others.clear()
            known = await settled(kernels, page.id, f"x_{n}")
            for _ in range(20):
                await kernels.of(page.id)
            await page.run("", silent=True)
        assert page.others == ["status", "status"]
        assert known.complete


async def test_a_busy_kernel_is_not_waited_for(manager: Any, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    async with notebook(manager) as (page, kernels):
        cell = f"x = 1\nopen({str(begun)!r}, 'w').close()\n__import__('time').sleep(20)"
        running = asyncio.create_task(page.run(cell))
        await until(begun.exists, 20)
        began = perf_counter()
        for _ in range(100):
            assert await kernels.of(page.id) == Namespace()
        assert perf_counter() - began < 10
        await manager.interrupt_kernel(page.id)
        await running
        assert await settled(kernels, page.id, "x")


async def test_a_restarted_kernel_has_forgotten_and_one_that_was_shut_down_is_let_go(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run("x = 1")
        await settled(kernels, page.id, "x")
        await manager.restart_kernel(page.id)
        await forgotten(kernels, page.id, "x")
        await manager.shutdown_kernel(page.id, now=True)
        assert await kernels.of(page.id) == Namespace()


class Brief(Remote):
    """Channels that are closed after a tenth of a second."""

    silence = 0.1


async def test_nobody_is_listened_to_for_nothing(manager: Any) -> None:
    async with notebook(manager, Brief) as (page, kernels):
        await page.run("x = 1")
        await settled(kernels, page.id, "x")
        async with asyncio.timeout(10):
            while (await connections(manager, page.id)) > 1:  # noqa: ASYNC110 (the gateway's own count)
                await asyncio.sleep(0.05)
        await page.run("y = 1")
        assert (await settled(kernels, page.id, "y")).variable("x")


async def connections(manager: Any, id_: str) -> int:
    """How many the gateway says are connected to a kernel."""
    model = await manager.get_kernel(id_).refresh_model()
    return int(model["connections"])


class Absent:
    """A kernel at a gateway that is not there, in a manager of its own."""

    kernel_id = "8f6f862b-f78f-4229-8b8e-c0bdd125ab3e"

    def __contains__(self, id_: str) -> bool:
        return True

    def get_kernel(self, id_: str) -> Absent:
        return self


async def test_a_gateway_that_is_not_there(jp_configurable_serverapp: Any) -> None:
    jp_configurable_serverapp(config={"GatewayClient": {"url": f"http://127.0.0.1:{free_port()}"}})
    kernels = Kernels(Absent(), Remote)
    began = perf_counter()
    for _ in range(20):
        assert await kernels.of("k") == Namespace()
        await asyncio.sleep(0.01)
    assert perf_counter() - began < 10
    await kernels.close()
    GatewayClient.clear_instance()
