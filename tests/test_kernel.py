"""Facts from real kernels of a real server."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any, cast

import pytest
from jupyter_client.kernelspec import KernelSpec

from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.kernel import Kernels
from jupyter_codecompose.question import TEXTS
from jupyter_codecompose.watch import MORE, Watch
from tests.conftest import until
from tests.hostile import HOSTILE, LEFT_BEHIND
from tests.page import Page, forgotten, notebook, settled


@pytest.fixture
def manager(jp_serverapp: Any) -> Any:
    return jp_serverapp.kernel_manager


async def learnt(page: Page, kernels: Kernels, *kinds: str) -> Namespace:
    """What is known once these kinds are, a few questions after an execution."""
    async with asyncio.timeout(20):
        while True:
            known = await kernels.of(page.id)
            if all(map(known.kind, kinds)):
                return known
            await asyncio.sleep(0.01)


async def test_facts(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run(
            "import pandas as pd, os\n"
            "df = pd.DataFrame({'region': ['a'], 'units': [2]})\n"
            "def f(a, b=1): pass\n"
            "class Box:\n    def __init__(self, side): self.side = side\n    def grow(self, by): pass\n"
            "box = Box(1)"
        )
        known = await learnt(page, kernels, "pandas.DataFrame", "__main__.Box")
        df, box = known.variable("df"), known.variable("box")
        assert df
        assert box
        assert (df.members, df.dtypes, df.shape) == (("region", "units"), ("string", "int64"), (1, 2))
        assert known.lacks_attribute(df, "regoin")
        assert not known.lacks_attribute(df, "region")
        assert not known.lacks_attribute(df, "groupby")
        assert known.attributes(box) == ("side", "grow")
        assert known.keywords(box, "grow") == ("by",)
        assert known.lacks("boxx")
        assert not any(known.lacks(name) for name in ("box", "print", "In", "exit", "_private"))
        assert [fact.signature for fact in known.facts if fact.name == "f"] == ["(a, b=1)"]
        await manager.shutdown_kernel(page.id, now=True)
        assert await kernels.of(page.id) == Namespace()


async def test_what_there_was_no_time_for_is_told_when_somebody_wants_to_know_again(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run("import pandas as pd, xml\nimport xml.etree.ElementTree\ndf = pd.DataFrame({'region': ['a']})")
        page.others.clear()
        known = await learnt(page, kernels, "pandas.Series", "xml.etree.ElementTree")
        df = known.variable("df")
        assert df
        column = known.item_of(df, "region")
        assert column
        assert not column.lacks("mean")
        assert column.lacks("maen")
        assert known.item_of(df, "regoin") is None
        part = known.kind("xml.etree")
        assert part
        assert part.modules["ElementTree"] == "xml.etree.ElementTree"


async def test_a_kernel_is_not_asked_without_end(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run("import numpy as np")
        page.others.clear()
        calm = 0
        async with asyncio.timeout(20):
            while calm < 20:
                before = len(page.others)
                await kernels.of(page.id)
                await asyncio.sleep(0.005)
                await page.value("0")
                calm = calm + 1 if 0 < before == len(page.others) else 0
        assert 2 < page.others.count("status") / 2 <= len(TEXTS) + 1 + MORE


@pytest.mark.usefixtures("unhurried")
async def test_a_kernel_is_asked_once_per_execution_and_for_each_kind_once(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run("x = 0")
        await settled(kernels, page.id, "x")
        for n in range(3):
            await page.run(f"x_{n} = {n}")
            page.others.clear()
            known = await settled(kernels, page.id, f"x_{n}")
            for _ in range(20):
                began = perf_counter()
                await kernels.of(page.id)
                assert perf_counter() - began < 5
            await page.value("0")
            assert page.others == ["status", "status"], "one question: busy, idle"
            assert [*await asyncio.gather(kernels.of(page.id), kernels.of(page.id))] == [known, known], "two notebooks"
            kind = known.kind("builtins.int")
            assert kind
            assert "bit_length" in kind.attributes


async def test_a_busy_kernel_is_not_waited_for_and_an_interrupted_one_is_asked(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run("x = 1")
        await settled(kernels, page.id, "x")
        running = asyncio.create_task(page.run("import time\ny = 1\ntime.sleep(20)\nz = 1"))
        await until(lambda: manager.get_kernel(page.id).execution_state == "busy")
        slowest = 0.0
        for _ in range(30):
            began = perf_counter()
            known = await kernels.of(page.id)
            slowest = max(slowest, perf_counter() - began)
            await asyncio.sleep(0.01)
        assert slowest < 5
        assert [variable.name for variable in known.variables] == ["x"]
        await manager.interrupt_kernel(page.id)
        assert (await running)["ename"] == "KeyboardInterrupt"
        assert (await settled(kernels, page.id, "y")).lacks("z")


COMM = """
def opened(comm, message):
    comm.on_msg(lambda message: globals().update(written=1))
