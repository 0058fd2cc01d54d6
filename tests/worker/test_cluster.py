"""The worker under Ray Serve: a real Ray with real replicas, started and ended as a user does it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import secrets
import signal
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from model_server.wire import MAX_BODY_BYTES
from tests.browser.jupyter import free_port
from tests.worker.serving import TOKEN

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Ray's own, of pydantic
    from tests.worker.replicas import TEXT, cluster, fake, replicas

pytestmark = pytest.mark.timeout(600)
START_SECONDS = 300.0
"""On a busy machine."""
EDITORS = [f"editor-{number}" for number in range(16)]
WHOLE = {"prompt": "x = ", "max_tokens": 400, "stream": True}


@dataclass(frozen=True)
class Replicas:
    """A client of replicas under one path."""

    client: aiohttp.ClientSession
    url: str

    async def ask(self, editor: str, **body: Any) -> aiohttp.ClientResponse:
        """`POST /v1/completions`, as the server extension sends it."""
        headers = {"X-Session-Id": editor}
        return await self.client.post(f"{self.url}/v1/completions", json=body | {"editor": editor}, headers=headers)

    async def beginning(self, editor: str) -> str:
        """The first tokens that are written, as a stream."""
        async with await self.ask(editor, prompt="x = ", max_tokens=20, stream=True) as reply:
            assert reply.status == 200
            return said(await reply.text())

    async def health(self, editor: str) -> Any:
        """`GET /health` of an editor's replica."""
        async with self.client.get(f"{self.url}/health", headers={"X-Session-Id": editor}) as reply:
            return await reply.json()

    async def process(self, editor: str) -> int:
        """The process that is an editor's replica."""
        return int((await self.health(editor))["arithmetic"].removeprefix("process "))

    async def numbers(self, editor: str) -> dict[str, float]:
        """`GET /metrics` of an editor's replica, without the labelled ones."""
        async with self.client.get(f"{self.url}/metrics", headers={"X-Session-Id": editor}) as reply:
            lines = [line.split(" ") for line in (await reply.text()).splitlines() if line[0] != "#"]
        return {name: float(number) for name, number in lines if "{" not in name}


def said(events: str) -> str:
    """The text of a stream that came to its end."""
    *parts, end, nothing = events.split("\n\n")
    assert (end, nothing) == ("data: [DONE]", "")
    choices = [json.loads(part.removeprefix("data: "))["choices"] for part in parts]
    return "".join(choice["text"] for chosen in choices for choice in chosen)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Iterator[str]:
    """Where two slow replicas of a fake engine listen under a path, and beside them a real one."""
    home, port = tmp_path_factory.mktemp("ray"), free_port()
    slow = {"name": "slow", "route_prefix": "/slow"} | fake(2, seconds=0.02)
    args = {"model": str(checkpoint), "slots": "4", "memory": "false"}
    real = {"name": "real", "import_path": "model_server.scale:app", "args": args, "deployments": [replicas(1)]}
    with cluster(home, port, slow, real) as head:
        address = f"http://127.0.0.1:{port}"
        asyncio.run(started(address, head))
        yield address


async def started(address: str, head: psutil.Process) -> None:
    """Wait until all three replicas answer."""
    seen: set[str] = set()
    async with aiohttp.ClientSession() as client, asyncio.timeout(START_SECONDS):
        while len(seen) < 3:
            assert head.status() != psutil.STATUS_ZOMBIE, "Ray has ended"
            for path in ("/slow", ""):
                with suppress(aiohttp.ClientError, KeyError):
                    health = await Replicas(client, address + path).health(secrets.token_hex(4))
                    seen.add(health["arithmetic"])
            await asyncio.sleep(0.1)


def run(url: str, scenario: Callable[[Replicas], Awaitable[None]]) -> None:
    """Run a scenario with a client that shows the token."""

    async def whole() -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with aiohttp.ClientSession(headers=headers) as client, asyncio.timeout(60):
            await scenario(Replicas(client, url))

    asyncio.run(whole())


def test_a_real_model_is_served_and_keeps_what_it_has_read(url: str) -> None:
    async def scenario(real: Replicas) -> None:
        for typed, kept in (("import num", False), ("import nump", True)):
            async with await real.ask("e", prompt=typed, max_tokens=4) as reply:
                body = await reply.json()
            assert reply.status == 200
            assert body["choices"][0]["finish_reason"] in ("stop", "length")
            assert (body["usage"]["prompt_tokens_details"]["cached_tokens"] > 0) == kept
        assert (await real.health("e"))["state"] == "ready"

    run(url, scenario)


