from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

import model_server
from jupyter_codecompose.errors import Down, Loading
from jupyter_codecompose.process import worker_command
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.worker import Worker
from model_server.wire import CompletionRequest, Health
from tests.conftest import LOG, until
from tests.fakes import FakeWorker, Script

CHILD = (sys.executable, "-m", "tests.fakes")
REQUEST = CompletionRequest(prompt="x", stream=True)


async def text_of(worker: Worker) -> str:
    async with aclosing(worker.complete(REQUEST)) as events:
        return "".join([choice.text async for event in events for choice in event.choices])


async def test_a_remote_worker_answers_the_first_request(worker: FakeWorker) -> None:
    ours = Worker(Settings(worker_url=worker.url), LOG)
    assert ours.status().state == "off"
    assert worker.health_asked == 0
    assert await text_of(ours) == "one + two"
    assert (ours.status().state, ours.status().model) == ("ready", "fake")
    await ours.close()
    assert ours.status().state == "off"


async def test_a_loading_worker_tells_its_progress(worker: FakeWorker) -> None:
    worker.health = Health(state="loading", progress=0.25, message="secret", model="fake")
    ours = Worker(Settings(worker_url=worker.url), LOG)
    with pytest.raises(Loading) as loading:
        await text_of(ours)
    assert loading.value.progress == 0.25
    assert "secret" not in ours.status().message
    worker.health = Health(state="ready", progress=1.0, message="", model="fake")
    assert await ours.until(("ready",), 3.0) == "ready"
    assert await text_of(ours) == "one + two"
    await ours.close()


async def test_health_is_not_asked_of_a_ready_worker(worker: FakeWorker) -> None:
    ours = Worker(Settings(worker_url=worker.url), LOG)
    await ours.until(("ready",), 3.0)
    await asyncio.sleep(1.2)
    assert worker.health_asked == 1
    await ours.close()


async def test_a_lost_worker_is_noticed_and_used_again(worker: FakeWorker) -> None:
    ours = Worker(Settings(worker_url=worker.url), LOG)
    await text_of(ours)
    await worker.stop()
    with pytest.raises(Down):
        await text_of(ours)
    assert ours.status().state == "failed"
    await worker.start(worker.port)
    assert await ours.until(("ready",), 3.0) == "ready"
    assert await text_of(ours) == "one + two"
    await ours.close()


async def test_a_model_that_does_not_load(worker: FakeWorker) -> None:
    worker.health = Health(state="failed", progress=0.0, message="/secret/path", model="fake")
    ours = Worker(Settings(worker_url=worker.url), LOG)
    with pytest.raises(Down, match="could not load its model"):
        await text_of(ours)
    await ours.close()


@pytest.mark.parametrize(
    ("health", "message"),
    [
        (
            Health("loading", 0.31, "downloading Qwen2.5-Coder-0.5B, 310 of 990 MB"),
            "The model is loading: downloading Qwen2.5-Coder-0.5B, 310 of 990 MB.",
        ),
        (Health("loading", 0.31, ""), "The model is loading."),
        (Health("failed", 0.0, "a\x1b\n" + "b" * 900), f"The worker does not work: a{'b' * 499}."),
        (Health("ready", 1.0, "ready"), ""),
        (Health("ready", 1.0, "ready; not for commercial use"), "not for commercial use"),
    ],
    ids=str,
)
async def test_what_our_own_child_says_of_its_model_is_told(
    health: Health, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_HEALTH", msgspec.json.encode(health).decode())
    ours = Worker(Settings(), LOG, CHILD)
    assert await ours.until((health.state,), 10.0) == health.state
    now = ours.status()
    assert (now.message, now.progress) == (message, health.progress)
    await ours.close()


def test_a_revision_is_passed_on_where_there_is_one() -> None:
    assert "--revision" not in worker_command("bundled")
    command = worker_command("owner/name", "v1")
    assert command[command.index("--revision") + 1] == "v1"


async def test_a_child_is_started_used_and_ended() -> None:
    ours = Worker(Settings(), LOG, CHILD)
    ours.start()
    assert await ours.until(("ready",), 10.0) == "ready"
    assert await text_of(ours) == "one + two"
    child = ours.pid
    assert child
    assert is_alive(child)
    await ours.close()
    assert not is_alive(child)
    assert (ours.pid, ours.status().state) == (None, "off")


async def test_a_child_that_dies_mid_stream_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_THEN", "die")
    ours = Worker(Settings(), LOG, CHILD)
    await ours.until(("ready",), 10.0)
    monkeypatch.setenv("FAKE_THEN", "end")
    with pytest.raises(Down):
        await text_of(ours)
    assert ours.status().state == "failed"
    assert await ours.until(("ready",), 10.0) == "ready"
    assert await text_of(ours) == "one + two"
    await ours.close()


async def test_a_child_that_never_lives_is_retried_with_pauses() -> None:
    ours = Worker(Settings(), LOG, (sys.executable, "-c", ""))
    assert await ours.until(("failed",), 5.0) == "failed"
    with pytest.raises(Down, match="started again"):
        await text_of(ours)
    await ours.close()


async def test_a_command_that_is_not_there() -> None:
    ours = Worker(Settings(), LOG, ("/no/such/program",))
    with pytest.raises(Down, match="could not be started"):
        await text_of(ours)
    await ours.close()


BUNDLED = Path(model_server.__file__).parent / "bundled" / "model.safetensors"


@pytest.mark.skipif(not (BUNDLED.is_file() and find_spec("torch")), reason="no model, or no torch")
async def test_our_own_worker() -> None:
    ours = Worker(Settings(), LOG)
    assert await ours.until(("ready",), 60.0) == "ready"
    assert ours.status().progress == 1.0
    asked = CompletionRequest(prompt="import numpy as ", stream=True, max_tokens=4)
    async with aclosing(ours.complete(asked)) as events:
        assert "".join([choice.text async for event in events for choice in event.choices])
    await ours.close()
    assert ours.pid is None


PARENT = """
import asyncio, logging, sys
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.worker import Worker

async def main():
    worker = Worker(Settings(), logging.getLogger(), (sys.executable, "-m", "tests.fakes"))
    worker.start()
    await worker.until(("ready",), 20.0)
    print(worker.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
async def test_a_killed_server_leaves_no_child() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    child = int(await asyncio.wait_for(parent.stdout.readline(), 20))
    assert is_alive(child)
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    await until(lambda: not is_alive(child))


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_the_frozen_are_doubted(worker: FakeWorker) -> None:
    worker.script = Script(then="freeze")
    ours = Worker(Settings(worker_url=worker.url), LOG)
    await ours.until(("ready",), 3.0)
    asked = worker.health_asked
    ours.doubt()
    await until(lambda: worker.health_asked > asked)
    await ours.close()
