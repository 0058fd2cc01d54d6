from __future__ import annotations

import pytest

from jupyter_codecompose.errors import BadReply, CodeComposeError, Failed
from jupyter_codecompose.foreign import completion, filled, is_ours


@pytest.mark.parametrize(
    ("data", "text", "reason"),
    [
        (b'{"choices":[{"text":"a","index":0,"finish_reason":null}]}', "a", None),
        (b'{"choices":[{"text":null,"finish_reason":"stop"}]}', "", "stop"),
        (b'{"choices":[{"text":"a","finish_reason":"length"}],"usage":null}', "a", "length"),
        (b'{"choices":[{"text":"a","finish_reason":"eos_token"}],"model":"x","error":null}', "a", "stop"),
        (b'{"choices":[{"delta":{"content":"a","role":"assistant"}}]}', "a", None),
        (b'{"choices":[{"delta":{}}]}', "", None),
    ],
)
def test_events_of_completions(data: bytes, text: str, reason: str | None) -> None:
    event = completion(data, "m")
    (choice,) = event.choices
    assert (choice.text, choice.finish_reason, event.model) == (text, reason, "m")


@pytest.mark.parametrize("choices", [b"[]", b"null"])
def test_an_event_of_usage_alone(choices: bytes) -> None:
    event = completion(
        b'{"choices":%b,"usage":{"prompt_tokens":7,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":5}}}'
        % choices,
        "m",
    )
    assert event.choices == ()
    assert event.usage
    assert (event.usage.prompt_tokens, event.usage.total_tokens) == (7, 9)
    assert event.usage.prompt_tokens_details.cached_tokens == 5


def test_usage_without_details() -> None:
    event = completion(b'{"choices":[],"usage":{"prompt_tokens":7,"prompt_tokens_details":null}}', "m")
    assert event.usage
    assert event.usage.prompt_tokens_details.cached_tokens == 0


def test_events_of_infill() -> None:
    assert filled(b'{"content":"a","stop":false,"tokens":[1]}', "m").choices[0].text == "a"
    last = filled(
        b'{"content":"","stop":true,"stop_type":"limit","tokens_evaluated":9,"tokens_predicted":3,"timings":{"cache_n":4}}',
        "m",
    )
    assert last.choices[0].finish_reason == "length"
    assert last.usage
    assert (last.usage.prompt_tokens, last.usage.prompt_tokens_details.cached_tokens) == (9, 4)
    assert filled(b'{"content":"","stop":true,"stop_type":"word"}', "m").choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b'{"error":{"message":"out of memory","code":500}}', Failed),
        (b'{"error":"out of memory"}', Failed),
        (b'{"choices":[{"text":7}]}', BadReply),
        (b"[]", BadReply),
        (b"\xff", BadReply),
        (b"<html>", BadReply),
    ],
)
def test_what_is_no_event(data: bytes, error: type[CodeComposeError]) -> None:
    for read in (completion, filled):
        if b"choices" in data and read is filled:
            continue
        with pytest.raises(error) as raised:
            read(data, "m")
        assert "memory" not in str(raised.value)


@pytest.mark.parametrize(
    ("data", "ours"),
    [
        (b'{"state":"ready","progress":1.0,"message":"","new":7}', True),
        (b'{"status":"ok"}', False),
        (b"", False),
        (b"<html>", False),
    ],
)
def test_our_own_health_is_known_in_any_version(data: bytes, ours: bool) -> None:
    assert is_ours(data) is ours
