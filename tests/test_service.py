from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from jupyter_codecompose.facts import Namespace, Variable
from jupyter_codecompose.kernel import Known
from jupyter_codecompose.service import Service
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.wire import Cell, Chunk, End, Event, Fault, Snapshot
from jupyter_codecompose.worker import Worker
from model_server.wire import Fact, Health
from tests.conftest import LOG, until
from tests.fakes import FakeWorker, Script

KNOWN = Namespace((Variable(name="df", type="DataFrame", module="pandas", members=("region", "units")),))
FACTS = (Fact(name="df", type="DataFrame", module="pandas", members=("region", "units")),)


def snapshot(text: str = "x = |", **more: Any) -> Snapshot:
    left, right = text.split("|")
    cells = (Cell(kind="code", source="import pandas as pd"), Cell(kind="code", source=left + right))
    fields = {"editor": "e", "path": "n.ipynb", "language": "python"} | more
    return Snapshot(cells=cells, active=1, cursor=len(left), **fields)


def service(worker: FakeWorker, **changes: Any) -> Service:
    settings = replace(Settings(worker_url=worker.url), **changes)
    return Service(settings, Worker(settings, LOG), Known(KNOWN), LOG)


async def events_of(ours: Service, asked: Snapshot) -> list[Event]:
    return [event async for event in ours.complete(asked)]


async def test_a_line(worker: FakeWorker) -> None:
    worker.script = Script(chunks=("df.gr", "oupby('region')", "\nmore"))
    ours = service(worker)
    *chunks, end = await events_of(ours, snapshot(kernel="k"))
    texts = [chunk.text for chunk in chunks if isinstance(chunk, Chunk)]
    assert texts[0] == "df"
    assert "".join(texts) == "df.groupby('region')"
    assert isinstance(end, End)
    assert (end.reason, end.model, end.explanation) == ("stop", "fake", None)
    assert end.milliseconds > 0
    assert end.used
    assert (end.used.cells, end.used.facts) == (2, len(FACTS))
    (request,) = worker.requests
    assert (request.stop, request.max_tokens, request.editor) == ("\n", 48, "e")
    assert request.parts
    assert request.parts.facts == FACTS
    assert [cell.text for cell in request.parts.before] == ["import pandas as pd", "x = "]
    await ours.close()


async def test_a_block_when_asked_for(worker: FakeWorker) -> None:
    worker.script = Script(chunks=("1\n", "y = 2"), reason="length")
    ours = service(worker)
    *chunks, end = await events_of(ours, snapshot(trigger="invoke"))
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, Chunk)) == "1\ny = 2"
    assert isinstance(end, End)
    assert end.reason == "length"
    assert (worker.requests[0].stop, worker.requests[0].max_tokens) == (None, 96)
    assert worker.requests[0].parts
    assert worker.requests[0].parts.facts == ()
    await ours.close()


async def test_a_comment_in_plain_words_gets_code_below_it(worker: FakeWorker) -> None:
    worker.script = Script(chunks=("rows = ", "load()\n", "\nother = 1"))
    ours = service(worker)
    *chunks, _ = await events_of(ours, snapshot("if x:\n    # load all the rows|"))
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, Chunk)) == "\n    rows = load()"
    assert worker.requests[0].parts
    assert worker.requests[0].parts.before[-1].text == "if x:\n    # load all the rows\n    "
    await ours.close()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("%%writefile Dockerfile\nFROM python\n|", "RUN pip install numpy"),
        ("%%writefile config.yaml\nname: |", "hello world"),
    ],
)
async def test_what_is_no_python_is_not_read_as_such(worker: FakeWorker, text: str, written: str) -> None:
    worker.script = Script(chunks=(written,))
    ours = service(worker)
    *chunks, _ = await events_of(ours, snapshot(text))
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, Chunk)) == written
    await ours.close()


async def test_no_suggestion_is_taller_than_the_setting(worker: FakeWorker) -> None:
    worker.script = Script(chunks=("a\nb\nc\nd\n",))
    ours = service(worker, most_lines=3)
    *chunks, _ = await events_of(ours, snapshot("|", trigger="invoke"))
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, Chunk)) == "a\nb\nc"
    await ours.close()