def test_a_text_is_streamed_piece_by_piece(url: str) -> None:
    async def scenario(slow: Replicas) -> None:
        async with await slow.ask("e", prompt="x = ", max_tokens=150, stream=True) as reply:
            assert reply.headers["Content-Type"] == "text/event-stream"
            first = await reply.content.readuntil(b"\n\n")
            assert (await slow.numbers("e"))["codecompose_active_requests"] == 1
            text = said((first + await reply.read()).decode())
        assert text
        assert TEXT.startswith(text)

    run(f"{url}/slow", scenario)


def test_an_editor_always_meets_the_replica_that_has_read_its_text(url: str) -> None:
    async def typing(slow: Replicas, editor: str) -> int:
        processes = set()
        for typed in range(1, 6):
            async with await slow.ask(editor, prompt="values = " + "frame" * typed, max_tokens=1) as reply:
                usage = (await reply.json())["usage"]
            assert (usage["prompt_tokens_details"]["cached_tokens"] > 0) == (typed > 1)
            processes.add(await slow.process(editor))
        (one,) = processes
        return one

    async def scenario(slow: Replicas) -> None:
        assert len(set(await asyncio.gather(*(typing(slow, editor) for editor in EDITORS)))) == 2

    run(f"{url}/slow", scenario)


def test_a_client_that_goes_away_frees_its_slot(url: str) -> None:
    async def scenario(slow: Replicas) -> None:
        before = await slow.numbers("gone")
        async with await slow.ask("gone", **WHOLE) as reply:
            await reply.content.readuntil(b"\n\n")
            assert (await slow.numbers("gone"))["codecompose_active_requests"] == 1
            reply.close()
        while (after := await slow.numbers("gone"))["codecompose_active_requests"]:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
        assert after["codecompose_cancelled_total"] == before["codecompose_cancelled_total"] + 1
        assert after["codecompose_finished_total"] == before["codecompose_finished_total"]

    run(f"{url}/slow", scenario)


@pytest.mark.parametrize(
    ("token", "path", "body", "status", "code"),
    [
        ("wrong", "/v1/completions", b"{}", 401, "invalid_api_key"),
        (TOKEN, "/v1/nothing", b"{}", 404, "not_found"),
        (TOKEN, "/v1/completions", b"{", 400, "invalid_request"),
        (TOKEN, "/v1/completions", b"x" * (MAX_BODY_BYTES + 1), 413, "body_too_large"),
    ],
)
def test_what_the_api_refuses_is_refused_in_its_words(
    url: str, token: str, path: str, body: bytes, status: int, code: str
) -> None:
    async def pieces() -> Any:
        yield body

    async def scenario(slow: Replicas) -> None:
        for data in (io.BytesIO(body), pieces()):
            headers = {"Authorization": f"Bearer {token}"}
            async with slow.client.post(slow.url + path, data=data, headers=headers) as reply:
                assert (reply.status, (await reply.json())["error"]["code"]) == (status, code)

    run(f"{url}/slow", scenario)


def test_a_killed_replica_takes_its_own_requests_along_and_no_others(url: str) -> None:
    async def scenario(slow: Replicas) -> None:
        homes = {editor: await slow.process(editor) for editor in EDITORS}
        lost = homes[EDITORS[0]]
        replies = await asyncio.gather(*(slow.ask(editor, **WHOLE) for editor in EDITORS))
        begun = [(await reply.content.readuntil(b"\n\n")).decode() for reply in replies]
        os.kill(lost, signal.SIGKILL)
        broken = [editor for editor in EDITORS if homes[editor] == lost]
        for editor, reply, first in zip(EDITORS, replies, begun, strict=True):
            if editor in broken:
                with pytest.raises(aiohttp.ClientPayloadError):
                    await reply.read()
            else:
                assert said(first + await reply.text()) == TEXT
        (again,) = set(await asyncio.gather(*(slow.beginning(editor) for editor in broken)))
        assert again
        assert TEXT.startswith(again)
        assert len(broken) < len(EDITORS)

    run(f"{url}/slow", scenario)
