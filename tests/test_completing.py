"""What R kernels offer, by a fake that answers as IRkernel does, and by a real one where R has it."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpec

from jupyter_codecompose.kernel import Kernels
from tests.conftest import until
from tests.page import opened


class Client:
    """Answers completions of `df$`, after what answers somebody else; or never."""

    def __init__(self, answers: bool) -> None:
        self.asked: list[str] = []
        self.open = True
        self._answers = answers
        self._replies: deque[dict[str, Any]] = deque()

    def start_channels(self, **_: bool) -> None:
        """Nothing to start."""

    def stop_channels(self) -> None:
        self.open = False

    def complete(self, code: str, cursor: int) -> str:
        self.asked.append(code[:cursor])
        found = [f"{code}{name}" for name in ("speed", "spin", "dist", "`odd name`")]
        for parent, matches in (("other", ["no"]), ("own", found)):
            self._replies.append({"parent_header": {"msg_id": parent}, "content": {"matches": matches}})
        return "own"

    async def get_shell_msg(self) -> dict[str, Any]:
        if not self._answers:
            await asyncio.sleep(60)
        return self._replies.popleft()


class Kernel:
    """An R kernel, in a manager of its own."""

    def __init__(self, state: str = "idle", language: str = "R", *, answers: bool = True) -> None:
        self.execution_state = state
        self.kernel_spec = KernelSpec(language=language)
        self.ports = [1]
        self.clients: list[Client] = []
        self._answers = answers

    def __contains__(self, id_: str) -> bool:
        return True

    def get_kernel(self, id_: str) -> Kernel:
        return self

    def client(self) -> Client:
        self.clients.append(Client(self._answers))
        return self.clients[-1]


async def ways(kernel: Kernel, left: str, *, ask_r: bool = True) -> tuple[str, ...]:
    kernels = Kernels(kernel, ask_r=ask_r)
    found = await kernels.ways("k", left)
    await kernels.close()
    assert not any(client.open for client in kernel.clients)
    return found


@pytest.mark.parametrize(
    ("left", "found"),
    [
        ("df$", ("speed", "spin", "dist")),
        ("x <- mean(df$sp", ("eed", "in")),
        ("a\ndf$speed", ()),
        ("df$x", ()),
        ("f(x)$", ()),
        ("df[[1]]$", ()),
        ("other$df$", ()),
        ("obj@df$", ()),
        ("df", ()),
        ("df$\nsp", ()),
    ],
)
async def test_members_behind_a_dollar(left: str, found: tuple[str, ...]) -> None:
    kernel = Kernel()
    assert await ways(kernel, left) == found
    assert [code for client in kernel.clients for code in client.asked] in ([], ["df$"])


async def test_who_is_not_asked() -> None:
    for kernel, ask_r in ((Kernel(), False), (Kernel("busy"), True), (Kernel(language="python"), True)):
        assert await ways(kernel, "df$", ask_r=ask_r) == ()
        assert [code for client in kernel.clients for code in client.asked] == []


async def test_a_kernel_that_does_not_answer_is_not_waited_for() -> None:
    kernels = Kernels(Kernel(answers=False), ask_r=True)
    async with asyncio.timeout(5):
        assert await kernels.ways("k", "df$", 0.01) == ()
    await kernels.close()


async def test_a_restarted_kernel_is_asked_anew() -> None:
    kernel = Kernel()
    kernels = Kernels(kernel, ask_r=True)
    for ports in ([1], [1], [2]):
        kernel.ports = ports
        assert await kernels.ways("k", "df$d") == ("ist",)
    assert [client.open for client in kernel.clients] == [False, True]
    await kernels.close()


def has_irkernel() -> bool:
    """Whether R is here with its kernel."""
    said = ["R", "--slave", "-e", "cat(requireNamespace('IRkernel', quietly = TRUE))"]
    return shutil.which("R") is not None and b"TRUE" in subprocess.run(said, capture_output=True, check=False).stdout


async def test_a_real_r_kernel(jp_serverapp: Any, tmp_path: Path) -> None:
    if not has_irkernel():
        pytest.skip("R with IRkernel is not installed")
    spec = tmp_path / "kernels" / "ours"
    spec.mkdir(parents=True)
    argv = ["R", "--slave", "-e", "IRkernel::main()", "--args", "{connection_file}"]
    spec.joinpath("kernel.json").write_text(json.dumps({"argv": argv, "display_name": "R", "language": "R"}))
    manager = jp_serverapp.kernel_manager
    manager.kernel_spec_manager.kernel_dirs.append(str(spec.parent))
    page, kernels = await opened(manager, "ours"), Kernels(manager, ask_r=True)
    try:
        before = await page.run("frame <- data.frame(speed = 1:3, dist = 4:6)")
        for left, found in (("mean(frame$", ("speed", "dist")), ("frame$sp", ("eed",)), ("nothing$", ())):
            await until(lambda: manager.get_kernel(page.id).execution_state == "idle")
            assert await kernels.ways(page.id, left, 20) == found
        after = await page.run("1")
        assert after["execution_count"] == before["execution_count"] + 1
    finally:
        await kernels.close()
        await page.close()
