from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import msgspec
import pytest
from tornado.httpclient import HTTPClientError
from yarl import URL

from jupyter_codecompose.settings import TOKEN_VARIABLE
from jupyter_codecompose.wire import MAX_BODY_BYTES, Chunk, End, Event, Fault, Sent, Snapshot, Status
from tests.conftest import until
from tests.fakes import FakeWorker, Script

GOOD = {
    "editor": "e",
    "path": "n.ipynb",
    "language": "python",
    "cells": [{"kind": "code", "source": "# é🎉\nx = "}],
    "active": 0,
    "cursor": 9,
}


@pytest.fixture
def jp_server_config(worker: FakeWorker) -> dict[str, Any]:
    return {
        "ServerApp": {"jpserver_extensions": {"jupyter_codecompose": True}, "reraise_server_extension_failures": True},
        "CodeCompose": {"worker_url": worker.url, "timeout": 30.0},
    }


@pytest.fixture
def base(jp_serverapp: Any, http_server: Any, jp_http_port: int, jp_base_url: str) -> URL:
    return URL(f"http://localhost:{jp_http_port}{jp_base_url}", encoded=True)


async def events_of(fetch: Callable[..., Any], body: object = GOOD, **more: Any) -> list[Event]:
    response = await fetch("codecompose", "complete", method="POST", body=json.dumps(body), **more)
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["X-Accel-Buffering"] == "no"
    lines = response.body.decode().split("\n\n")
    assert lines.pop() == ""
    return [msgspec.json.decode(line.removeprefix("data: "), type=Event) for line in lines]


async def status_of(fetch: Callable[..., Any]) -> Status:
    return msgspec.json.decode((await fetch("codecompose", "status")).body, type=Status)


async def test_a_suggestion(jp_fetch: Any, worker: FakeWorker) -> None:
    assert (await status_of(jp_fetch)).state == "off"
    *chunks, end = await events_of(jp_fetch)
    assert chunks == [Chunk(text="one"), Chunk(text=" + two")]
    assert isinstance(end, End)
    assert worker.requests[0].parts
    assert worker.requests[0].parts.before[-1].text == "# é🎉\nx = "
    assert (await status_of(jp_fetch)).state == "ready"


async def test_warm(jp_fetch: Any, worker: FakeWorker) -> None:
    response = await jp_fetch("codecompose", "warm", method="POST", body=json.dumps(GOOD))
    assert msgspec.json.decode(response.body, type=Status).state == "starting"
    await until(lambda: bool(worker.requests))
    assert worker.requests[0].max_tokens == 0


async def test_what_was_sent(jp_fetch: Any, worker: FakeWorker) -> None:
    await events_of(jp_fetch)
    response = await jp_fetch("codecompose", "sent", params={"editor": "e"})
    assert response.headers["Content-Type"].startswith("application/json")
    assert msgspec.json.decode(response.body, type=Sent) == Sent(worker.bodies[0].decode(), {})
    assert msgspec.json.decode((await jp_fetch("codecompose", "sent")).body, type=Sent) == Sent()


async def test_a_fault_is_an_event(jp_fetch: Any, worker: FakeWorker) -> None:
    worker.script = Script(status=429)
    assert await events_of(jp_fetch) == [Fault(code="busy", message="The worker has too much to do.")]


@pytest.mark.parametrize("route", ["complete", "warm"])
@pytest.mark.parametrize(
    "body", [b"secret", b"", b'{"secret": 1}', b"[" * 100_000, b'"\xff"', json.dumps(GOOD | {"cursor": 99}).encode()]
)
async def test_what_is_no_snapshot(jp_fetch: Any, route: str, body: bytes) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("codecompose", route, method="POST", body=body)
    assert refused.value.code == 400
    assert refused.value.response
    assert b"secret" not in refused.value.response.body
    assert json.loads(refused.value.response.body)["message"].startswith("The body is not a snapshot")


@pytest.mark.parametrize(
    ("method", "route"),
    [("POST", "complete"), ("POST", "warm"), ("GET", "sent"), ("GET", "status")],
    ids=lambda value: value,
)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Authorization": "token wrong"}, 403),
        ({"Authorization": "token RIGHT"}, 200),
        ({"Authorization": "token RIGHT", "Origin": "https://evil.example"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Authorization": "token RIGHT", "Host": "evil.example"}, 403),
        ({"Cookie": "LOGIN"}, 403),
        ({"Cookie": "LOGIN", "X-XSRFToken": "XSRF"}, 200),
    ],
    ids=["nothing", "wrong token", "token", "token, other origin", "other origin", "other host", "no xsrf", "login"],
)
async def test_credentials(
    base: URL, jp_serverapp: Any, method: str, route: str, headers: dict[str, str], status: int
) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        right = jp_serverapp.identity_provider.token
        headers = {name: value.replace("RIGHT", right) for name, value in headers.items()}
        if "Cookie" in headers:
            xsrf, cookies = await login(session, base, right)
            headers["Cookie"] = cookies
            if "X-XSRFToken" in headers:
                headers["X-XSRFToken"] = xsrf
            elif method == "GET":
                status = 200
        async with session.request(
            method, base / "codecompose" / route, data=json.dumps(GOOD), headers=headers
        ) as response:
            assert response.status in ({403, 404} if status == 403 else {status})


