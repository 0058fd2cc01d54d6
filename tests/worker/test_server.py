"""The worker over real HTTP: streams, errors, cancellation."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from model_server.__main__ import loader
from model_server.engine import FakeEngine
from model_server.loop import Load
from model_server.tokens import Tokens
from model_server.wire import MAX_BODY_BYTES
from tests.worker.serving import Worker, fake, idle, ready, sentence, serving

PARTS = {"header": {"language": "python"}, "before": [{"kind": "code", "text": "import num"}]}


def run(load: Load, scenario: Callable[[Worker], Awaitable[None]], **options: int) -> None:
    """Run a scenario against a worker that is ready."""

    async def whole() -> None:
        async with serving(load, **options) as worker:
            await scenario(await ready(worker))

    asyncio.run(whole())


async def events(reply: aiohttp.ClientResponse) -> list[dict[str, object]]:
    """The events of a stream; the last one must be `[DONE]`."""
    lines = (await reply.text()).split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


def test_a_whole_reply_in_openais_shape(load: Load) -> None:
    async def scenario(worker: Worker) -> None:
        async with await worker.post({"prompt": "import numpy", "suffix": "\n", "max_tokens": 8}) as reply:
            body = await reply.json()
        assert reply.status == 200
        assert body["object"] == "text_completion"
        assert body["choices"][0]["finish_reason"] in ("stop", "length")
        assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]

    run(load, scenario)


def test_a_stream_says_what_a_whole_reply_says(load: Load) -> None:
    async def scenario(worker: Worker) -> None:
        body = {"parts": PARTS, "max_tokens": 12, "editor": "e"}
        async with await worker.post(body) as reply:
            whole = (await reply.json())["choices"][0]["text"]
        async with await worker.post(body | {"stream": True, "explain": True}) as reply:
            assert reply.headers["Content-Type"] == "text/event-stream"
            streamed = await events(reply)
        assert "".join(event["choices"][0]["text"] for event in streamed) == whole  # type: ignore[index]
        assert streamed[-1]["usage"]["prompt_tokens_details"]["cached_tokens"] > 0  # type: ignore[index]
        assert streamed[-1]["explanation"]["prompt"].endswith("import num")  # type: ignore[index]

    run(load, scenario)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "not a completion request"),
        (b"{", 400, "not a completion request"),
        (b"[" * 100_000, 400, "not a completion request"),
        (b'"\xff"', 400, "not a completion request"),
        (b'{"prompt": 3}', 400, "$.prompt"),
        (b'{"prompt": "x", "promt": "y"}', 400, "promt"),
        (b'{"max_tokens": -1}', 400, "$.max_tokens"),
        (b'{"max_tokens": 100000}', 400, "$.max_tokens"),
        (b'{"max_tokens": 500}', 400, "leaves at most"),
        (b'{"n": 2}', 400, "$.n"),
        (b'{"prompt": "x", "parts": {}}', 400, "not both"),
        (b'{"prompt": "\\ud800"}', 400, "not a completion request"),
        (b'{"prompt": "' + b"x" * 300_000 + b'"}', 400, "$.prompt"),
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


def test_a_long_chunked_body_is_refused_before_its_end(load: Load) -> None:
    async def endless() -> object:
        for _ in range(64):
            yield b"x" * 65_536

    async def scenario(worker: Worker) -> None:
        try:
            async with worker.client.post(f"{worker.url}/v1/completions", data=endless()) as reply:
                assert reply.status == 413
        except aiohttp.ClientConnectionError:
            pass  # closed while we were still sending: refused all the same
        async with await worker.post({"prompt": "x", "max_tokens": 1}) as reply:
            assert reply.status == 200

    run(load, scenario)


def test_a_long_document_is_cut_and_served(load: Load) -> None:
    async def scenario(worker: Worker) -> None:
        async with await worker.post({"prompt": "x = 1\n" * 20_000, "max_tokens": 4}) as reply:
            assert (await reply.json())["usage"]["prompt_tokens"] <= 512

    run(load, scenario)


@pytest.mark.parametrize("token", ["", "wrong", "Bearer wrong", "Bearer sécret"])
def test_a_token_is_required(load: Load, token: str) -> None:
    async def scenario(worker: Worker) -> None:
        headers = {"Authorization": token}
        for path in ("/v1/completions", "/v1/models"):
            method = "POST" if "completions" in path else "GET"
            async with worker.client.request(method, worker.url + path, headers=headers) as reply:
                assert reply.status == 401
                assert (await reply.json())["error"]["code"] == "invalid_api_key"

    run(load, scenario)


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
        await asyncio.sleep(0.1)
        async with await worker.post(body | {"max_tokens": 2}) as newer:
            assert newer.status == 200
        async with await older as replaced:
            assert replaced.status == 409

    run(fake(tokens, "a b c d " * 100, seconds=0.01), scenario)


def test_a_short_request_does_not_wait_for_a_long_one(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        long = asyncio.create_task(worker.post({"prompt": "x", "max_tokens": 300, "editor": "long"}))
        await asyncio.sleep(0.05)
        async with await worker.post({"prompt": "x", "max_tokens": 2, "editor": "short"}) as short:
            assert short.status == 200
        assert not long.done()
        long.cancel()

    run(fake(tokens, "a b c d " * 100, seconds=0.01), scenario)


def test_more_than_can_be_in_hand_is_refused_at_once(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        body = {"prompt": "x", "max_tokens": 200}
        running = [asyncio.create_task(worker.post(body | {"editor": str(n)})) for n in range(2)]
        await asyncio.sleep(0.1)
        async with await worker.post(body) as refused:
            assert refused.status == 429
            assert refused.headers["Retry-After"] == "1"
        for task in running:
            task.cancel()

    run(fake(tokens, "a b c d " * 100, seconds=0.01), scenario, most_jobs=2)


class Poisoned(FakeEngine):
    """An engine that fails on every second text."""

    count = 0

    def new_slot(self):  # type: ignore[no-untyped-def]
        """A slot, or a failure that holds what a user typed."""
        Poisoned.count += 1
        if Poisoned.count % 2:
            raise RuntimeError("password = 'hunter2'")
        return super().new_slot()


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
