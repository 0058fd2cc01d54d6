from __future__ import annotations

import asyncio
from contextlib import aclosing

import msgspec
import pytest

from jupyter_codecompose.errors import (
    BadReply,
    Busy,
    CodeComposeError,
    Down,
    Elsewhere,
    Failed,
    Late,
    Loading,
    Refused,
    Replaced,
    Unfit,
)
from jupyter_codecompose.link import Link
from model_server.wire import Choice, Completion, CompletionRequest, Health
from tests.fakes import FakeWorker, Script

REQUEST = CompletionRequest(prompt="x", stream=True, editor="editor 7")


async def text_of(link: Link) -> str:
    async with aclosing(link.complete(REQUEST)) as events:
        return "".join([choice.text async for event in events for choice in event.choices])


async def test_a_stream(worker: FakeWorker) -> None:
    worker.token = "secret"
    link = Link(worker.url, "secret")
    assert await text_of(link) == "one + two"
    assert worker.requests == [REQUEST]
    assert worker.headers[0]["X-Session-Id"] == "editor%207"
    await link.close()


async def test_health(worker: FakeWorker) -> None:
    link = Link(worker.url, "")
    assert (await link.health()).model == "fake"
    worker.health = Health(state="loading", progress=0.5, message="")
    assert (await link.health()).progress == 0.5
    await link.close()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *[(400, Unfit), (401, Refused), (403, Refused), (409, Replaced), (413, Unfit), (429, Busy)],
        *[(500, Failed), (503, Loading), (307, Elsewhere), (418, Elsewhere)],
    ],
)
async def test_refusals_become_our_own_errors(worker: FakeWorker, status: int, error: type[CodeComposeError]) -> None:
    worker.script = Script(status=status)
    link = Link(worker.url, "")
    with pytest.raises(error) as raised:
        await text_of(link)
    assert "own words" not in str(raised.value)
    await link.close()


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"data: nonsense\n\n", BadReply),
        (b'data: {"id": "\xff"}\n\n', BadReply),
        (b"data: " + b"x" * 70_000 + b"\n\n", BadReply),
        (b"x" * 70_000, BadReply),
        (b": comment\n\n" * 100_000, BadReply),
        (b'data: {"error":{"message":"m","type":"t","code":"replaced"}}\n\n', Replaced),
        (b'data: {"error":{"message":"m","type":"t","code":"engine_error"}}\n\n', Failed),
    ],
    ids=["json", "utf8", "long", "endless", "flood", "replaced", "failed"],
)
async def test_bad_streams(worker: FakeWorker, raw: bytes, error: type[CodeComposeError]) -> None:
    worker.script = Script(raw=raw)
    link = Link(worker.url, "")
    with pytest.raises(error):
        await text_of(link)
    await link.close()


async def test_comments_are_passed_over(worker: FakeWorker) -> None:
    worker.script = Script(raw=b": still here\n\nevent: x\n\n")
    link = Link(worker.url, "")
    assert await text_of(link) == "one + two"
    await link.close()


async def test_a_broken_stream_is_down(worker: FakeWorker) -> None:
    worker.script = Script(then="break")
    link = Link(worker.url, "")
    with pytest.raises(Down):
        await text_of(link)
    await link.close()


async def test_nobody_there() -> None:
    link = Link("http://127.0.0.1:1", "")
    with pytest.raises(Down):
        await text_of(link)
    with pytest.raises(Down):
        await link.health()
    await link.close()


async def test_leaving_a_stream_closes_its_connection(worker: FakeWorker) -> None:
    worker.script = Script(then="freeze")
    link = Link(worker.url, "")
    async with aclosing(link.complete(REQUEST)) as events:
        await anext(events)
        assert worker.open_streams == 1
    for _ in range(100):
        if not worker.open_streams:
            break
        await asyncio.sleep(0.005)
    assert (worker.open_streams, worker.cancelled) == (0, 1)
    await link.close()


async def test_a_silent_health_is_late() -> None:
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda reader, writer: writers.append(writer), "127.0.0.1", 0)
    link = Link(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "")
    with pytest.raises(Late):
        await link.health()
    await link.close()
    for writer in writers:
        writer.close()
        await writer.wait_closed()
    server.close()


async def test_no_proxy_is_asked(worker: FakeWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    link = Link(worker.url, "")
    assert await text_of(link) == "one + two"
    await link.close()


async def test_a_connection_that_the_worker_has_just_closed_is_not_its_end() -> None:
    """As llama.cpp's server does after each stream: it closes what it has offered to keep."""
    event = msgspec.json.encode(Completion(id="c", created=0, model="m", choices=(Choice("once", "stop"),)))
    stream = b"data: " + event + b"\n\ndata: [DONE]\n\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(stream)
    opened = []

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        for answer in (head + stream, b""):
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(msgspec.json.encode(REQUEST)))
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(answer_once, "127.0.0.1", 0)
    link = Link(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "")
    assert [await text_of(link) for _ in range(3)] == ["once"] * 3
    assert len(opened) == 3
    await link.close()
    server.close()
