"""The measuring client: what it reads from a stream, and what it makes of a worker that misbehaves."""

from __future__ import annotations

import pytest

from model_server.evaluation.client import Client, Gone, Trouble
from model_server.wire import CompletionRequest
from tests.worker.evaluation.scripted import DONE, Script, event, scripted

ASKED = CompletionRequest(prompt="a secret")
ERROR = b'{"error":{"message":"no room","type":"t","code":"full","param":null}}'


def test_an_answer_with_its_times() -> None:
    with scripted(Script(event("") + event("mean") + event("()") + DONE)) as script:
        client = Client(script.url, "")
        answer = client.complete(ASKED)
        client.close()
    assert (answer.text, answer.error) == ("mean()", "")
    assert answer.first_ms is not None
    assert 0 < answer.first_ms <= answer.total_ms
    assert script.asked[0]["stream"] is True


def test_an_answer_without_text_has_no_first_text() -> None:
    with scripted(Script(event("") + DONE)) as script:
        answer = Client(script.url, "").complete(ASKED)
    assert (answer.text, answer.first_ms) == ("", None)


@pytest.mark.parametrize(
    ("body", "status", "kind", "said"),
    [
        (event("mea"), 200, Gone, "broke off in the middle"),
        (event("mea") + b"data: " + ERROR + b"\n\n", 200, Trouble, "refused with full: no room"),
        (b"data: {}\n\n", 200, Trouble, "no completion"),
        (ERROR, 429, Trouble, "refused with full: no room"),
        (b"<html>", 502, Trouble, "refused with status 502"),
    ],
)
def test_what_is_no_answer_is_told(body: bytes, status: int, kind: type[Trouble], said: str) -> None:
    with scripted(Script(body, status=status)) as script, pytest.raises(Trouble, match=said) as trouble:
        Client(script.url, "").complete(ASKED)
    assert trouble.type is kind
    assert "secret" not in str(trouble.value)


def test_nobody_there() -> None:
    with scripted(Script(DONE)) as script:
        url = script.url
    with pytest.raises(Gone, match="cannot be reached"):
        Client(url, "").health()


@pytest.mark.parametrize("url", ["", "worker:8765", "ftp://worker", "http://"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ValueError, match="no worker's address"):
        Client(url, "")
