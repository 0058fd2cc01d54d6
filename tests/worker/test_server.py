"""The worker over real HTTP: streams, errors, cancellation, and clients that do not behave."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import sys
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import psutil
import pytest

from model_server.engine import Branches, FakeEngine, FakeScores, Read
from model_server.loading import loader
from model_server.loop import Load
from model_server.tokens import Tokens
from model_server.wire import MAX_BODY_BYTES
from tests.worker.serving import TOKEN, Said, Worker, fake, idle, ready, sentence, serving, until

PARTS = {"header": {"language": "python"}, "before": [{"kind": "code", "text": "import num"}]}


def run(load: Load, scenario: Callable[[Worker], Awaitable[None]], **options: Any) -> None:
    """Run a scenario against a worker that is ready."""

    async def whole() -> None:
        async with serving(load, **options) as worker:
            await scenario(await ready(worker))

    asyncio.run(whole())


def test_a_stream_says_what_a_whole_reply_says(load: Load) -> None:
    async def scenario(worker: Worker) -> None:
        body = {"parts": PARTS, "max_tokens": 12, "editor": "e"}
        async with await worker.post(body) as reply:
            whole = (await reply.json())["choices"][0]["text"]
        async with await worker.post(body | {"stream": True, "stream_options": {"include_usage": True}}) as reply:
            assert reply.headers["X-Accel-Buffering"] == "no"
            said = Said(reply.status, dict(reply.headers), await reply.read())
        *texts, last = said.events
        assert "".join(each["choices"][0]["text"] for each in texts) == whole
        assert last["usage"]["prompt_tokens_details"]["cached_tokens"] > 0

    run(load, scenario)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "not JSON"),
        (b'{"prompt": 3}', 400, "$.prompt"),
        (b'{"max_tokens": 500}', 400, "leaves at most"),
        (b'"' + b"x" * (MAX_BODY_BYTES + 1) + b'"', 413, "send less"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_bad_requests_are_refused_with_a_sentence(load: Load, body: bytes, status: int, said: str) -> None:
    async def scenario(worker: Worker) -> None:
        async with worker.client.post(f"{worker.url}/v1/completions", data=io.BytesIO(body)) as reply:
            error = (await reply.json())["error"]
        assert reply.status == status
        assert said in error["message"]
        assert error["type"] == "invalid_request_error"

    run(load, scenario)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address")
def test_who_gives_no_name_is_known_by_the_address(load: Load) -> None:
    async def scenario(worker: Worker) -> None:
        for address in ("127.0.0.1", "127.0.0.2"):
            connector = aiohttp.TCPConnector(local_addr=(address, 0), force_close=True)
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with aiohttp.ClientSession(connector=connector, headers=headers) as client:
                for kept in (False, True):
                    async with client.post(f"{worker.url}/v1/warm", json={"parts": PARTS}) as reply:
                        usage = (await reply.json())["usage"]
                    assert (usage["prompt_tokens_details"]["cached_tokens"] > 0) == kept

    run(load, scenario)


async def spoken(worker: Worker, sent: bytes) -> bytes:
    """What the worker says on a connection of its own to some bytes, until it closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(worker.url).port)
    writer.write(sent)
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.close()
    await writer.wait_closed()
    return said


def head(*more: str, path: str = "/v1/completions") -> bytes:
    """A request's head."""
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {TOKEN}", *more, "", ""]).encode()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head(f"Content-Length: {60_000_000}", "Expect: 100-continue"), 413),
        (head(f"Content-Length: {10**30}", "Expect: 100-continue"), 413),
        (head("Content-Length: abc"), 400),
        (head("Content-Length: -5"), 400),
        (head("Content-Length: 2, 3"), 400),
        (head(f"Content-Length: {60_000_000}", "Expect: 100-continue", path="/nowhere"), 404),
        (b"POST /infill HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", 401),
        (b"POST /infill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n", 401),
        (b"BREW /infill HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405),
    ],
)
def test_what_can_be_refused_before_the_body_is(tokens: Tokens, sent: bytes, status: int) -> None:
    async def scenario(worker: Worker) -> None:
        first, _, rest = (await spoken(worker, sent)).partition(b"\r\n")
        assert first.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"HTTP/1.1" not in rest
        assert json.loads(rest.partition(b"\r\n\r\n")[2]).keys() == {"error"}

    run(fake(tokens, "a"), scenario)


@pytest.mark.parametrize("chunked", [False, True])
def test_sixty_megabytes_are_refused_in_words_and_never_held(tokens: Tokens, chunked: bool) -> None:
    async def much() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield bytes(60_000)

    async def scenario(worker: Worker) -> None:
        headers = {} if chunked else {"Content-Length": "60000000"}
        tracemalloc.start()
        async with worker.client.post(f"{worker.url}/infill", data=much(), headers=headers) as reply:
            assert (reply.status, (await reply.json())["error"]["code"]) == (413, "body_too_large")
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert held < 8_000_000
        async with await worker.post({"prompt": "x", "max_tokens": 1}) as reply:
            assert reply.status == 200

    run(fake(tokens, "a"), scenario)


def test_a_body_that_comes_too_slowly_is_given_up(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        assert await spoken(worker, head("Content-Length: 100") + b"{") == b""

    run(fake(tokens, "a"), scenario, read_seconds=0.2)


def test_a_client_that_stops_reading_is_cut_off(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        port = urlsplit(worker.url).port
        body = json.dumps({"prompt": "x", "max_tokens": 200, "stream": True}).encode()
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port))
            client.sendall(head(f"Content-Length: {len(body)}") + body)
            await until(lambda: worker.loop.counts.finished == 1, 5)
            assert served(port)
            await until(lambda: not served(port), 10)
            assert b"[DONE]" not in client.recv(1_000_000)

    run(fake(tokens, " ".join(map(str, range(500)))), scenario, write_seconds=1.5, send_buffer=4096)


