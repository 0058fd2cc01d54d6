"""The link to servers that are not our worker, against a fake that answers as vLLM does."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import msgspec
import pytest
import trustme

from jupyter_codecompose.errors import (
    BadReply,
    Busy,
    CodeComposeError,
    Down,
    Elsewhere,
    Failed,
    Loading,
    Missing,
    Refused,
    Unfit,
    Untrusted,
)
from jupyter_codecompose.link import Link, Wanted
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.worker import Worker
from model_server.wire import CompletionRequest, Health
from tests.conftest import LOG, until
from tests.fakes import FakeWorker
from tests.vllm import QWEN, SECRET, FakeVLLM, Refusal, choice, chunk, said

REQUEST = CompletionRequest(prompt="x = ", suffix="\ny", stream=True, max_tokens=8)
HTML = Refusal(200, "<html>the server's own words</html>", {"Content-Type": "text/html"})


@pytest.fixture
def server(jp_asyncio_loop: Any) -> Iterator[FakeVLLM]:
    """A server that serves Qwen2.5-Coder as vLLM does."""
    fake = FakeVLLM()
    jp_asyncio_loop.run_until_complete(fake.start())
    yield fake
    jp_asyncio_loop.run_until_complete(fake.stop())


async def ready(server: FakeVLLM, **wanted: Any) -> Link:
    link = Link(server.url, "secret", Wanted(**wanted))
    assert (await link.health()).state == "ready"
    return link


async def text_of(link: Link, request: CompletionRequest = REQUEST) -> str:
    async with aclosing(link.complete(request)) as events:
        return "".join([choice.text async for event in events for choice in event.choices])


async def test_vllm_is_sent_its_models_own_prompt(server: FakeVLLM) -> None:
    link = await ready(server)
    assert await text_of(link) == "value"
    (asked,) = server.requests
    assert asked["prompt"] == "<|fim_prefix|>x = <|fim_suffix|>\ny<|fim_middle|>"
    assert (asked["model"], asked["max_tokens"], asked["skip_special_tokens"]) == (QWEN["id"], 8, False)
    assert server.headers[0]["Authorization"] == "Bearer secret"
    await link.close()


async def test_health_tells_the_model_and_its_context(server: FakeVLLM) -> None:
    link = Link(server.url + "/v1/", "", Wanted())
    health = await link.health()
    assert (health.model, health.context_tokens, health.message) == (QWEN["id"], 4096, "")
    await link.close()


async def test_a_set_context_goes_before_what_the_server_says(server: FakeVLLM) -> None:
    link = await ready(server, context=256)
    await text_of(link, CompletionRequest(prompt="value = 1\n" * 500, stream=True, max_tokens=8))
    assert len(server.requests[0]["prompt"]) < 256 * 3
    await link.close()


async def test_an_explanation_shows_what_was_sent_and_what_it_cost(server: FakeVLLM) -> None:
    link = await ready(server)
    async with aclosing(link.complete(msgspec.structs.replace(REQUEST, explain=True))) as events:
        *_, last = [event async for event in events]
    assert last.explanation
    assert last.usage
    assert (last.explanation.prompt, last.usage.prompt_tokens) == (server.requests[0]["prompt"], 20)
    await link.close()


async def test_our_own_worker_is_known_by_its_health(worker: FakeWorker) -> None:
    link = Link(worker.url, "", Wanted())
    await link.health()
    assert await text_of(link) == "one + two"
    assert worker.requests == [REQUEST]
    await link.close()


async def test_our_own_worker_of_another_version_is_no_foreign_server(server: FakeVLLM) -> None:
    server.health = (200, json.dumps({"state": "ready", "progress": 1.0, "message": "", "added": "later"}))
    link = Link(server.url, "", Wanted())
    with pytest.raises(BadReply, match="same version"):
        await link.health()
    await link.close()


@pytest.mark.parametrize("body", ["", '{"error":{"code":503,"message":"Loading model"}}'])
async def test_a_server_that_loads(server: FakeVLLM, body: str) -> None:
    server.health = (503, body)
    link = Link(server.url, "", Wanted())
    assert await link.health() == Health(state="loading", progress=0.0, message="")
    await link.close()


async def test_a_server_without_a_list_is_believed_to_have_what_is_named(server: FakeVLLM) -> None:
    server.models = Refusal(404)
    link = await ready(server, model="starcoder2-3b")
    await text_of(link)
    assert server.requests[0]["prompt"].startswith("<file_sep><fim_prefix>")
    await link.close()


@pytest.mark.parametrize(
    ("models", "error", "words"),
    [
        (Refusal(401), Refused, "token"),
        (Refusal(404), Missing, "worker_url"),
        (Refusal(302, "", {"Location": "/login"}), Elsewhere, "no completions server"),
        (HTML, Elsewhere, "no completions server"),
        ({"object": "list"}, Elsewhere, "no completions server"),
        ({"data": []}, Down, "offers no model"),
        ({"data": [QWEN, QWEN]}, Down, "worker_model"),
        ({"data": [{"id": SECRET}]}, Down, "worker_prompt to 'suffix', 'infill' or its family"),
    ],
    ids=str,
)
async def test_what_keeps_it_from_working_is_said(
    server: FakeVLLM, models: Any, error: type[CodeComposeError], words: str
) -> None:
    server.models = models
    ours = Worker(Settings(worker_url=server.url), LOG)
    assert await ours.until(("ready", "failed"), 3.0) == "failed"
    with pytest.raises(error):
        async with aclosing(ours.complete(REQUEST)) as events:
            await anext(events)
    message = ours.status().message
    assert words in message
    assert SECRET not in message
    await ours.close()


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        *[(Refusal(400), Unfit), (Refusal(401), Refused), (Refusal(403), Refused), (Refusal(404), Missing)],
        *[(Refusal(413), Unfit), (Refusal(422), Unfit), (Refusal(429), Busy), (Refusal(500), Failed)],
        *[(Refusal(501), Unfit), (Refusal(502), Down), (Refusal(503), Loading), (Refusal(418), Elsewhere)],
        *[(HTML, Elsewhere), (Refusal(200), Elsewhere), (Refusal(301, "", {"Location": "/"}), Elsewhere)],
    ],
    ids=lambda value: f"{value.status} {value.body[:6]}" if isinstance(value, Refusal) else "",
)
async def test_refusals_are_one_sentence_of_ours(
    server: FakeVLLM, refusal: Refusal, error: type[CodeComposeError]
) -> None:
    link = await ready(server)
    server.refusal = refusal
    with pytest.raises(error) as raised:
        await text_of(link)
    assert type(raised.value) is error
    assert str(raised.value) == error.sentence
    await link.close()


async def test_who_asks_for_rest_is_given_it(server: FakeVLLM) -> None:
    link = await ready(server)
    server.refusal = Refusal(429, headers={"Retry-After": "30"})
    for _ in range(3):
        with pytest.raises(Busy):
            await text_of(link)
    assert len(server.requests) == 1
    await link.close()


@pytest.mark.parametrize("after", ["", "soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_who_does_not_say_how_long_is_asked_again(server: FakeVLLM, after: str) -> None:
    link = await ready(server)
    server.refusal = Refusal(429, headers={"Retry-After": after})
    for _ in range(2):
        with pytest.raises(Busy):
            await text_of(link)
    assert len(server.requests) == 2
    await link.close()


@pytest.mark.parametrize(
    ("events", "last", "text"),
    [
        (said("val", "ue"), b"", "value"),
        (said("val", "ue", counted=True), b"data: [DONE]\n\n", "value"),
        ([b": ping\n\n", b"event: message\n", *said("value")], b"data: [DONE]\n\n", "value"),
        ([chunk(choices=[choice(None)]), *said("value")], b"data: [DONE]\r\n\r\n", "value"),
        ([chunk(choices=[{"index": 0, "delta": {"content": "value"}}])], b"data: [DONE]\n\n", "value"),
    ],
    ids=["no done", "usage alone", "comments", "null", "delta"],
)
async def test_streams_as_servers_write_them(server: FakeVLLM, events: list[bytes], last: bytes, text: str) -> None:
    link = await ready(server)
    server.events, server.last = tuple(events), last
    assert await text_of(link) == text
    await link.close()


@pytest.mark.parametrize(
    ("events", "last", "error"),
    [
        ([chunk(choices=[choice("val")])], b"", Down),
        ([], b"", Down),
        ([b'data: {"error": {"message": "the server\'s own words", "code": 500}}\n\n'], b"data: [DONE]\n\n", Failed),
        ([b'event: error\ndata: {"error": "the server\'s own words"}\n\n'], b"", Failed),
        ([b"data: the server's own words\n\n"], b"data: [DONE]\n\n", BadReply),
    ],
    ids=["cut", "empty", "error", "error as text", "no json"],
)
async def test_streams_that_break_off(
    server: FakeVLLM, events: list[bytes], last: bytes, error: type[CodeComposeError]
) -> None:
    link = await ready(server)
    server.events, server.last = tuple(events), last
    with pytest.raises(error) as raised:
        await text_of(link)
    assert str(raised.value) == error.sentence
    await link.close()


async def test_leaving_a_stream_closes_its_connection(server: FakeVLLM) -> None:
    link = await ready(server)
    server.frozen = True
    async with aclosing(link.complete(REQUEST)) as events:
        await anext(events)
    await until(lambda: server.cancelled == 1)
    await link.close()


async def test_a_model_that_went_away_is_noticed(server: FakeVLLM) -> None:
    ours = Worker(Settings(worker_url=server.url, worker_model=str(QWEN["id"])), LOG)
    assert await ours.until(("ready",), 3.0) == "ready"
    server.refusal, server.models = Refusal(404), {"data": [{"id": "another"}]}
    with pytest.raises(Missing):
        async with aclosing(ours.complete(REQUEST)) as events:
            await anext(events)
    assert await ours.until(("failed",), 3.0) == "failed"
    assert "does not offer the model" in ours.status().message
    await ours.close()


async def test_a_suffix_where_it_is_not_read_is_refused_before_it_is_sent(server: FakeVLLM) -> None:
    link = Link(server.url, "", Wanted(way="suffix"))
    with pytest.raises(Down, match="takes no suffix"):
        await link.health()
    assert server.requests == []
    await link.close()


async def test_ollama_is_sent_a_suffix(server: FakeVLLM) -> None:
    server.models = {"data": [{"id": "qwen2.5-coder:1.5b", "owned_by": "library"}, {"id": "other:1b"}]}
    server.health = (404, "404 page not found")
    link = Link(server.url, "", Wanted(model="qwen2.5-coder:1.5b"))
    assert (await link.health()).context_tokens == 2048
    with pytest.raises(Unfit):
        await text_of(link)
    assert (server.requests[0]["prompt"], server.requests[0]["suffix"]) == ("x = ", "\ny")
    await link.close()


async def test_a_certificate_that_nobody_here_trusts() -> None:
    certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(certificate)
    server = FakeVLLM()
    await server.start(certificate)
    link = Link(server.url, "", Wanted())
    with pytest.raises(Untrusted, match="SSL_CERT_FILE"):
        await link.health()
    await link.close()
    await server.stop()


async def test_where_the_way_is_set_nobodys_health_is_asked(server: FakeVLLM) -> None:
    server.health = (500, "")
    link = await ready(server, way="codellama")
    await text_of(link)
    assert server.requests[0]["prompt"].startswith("▁<PRE>")
    await link.close()


async def test_a_gateway_that_wants_a_token_first(server: FakeVLLM) -> None:
    server.health = (401, "")
    link = Link(server.url, "", Wanted())
    with pytest.raises(Refused):
        await link.health()
    await link.close()