get_ipython().kernel.comm_manager.register_target('widget', opened)
x = 1
"""


async def test_what_a_widgets_callback_changes_is_known(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run(COMM)
        assert (await settled(kernels, page.id, "x")).lacks("written")
        for kind, content in (("comm_open", {"target_name": "widget"}), ("comm_msg", {})):
            message = page.client.session.msg(kind, {"comm_id": "1", "data": {}, **content})
            page.client.shell_channel.send(message)
        async with asyncio.timeout(10):
            while (await kernels.of(page.id)).lacks("written"):  # noqa: ASYNC110 (looked at from outside)
                await asyncio.sleep(0.05)


async def test_a_restarted_kernel_has_forgotten(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run("x = 1")
        await settled(kernels, page.id, "x")
        await manager.restart_kernel(page.id)
        await forgotten(kernels, page.id, "x")


async def test_a_kernel_that_dies_has_nothing_and_its_successor_is_asked_anew(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run("x = 1")
        await settled(kernels, page.id, "x")
        process = manager.get_kernel(page.id).provisioner.process
        process.kill()
        process.wait()
        assert await kernels.of(page.id) == Namespace()
        await until(lambda: process is not manager.get_kernel(page.id).provisioner.process, seconds=20)
        await page.client.wait_for_ready(timeout=20)
        await page.run("y = 1")
        assert not (await settled(kernels, page.id, "y")).variable("x")


DIE_NEXT = """
import os
calls = []
get_ipython().events.register('post_execute', lambda: calls.append(0) or len(calls) > 1 and os._exit(1))
"""


async def test_a_kernel_that_dies_over_the_question_keeps_nobody_waiting(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run(DIE_NEXT)
        began = perf_counter()
        assert await kernels.of(page.id) == Namespace()
        assert perf_counter() - began < 5


@pytest.mark.usefixtures("unhurried")
async def test_hostile_values_and_shadowed_builtins_are_not_touched_and_nothing_is_left_behind(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run(HOSTILE)
        before = await page.value(LEFT_BEHIND)
        page.others.clear()
        known = await settled(kernels, page.id, "of_class_40")
        kinds = {variable.name: variable.type for variable in known.variables}
        names = ("value_1", "of_class_1", "class_1", "keys_1")
        assert [kinds[name] for name in names] == ["Bad", "Odd1", "type", "Keys"]
        assert len(kinds) > 190
        assert known.complete
        assert await page.value("calls") == "0"
        assert await page.value(LEFT_BEHIND) == before
        assert (await page.run("_"))["status"] == "ok"
        assert set(page.others) <= {"status"}


NO_GARBAGE = (
    "[(__import__('gc').collect(), kept, *map(__import__('gc').is_tracked, kept),"
    " [one for one in __import__('gc').get_objects() if type(one) is type(lambda: 0)"
    " and one.__code__.co_filename == '<codecompose>'])[2:]"
    " for key, kept in get_ipython().meta.items() if 'codecompose' in key]"
)


async def test_a_kernel_keeps_code_and_nothing_that_its_collector_knows(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run("x = 1")
        await settled(kernels, page.id, "x")
        assert await page.value(NO_GARBAGE) == str([(*[False] * len(TEXTS), [])])


async def test_a_kernel_that_has_lost_the_code_is_sent_it_again(manager: Any) -> None:
    async with notebook(manager) as (page, kernels):
        await page.run("x = 1")
        await settled(kernels, page.id, "x")
        await page.run("get_ipython().meta.clear()")
        await forgotten(kernels, page.id, "x")
        await page.run("y = 1")
        await settled(kernels, page.id, "y")


async def test_a_kernel_that_is_not_ours(manager: Any) -> None:
    kernels = Kernels(manager)
    assert await kernels.of("8f6f862b-f78f-4229-8b8e-c0bdd125ab3e") == Namespace()
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
    assert await kernels.of("k") == Namespace()
    await kernels.close()


class Gone:
    """A watch on a kernel that has ended, which takes its time to close."""

    closed = 0

    def fits(self, kernel: Any) -> bool:
        return False

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.closed += 1


async def test_two_requests_at_once_close_the_watches_of_ended_kernels_once_each() -> None:
    kernels = Kernels(Idle("R"))
    watches = {"a": Gone(), "b": Gone()}
    kernels._watches = cast("dict[str, Watch]", dict(watches))
    assert [*await asyncio.gather(kernels.of("c"), kernels.of("c"))] == [Namespace(), Namespace()]
    assert [watch.closed for watch in watches.values()] == [1, 1]