async def test_silence_asks_nobody(worker: FakeWorker) -> None:
    ours = service(worker)
    (end,) = await events_of(ours, snapshot("pri|nt"))
    assert isinstance(end, End)
    assert end.reason == "silent"
    assert (worker.requests, ours.status().state) == ([], "off")
    await ours.close()


async def test_the_whole_of_a_closer_is_not_repeated(worker: FakeWorker) -> None:
    worker.script = Script(chunks=("x", ")", " more"), then="freeze")
    ours = service(worker)
    chunk, end = await events_of(ours, snapshot("foo(|)"))
    assert chunk == Chunk(text="x")
    assert isinstance(end, End)
    await ours.close()


async def test_explanation(worker: FakeWorker) -> None:
    ours = service(worker)
    *_, end = await events_of(ours, snapshot(explain=True))
    assert isinstance(end, End)
    assert end.explanation
    assert (end.explanation.prompt, end.explanation.prompt_tokens, end.explanation.reused_tokens) == (
        "the prompt",
        100,
        90,
    )
    ours_ms = ["redact", "intent", "facts", "steer", "context", "ground", "stream"]
    assert list(end.explanation.steps_ms) == [*ours_ms, "tokenise", "prefill", "decode"]
    sent, of = end.explanation.sent, end.explanation.of
    assert sent == {"cells_above": 1, "cells_below": 0, "cells_further": 0, "facts": 0, "tokens": 100}
    assert of == {"cells_above": 1, "cells_below": 0, "cells_further": 1, "facts": 0, "tokens": 1024}
    assert (end.explanation.ways, end.explanation.cut) == ((0,), ())
    await ours.close()


async def test_an_explanation_tells_what_was_cut_and_what_was_allowed_instead(worker: FakeWorker) -> None:
    worker.script = Script(chunks=("df['regoin']",))
    ours = service(worker)
    *_, end = await events_of(ours, snapshot(explain=True, kernel="k"))
    assert isinstance(end, End)
    assert end.explanation
    assert end.explanation.cut[0] == "member df.regoin"
    assert end.explanation.ways == (0, 2 * len(KNOWN.variables[0].members)), "each also to the end of the line"
    assert end.explanation.sent["facts"] == end.explanation.of["facts"] == 1
    await ours.close()


async def test_a_frozen_worker_ends_at_the_deadline(worker: FakeWorker) -> None:
    worker.script = Script(then="freeze")
    ours = service(worker, timeout=2.0)
    began = asyncio.get_running_loop().time()
    *chunks, fault = await events_of(ours, snapshot())
    assert asyncio.get_running_loop().time() - began < 10
    assert len(chunks) == 2
    assert isinstance(fault, Fault)
    assert (fault.code, fault.message) == ("down", "The worker did not answer in time.")
    await gone(worker)
    await ours.close()


async def test_a_dripping_worker_ends_at_the_deadline(worker: FakeWorker) -> None:
    worker.script = Script(chunks=("a",) * 1000, delay=0.05)
    ours = service(worker, timeout=0.3)
    *_, fault = await events_of(ours, snapshot())
    assert isinstance(fault, Fault)
    await gone(worker)
    await ours.close()


@pytest.mark.parametrize(("status", "code"), [(429, "busy"), (401, "refused"), (500, "down"), (503, "loading")])
async def test_one_fault_is_the_last_word(worker: FakeWorker, status: int, code: str) -> None:
    worker.script = Script(status=status)
    ours = service(worker)
    (fault,) = await events_of(ours, snapshot())
    assert isinstance(fault, Fault)
    assert fault.code == code
    await ours.close()


async def test_a_stream_that_breaks_off(worker: FakeWorker) -> None:
    worker.script = Script(then="break")
    ours = service(worker)
    *chunks, fault = await events_of(ours, snapshot())
    assert len(chunks) == 2
    assert isinstance(fault, Fault)
    assert fault.code == "down"
    await ours.close()


async def test_leaving_a_suggestion_frees_the_worker(worker: FakeWorker) -> None:
    worker.script = Script(then="freeze")
    ours = service(worker)
    async with aclosing(ours.complete(snapshot())) as events:
        await anext(events)
    await gone(worker)
    assert worker.cancelled == 1
    await ours.close()