def served(port: int | None) -> bool:
    """Whether this process holds a connection on one of its ports."""
    return any(each.laddr.port == port and each.raddr for each in psutil.Process().net_connections("tcp"))


@pytest.mark.parametrize("sent", [0.0, 0.5, 1.0], ids=["before", "within", "after"])
def test_a_client_that_goes_away_around_its_body_leaves_nothing(tokens: Tokens, sent: float) -> None:
    async def scenario(worker: Worker) -> None:
        body = json.dumps({"prompt": "x", "max_tokens": 400}).encode()
        whole = head(f"Content-Length: {len(body)}") + body
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(worker.url).port)
        writer.write(whole[: int(len(whole) * sent)])
        await writer.drain()
        if sent == 1:
            await until(lambda: worker.loop.in_hand == 1, 5)
        writer.close()
        await writer.wait_closed()
        await idle(worker)
        async with await worker.post({"prompt": "x", "max_tokens": 1}) as reply:
            assert reply.status == 200

    run(fake(tokens, "a b c d e f g h i j " * 40, seconds=0.005), scenario)


def test_a_long_document_is_cut_and_served(load: Load) -> None:
    async def scenario(worker: Worker) -> None:
        async with await worker.post({"prompt": "x = 1\n" * 20_000, "max_tokens": 4}) as reply:
            assert (await reply.json())["usage"]["prompt_tokens"] <= 512

    run(load, scenario)


def test_a_token_is_required_and_may_be_any_text(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        for shown, status in ((f"Bearer {TOKEN}", 200), ("Bearer sécret", 401), ("", 401)):
            async with worker.client.get(f"{worker.url}/v1/models", headers={"Authorization": shown}) as reply:
                assert reply.status == status

    run(fake(tokens, "a"), scenario)


def test_while_loading_and_after_a_failure_it_says_so_at_once(tmp_path: Path) -> None:
    async def whole() -> None:
        async with serving(loader(str(tmp_path / "nothing"))) as worker:
            await ready(worker)
            async with worker.client.get(f"{worker.url}/health") as reply:
                health = await reply.json()
            assert (reply.status, health["state"]) == (503, "failed")
            assert "no model directory" in health["message"]
            async with await worker.post({"prompt": "x"}) as reply:
                assert reply.status == 503
                assert reply.headers["Retry-After"] == "1"

    asyncio.run(whole())


def test_health_tells_the_state_and_the_arithmetic(load: Load) -> None:
    async def scenario(worker: Worker) -> None:
        async with worker.client.get(f"{worker.url}/health", headers={"Authorization": ""}) as reply:
            health = await reply.json()
        assert (reply.status, health["state"], health["progress"], health["model"]) == (200, "ready", 1.0, "tiny")
        assert health["context_tokens"] == 512
        assert health["arithmetic"]

    run(load, scenario)


def test_a_closed_connection_stops_the_request_within_a_step(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        reply = await worker.post({"prompt": "x", "max_tokens": 400, "stream": True})
        await reply.content.readany()
        assert worker.loop.in_hand == 1
        reply.close()
        await idle(worker)

    run(fake(tokens, "a b c d e f g h i j " * 40, seconds=0.02), scenario)


def test_the_newest_request_of_an_editor_wins(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        body = {"prompt": "x", "max_tokens": 400, "editor": "one"}
        older = asyncio.create_task(worker.post(body))
        await until(lambda: worker.loop.in_hand == 1, 5)
        async with await worker.post(body | {"max_tokens": 2}) as newer:
            assert newer.status == 200
        async with await older as replaced:
            assert replaced.status == 409

    run(fake(tokens, "a b c d " * 100, seconds=0.01), scenario)


def test_a_short_request_does_not_wait_for_a_long_one(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        long = asyncio.create_task(worker.post({"prompt": "x", "max_tokens": 300, "editor": "long"}))
        await until(lambda: worker.loop.in_hand == 1, 5)
        async with await worker.post({"prompt": "x", "max_tokens": 2, "editor": "short"}) as short:
            assert short.status == 200
        assert not long.done()
        long.cancel()

    run(fake(tokens, "a b c d " * 100, seconds=0.01), scenario)


def test_more_than_can_be_in_hand_is_refused_at_once(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        body = {"prompt": "x", "max_tokens": 200}
        running = [asyncio.create_task(worker.post(body | {"editor": str(n)})) for n in range(2)]
        await until(lambda: worker.loop.in_hand == 2, 5)
        async with await worker.post(body) as refused:
            assert refused.status == 429
            assert refused.headers["Retry-After"] == "1"
        for task in running:
            task.cancel()

    run(fake(tokens, "a b c d " * 100, seconds=0.01), scenario, most_jobs=2)


class Poisoned(FakeEngine):
    """An engine that fails on every second text."""

    prompts = 0

    def step(self, reads: Sequence[Read | Branches]) -> list[FakeScores]:
        """Scores, or a failure that holds what a user typed."""
        Poisoned.prompts += sum(read.rows > 1 for read in reads)
        if Poisoned.prompts % 2:
            raise RuntimeError("password = 'hunter2'")
        return super().step(reads)


def test_a_request_that_raises_fails_alone_and_leaks_nothing(tokens: Tokens, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(worker: Worker) -> None:
        statuses = []
        for number in range(6):
            async with await worker.post({"prompt": "x", "max_tokens": 2, "editor": str(number)}) as reply:
                statuses.append(reply.status)
                assert "hunter2" not in await reply.text()
        assert statuses == [500, 200] * 3

    run(lambda progress: (tokens, Poisoned(sentence(tokens, "a b c"))), scenario)
    assert "hunter2" not in caplog.text
