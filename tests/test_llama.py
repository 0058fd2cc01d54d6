"""The link to llama.cpp's own server, with a model that writes one word where it finds the mark of the middle."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from jupyter_codecompose.cli import main
from jupyter_codecompose.kernel import Known
from jupyter_codecompose.link import Link, Wanted
from jupyter_codecompose.process import Child
from jupyter_codecompose.service import Service
from jupyter_codecompose.settings import TOKEN_VARIABLE, Settings
from jupyter_codecompose.wire import Chunk, End, Event
from jupyter_codecompose.worker import Worker
from model_server.wire import CompletionRequest
from tests.conftest import LOG
from tests.llama_server import CONTEXT, ENDLESS, WORD
from tests.test_file import notebook
from tests.test_service import KNOWN, snapshot

TOKEN = "llama-secret"
START_SECONDS = 60.0


@dataclass
class Llama:
    """A running server."""

    url: str

    async def slots(self) -> Any:
        """What its slots do."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with aiohttp.ClientSession(headers=headers) as client, client.get(f"{self.url}/slots") as response:
            return await response.json()


@pytest.fixture
def llama(jp_asyncio_loop: Any, tmp_path: Path) -> Iterator[Llama]:
    """llama.cpp's server with a file that it has just been written."""

    async def start() -> tuple[Child, str]:
        child = Child((sys.executable, "-m", "tests.llama_server", str(tmp_path / "tiny.gguf")), TOKEN)
        url = await asyncio.wait_for(child.address, START_SECONDS)
        assert url
        return child, url

    child, url = jp_asyncio_loop.run_until_complete(start())
    yield Llama(url)
    jp_asyncio_loop.run_until_complete(child.stop())


@asynccontextmanager
async def service(llama: Llama, **settings: Any) -> AsyncIterator[Service]:
    chosen = Settings(worker_url=llama.url, **({"token": TOKEN} | settings))
    ours = Service(chosen, Worker(chosen, LOG), Known(KNOWN), LOG)
    try:
        yield ours
    finally:
        await ours.close()


async def events_of(ours: Service, **more: Any) -> list[Event]:
    return [event async for event in ours.complete(snapshot("df.head()\nx = |\ny = 3\n", kernel="k", **more))]


async def test_a_suggestion_in_every_way(llama: Llama) -> None:
    for way in ("auto", "infill", "qwen2.5-coder"):
        async with service(llama, worker_prompt=way) as ours:
            *chunks, end = await events_of(ours, explain=True)
            assert "".join(chunk.text for chunk in chunks if isinstance(chunk, Chunk)) == WORD
            assert isinstance(end, End)
            assert end.explanation
            assert "# df: DataFrame['region', 'units']" in end.explanation.prompt
            assert (end.reason, end.model, ours.status().state) == ("stop", "tiny", "ready")


async def test_marks_are_read_as_marks(llama: Llama) -> None:
    """Each letter is a token to this model, and each mark one: were they read as text, there would be more tokens."""
    async with service(llama, worker_prompt="qwen2.5-coder") as ours:
        *_, end = await events_of(ours, explain=True)
    assert isinstance(end, End)
    assert end.explanation
    marks = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
    letters = len(end.explanation.prompt) - sum(map(len, marks))
    assert end.explanation.prompt_tokens == letters + len(marks)


async def test_what_was_read_is_kept(llama: Llama) -> None:
    async with service(llama) as ours:
        await events_of(ours)
        *_, end = await events_of(ours, explain=True)
    assert isinstance(end, End)
    assert end.explanation
    assert end.explanation.reused_tokens >= end.explanation.prompt_tokens - 1


async def test_the_context_is_kept_to(llama: Llama) -> None:
    """The model has a token a character, three times what is reckoned; so a third of the context fills it."""
    link = Link(llama.url, TOKEN, Wanted(context=CONTEXT // 3))
    assert (await link.health()).context_tokens == CONTEXT // 3
    request = CompletionRequest(prompt="value = 1\n" * 1000, suffix="\nx", stream=True, max_tokens=8)
    async with aclosing(link.complete(request)) as events:
        assert "".join([choice.text async for event in events for choice in event.choices]) == WORD
    await link.close()


async def test_closing_frees_the_slot(llama: Llama) -> None:
    link = Link(llama.url, TOKEN, Wanted(way="starcoder"))
    await link.health()
    request = CompletionRequest(prompt=ENDLESS, stream=True, max_tokens=512)
    async with aclosing(link.complete(request)) as events:
        assert (await anext(events)).choices[0].text == ENDLESS
        assert (await llama.slots())[0]["is_processing"]
    async with asyncio.timeout(5):
        while (slots := await llama.slots())[0]["is_processing"]:  # noqa: ASYNC110 (another process)
            await asyncio.sleep(0.01)
    assert slots[0]["next_token"][0]["n_decoded"] < 512
    await link.close()


def test_the_command_line(
    llama: Llama, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    path = notebook(tmp_path, "import numpy", "x = ")
    assert main(["complete", str(path), "--cell", "2", "--worker-url", llama.url, "--explain"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{WORD}\n"
    assert "# %%\nimport numpy\n\n# %%\nx = ⟨cursor⟩" in said.err


async def test_a_wrong_token(llama: Llama) -> None:
    async with service(llama, token="wrong") as ours:
        (fault,) = await events_of(ours)
    assert "refuses this server's token" in json.dumps(str(fault))