async def login(session: aiohttp.ClientSession, base: URL, token: str) -> tuple[str, str]:
    """A browser's cookies after a visit with the token, and what is in the XSRF one."""
    url = base / "login"
    async with session.get(url) as page:
        first = page.cookies
    async with session.post(
        url,
        data={"password": token, "_xsrf": first["_xsrf"].value},
        headers={"Cookie": f"_xsrf={first['_xsrf'].value}"},
        allow_redirects=False,
    ) as page:
        cookies = {name: morsel.value for name, morsel in (first | page.cookies).items() if morsel.value}
    return cookies["_xsrf"], "; ".join(f"{name}={value}" for name, value in cookies.items())


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65_536):
        yield b" " * 65_536
    yield b" " * (size % 65_536)


@pytest.mark.parametrize("route", ["complete", "warm"])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 10_000_000])
async def test_large_bodies_are_refused(
    base: URL, jp_auth_header: dict[str, str], route: str, chunked: bool, size: int
) -> None:
    async with aiohttp.ClientSession() as session:
        try:
            data = pieces(size) if chunked else io.BytesIO(b" " * size)
            async with session.post(base / "codecompose" / route, data=data, headers=jp_auth_header) as response:
                assert response.status == 413
                assert "too large" in (await response.json())["message"]
        except aiohttp.ClientConnectionError:
            assert size > 1_000_000, "a body just over the limit must hear why"


async def test_a_large_body_without_login_is_not_read(base: URL) -> None:
    async with aiohttp.ClientSession() as session:
        try:
            async with session.post(base / "codecompose/complete", data=pieces(MAX_BODY_BYTES + 1)) as response:
                assert response.status == 403
        except aiohttp.ClientConnectionError:
            pass


async def test_a_body_of_just_the_limit(jp_fetch: Any) -> None:
    body = json.dumps(GOOD).encode()
    response = await jp_fetch("codecompose", "complete", method="POST", body=body + b" " * (MAX_BODY_BYTES - len(body)))
    assert response.code == 200


async def test_a_page_that_goes_away_frees_the_worker(
    base: URL, jp_auth_header: dict[str, str], worker: FakeWorker, caplog: pytest.LogCaptureFixture
) -> None:
    worker.script = Script(chunks=("a",) * 1000, delay=0.01)
    async with aiohttp.ClientSession() as session:
        async with session.post(base / "codecompose/complete", json=GOOD, headers=jp_auth_header) as response:
            await response.content.readline()
            assert worker.open_streams == 1
            response.close()
        await until(lambda: not worker.open_streams)
    assert worker.cancelled == 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_chunks_are_not_held_back(base: URL, jp_auth_header: dict[str, str], worker: FakeWorker) -> None:
    worker.script = Script(then="freeze")
    async with (
        aiohttp.ClientSession() as session,
        session.post(base / "codecompose/complete", json=GOOD, headers=jp_auth_header) as response,
    ):
        async with asyncio.timeout(10):
            assert await response.content.readline() == b'data: {"type":"chunk","text":"one"}\n'


async def test_status_is_no_activity(jp_fetch: Any, jp_serverapp: Any) -> None:
    before = jp_serverapp.web_app.settings.get("api_last_activity")
    await jp_fetch("codecompose", "status")
    assert jp_serverapp.web_app.settings.get("api_last_activity") == before


@pytest.mark.parametrize(
    "script",
    [Script(), Script(status=500), Script(then="break"), Script(raw=b"data: CANARY\n\n"), Script(status=401)],
    ids=["good", "500", "break", "bad reply", "401"],
)
async def test_no_log_holds_code_or_the_token(
    jp_configurable_serverapp: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    worker: FakeWorker,
    script: Script,
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "CANARY-TOKEN")
    worker.script = replace(script, chunks=("CANARY",))
    config = {"ServerApp": {"jpserver_extensions": {"jupyter_codecompose": True}}}
    app = jp_configurable_serverapp(config=config | {"CodeCompose": {"worker_url": worker.url, "log_level": "DEBUG"}})
    service = app.extension_manager.extension_points["codecompose"].app.service
    asked = msgspec.convert(GOOD | {"cells": [{"kind": "code", "source": "CANARY = 1"}], "cursor": 10}, Snapshot)
    with caplog.at_level("DEBUG"):
        events = [event async for event in service.complete(asked)]
        service.warm(asked)
        await until(lambda: len(worker.requests) > 1)
    assert worker.headers[0]["Authorization"] == "Bearer CANARY-TOKEN"
    assert "CANARY" not in caplog.text + "".join(capfd.readouterr())
    assert "CANARY" not in repr(events[-1])