async def test_each_server_is_a_tenant_of_its_own_without_a_name(worker: FakeWorker) -> None:
    ours, theirs = service(worker), service(worker)
    for one in (ours, ours, theirs):
        await events_of(one, snapshot())
    first, second, other = (request.user for request in worker.requests)
    assert first == second != other
    assert len(first) == 16
    await ours.close()
    await theirs.close()


async def test_warm_reads_and_writes_nothing(worker: FakeWorker) -> None:
    ours = service(worker)
    assert ours.warm(snapshot(kernel="k")).state == "starting"
    await until(lambda: bool(worker.requests))
    assert worker.requests[0].max_tokens == 0
    assert worker.requests[0].parts
    assert worker.requests[0].parts.facts == FACTS
    await ours.close()


async def test_warm_waits_for_the_model_and_gives_way_to_a_request(worker: FakeWorker) -> None:
    worker.health = Health(state="loading", progress=0.0, message="")
    ours = service(worker)
    ours.warm(snapshot())
    ours.warm(snapshot())
    assert (await events_of(ours, snapshot()))[0] == Fault(
        code="loading", message="The model is loading.", progress=0.0
    )
    worker.health = Health(state="ready", progress=1.0, message="")
    await asyncio.sleep(0.8)
    assert worker.requests == []
    await ours.close()


async def test_warming_leaves_a_suggestion_that_is_being_made_alone(worker: FakeWorker) -> None:
    worker.script = Script(then="freeze")
    ours = service(worker)
    async with aclosing(ours.complete(snapshot())) as events:
        assert await anext(events)
        ours.warm(snapshot())
        await asyncio.sleep(0.2)
        assert (len(worker.requests), worker.cancelled) == (1, 0)
        ours.warm(snapshot(editor="another"))
        await until(lambda: len(worker.requests) == 2)
    ours.warm(snapshot())
    await until(lambda: len(worker.requests) == 3)
    await ours.close()


async def test_a_suggestion_takes_the_place_of_a_warming(worker: FakeWorker) -> None:
    worker.script = Script(then="freeze")
    ours = service(worker)
    ours.warm(snapshot())
    await until(lambda: worker.open_streams == 1)
    async with aclosing(ours.complete(snapshot())) as events:
        assert await anext(events)
        assert [request.max_tokens > 0 for request in worker.requests] == [False, True]
        await until(lambda: worker.cancelled == 1)
        assert worker.open_streams == 1
    await ours.close()


class Broken(Known):
    async def of(self, kernel: str, patience: float = 0.0) -> Namespace:
        raise ValueError("the user's own words")


async def test_a_fault_of_our_own_is_told_without_words(worker: FakeWorker, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(worker_url=worker.url)
    ours = Service(settings, Worker(settings, LOG), Broken(), LOG)
    with caplog.at_level(logging.DEBUG):
        (fault,) = await events_of(ours, snapshot(kernel="k"))
    assert isinstance(fault, Fault)
    assert fault.code == "internal"
    assert "own words" not in fault.message + caplog.text
    assert "ValueError at " in caplog.text
    await ours.close()


async def test_the_empty_notebook(worker: FakeWorker) -> None:
    ours = service(worker)
    empty = Snapshot(editor="e", path="", language="python", cells=(Cell(kind="code", source=""),), active=0, cursor=0)
    (end,) = await events_of(ours, empty)
    assert isinstance(end, End)
    assert end.reason == "silent"
    await ours.close()


async def test_two_thousand_cells(worker: FakeWorker) -> None:
    ours = service(worker)
    cells = tuple(Cell(kind="code", source=f"value_{n} = compute({n})") for n in range(2000))
    asked = Snapshot(
        editor="e",
        path="",
        language="python",
        cells=(*cells, Cell(kind="code", source="x = ")),
        active=2000,
        cursor=4,
    )
    *_, end = await events_of(ours, asked)
    assert isinstance(end, End)
    assert worker.requests[0].parts
    assert sum(len(cell.text) for cell in worker.requests[0].parts.before) <= 12_000
    await ours.close()


async def gone(worker: FakeWorker) -> None:
    await until(lambda: not worker.open_streams)
