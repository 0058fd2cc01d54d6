"""Facts from real kernels of a real server."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpec

from jupyter_codecompose.kernel import Kernels, read
from model_server.wire import Fact
from tests.conftest import until


class Page:
    """A page with a kernel: runs cells and counts what it hears."""

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
        self.client.stop_channels()
        await self._manager.shutdown_kernel(self.id, now=True)

    async def value(self, expression: str) -> str:
        reply = await self.run("", silent=True, user_expressions={"x": expression})
        return str(reply["user_expressions"]["x"]["data"]["text/plain"])


@pytest.fixture
def manager(jp_serverapp: Any) -> Any:
    return jp_serverapp.kernel_manager


async def opened(manager: Any) -> Page:
    id_ = await manager.start_kernel(kernel_name="python3")
    page = Page(manager, id_)
    await page.client.wait_for_ready(timeout=30)
    await page.run("pass")
    await until(lambda: manager.get_kernel(id_).execution_state == "idle")
    return page


async def settled(kernels: Kernels, page: Page, name: str) -> tuple[Fact, ...]:
    """The facts once they hold `name`: what a person would meet a moment after an execution."""
    async with asyncio.timeout(5):
        while True:
            facts = await kernels.of(page.id)
            if any(fact.name == name for fact in facts):
                return facts
            await asyncio.sleep(0.01)


async def test_facts(manager: Any) -> None:
    page, kernels = await opened(manager), Kernels(manager)
    await page.run("import pandas as pd\ndf = pd.DataFrame({'region': [1], 'units': [2]})\ndef f(a, b=1): pass")
    facts = {fact.name: fact for fact in await settled(kernels, page, "df")}
    assert set(facts) == {"df", "pd", "f"}
    assert facts["df"].members == ("region", "units")
    assert facts["pd"] == Fact(name="pd", type="module", module="pandas")
    assert facts["f"].signature == "(a, b=1)"
    await kernels.close()
    await page.close()


async def test_a_kernel_is_asked_once_per_execution(manager: Any) -> None:
    page, kernels = await opened(manager), Kernels(manager)
    await page.run("x = 0")
    await settled(kernels, page, "x")
    for n in range(3):
        await page.run(f"x_{n} = {n}")
        page.others.clear()
        await settled(kernels, page, f"x_{n}")
        for _ in range(20):
            began = perf_counter()
            await kernels.of(page.id)
            assert perf_counter() - began < 0.05
        await page.value("0")
        assert page.others == ["status", "status"], "one question: busy, idle"
    await kernels.close()
    await page.close()


LEFT_BEHIND = (
    "(get_ipython().execution_count, len(get_ipython().history_manager.input_hist_raw), [*get_ipython().user_ns])"
)


async def test_a_question_leaves_no_trace(manager: Any) -> None:
    page = await opened(manager)
    await page.run("x = 1")
    before = await page.value(LEFT_BEHIND)
    for _ in range(3):
        kernels = Kernels(manager)
        await settled(kernels, page, "x")
        await kernels.close()
    page.others.clear()
    assert await page.value(LEFT_BEHIND) == before
    assert (await page.run("_"))["status"] == "ok"
    assert set(page.others) <= {"status"}
    await page.close()


async def test_a_busy_kernel_is_not_waited_for(manager: Any) -> None:
    page, kernels = await opened(manager), Kernels(manager)
    await page.run("x = 1")
    await settled(kernels, page, "x")
    running = asyncio.create_task(page.run("import time\ny = 1\ntime.sleep(1.0)"))
    await until(lambda: manager.get_kernel(page.id).execution_state == "busy")
    slowest = 0.0
    for _ in range(30):
        began = perf_counter()
        facts = await kernels.of(page.id)
        slowest = max(slowest, perf_counter() - began)
        await asyncio.sleep(0.01)
    assert slowest < 0.05
    assert [fact.name for fact in facts] == ["x"]
    await running
    assert len(await settled(kernels, page, "y")) == 3
    await kernels.close()
    await page.close()


async def test_a_restarted_kernel_has_forgotten(manager: Any) -> None:
    page, kernels = await opened(manager), Kernels(manager)
    await page.run("x = 1")
    await settled(kernels, page, "x")
    await manager.restart_kernel(page.id)
    async with asyncio.timeout(10):
        while await kernels.of(page.id):
            pass
    await kernels.close()
    await page.close()


async def test_hostile_values_and_shadowed_builtins(manager: Any) -> None:
    page, kernels = await opened(manager), Kernels(manager)
    await page.run(
        "calls = 0\n"
        "def trap(*args, **named):\n    global calls\n    calls += 1\n"
        "class Meta(type):\n    __getattribute__ = trap\n"
        "names = '__repr__ __str__ __len__ __getattr__ __eq__ __hash__ __bool__ __dir__ __iter__'.split()\n"
        "bad = type('Bad', (), dict.fromkeys(names, trap))()\n"
        "odd = type.__call__(Meta('Odd', (), {}))\n"
        "exec = eval = type = dict = list = sorted = trap\n"
    )
    facts = {fact.name: fact.type for fact in await settled(kernels, page, "bad")}
    assert (facts["bad"], facts["odd"]) == ("Bad", "Odd")
    assert await page.value("calls") == "0"
    await kernels.close()
    await page.close()


async def test_a_dead_kernel_is_let_go(manager: Any) -> None:
    page, kernels = await opened(manager), Kernels(manager)
    await page.run("x = 1")
    await settled(kernels, page, "x")
    await page.close()
    assert await kernels.of(page.id) == ()
    await kernels.close()


async def test_a_kernel_that_is_not_ours(manager: Any) -> None:
    kernels = Kernels(manager)
    assert await kernels.of("8f6f862b-f78f-4229-8b8e-c0bdd125ab3e") == ()
    await kernels.close()


class Idle:
    """A kernel that is idle and speaks `language`, in a manager of its own."""

    execution_state = "idle"
    ports: tuple[int, ...] = ()

    def __init__(self, language: str) -> None:
        self.kernel_spec = KernelSpec(language=language)

    def __contains__(self, id_: str) -> bool:
        return True

    def get_kernel(self, id_: str) -> Idle:
        return self


async def test_another_language() -> None:
    kernels = Kernels(Idle("R"))
    assert await kernels.of("k") == ()
    await kernels.close()


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        ({"status": "aborted"}, None),
        ({"status": "error"}, ()),
        ({"status": "ok", "user_expressions": {"facts": {"status": "error"}}}, ()),
        ({"user_expressions": {"facts": {"data": {"application/json": [{"name": "x", "more": 1}]}}}}, ()),
        ({"user_expressions": {"facts": {"data": {"application/json": [{"name": "x" * 600}]}}}}, ()),
        ({"user_expressions": {"facts": {"data": {"application/json": [{"name": "x"}]}}}}, (Fact(name="x"),)),
    ],
    ids=range(6),
)
def test_answers(content: dict[str, Any], facts: tuple[Fact, ...] | None) -> None:
    assert read(content) == facts
