"""Bodies: what is read from them, and what is said of those that are none."""

from __future__ import annotations

import pytest

from model_server.completions import ONLY
from model_server.decode import decoded
from model_server.llama import InfillRequest
from model_server.refusal import Refused
from model_server.wire import CompletionRequest


def refused(body: bytes) -> Refused:
    """How a completion's body is refused."""
    with pytest.raises(Refused) as caught:
        decoded(body, CompletionRequest, ONLY)
    assert caught.value.status == 400
    assert len(caught.value.message) < 320
    return caught.value


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\x00", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'"\xff"', "not JSON"),
        (b'{"prompt": "\xff"}', "not JSON"),
        (b'{"prompt": "\\ud800"}', "not JSON"),
        (b'{"prompt": "\\udc00 "}', "not JSON"),
        (b'{"prompt": "a", "temperature": NaN}', "not JSON"),
        (b'{"prompt": "a", "temperature": 1e999}', "not JSON"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"prompt":' * 200_000, "nested too deep"),
    ],
    ids=lambda value: repr(value)[:32],
)
def test_what_is_no_json_object_is_refused(body: bytes, said: str) -> None:
    assert said in refused(body).message


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"prompt": 3}', "prompt"),
        (b'{"prompt": ["a", "b"]}', "prompt"),
        (b'{"prompt": [1, 2, 3]}', "prompt"),
        (b'{"prompt": "a", "suffix": {}}', "suffix"),
        (b'{"max_tokens": "1"}', "max_tokens"),
        (b'{"max_tokens": -1}', "max_tokens"),
        (b'{"max_tokens": 100000}', "max_tokens"),
        (b'{"max_tokens": 1.5}', "max_tokens"),
        (b'{"temperature": 2.1}', "temperature"),
        (b'{"top_p": 0}', "top_p"),
        (b'{"seed": 123456789012345678901234567890}', "seed"),
        (b'{"stop": 1}', "stop"),
        (b'{"stream": "yes"}', "stream"),
        (b'{"stream_options": {"include": true}}', "stream_options"),
        (b'{"n": 2}', "n"),
        (b'{"n": true}', "n"),
        (b'{"best_of": 3}', "best_of"),
        (b'{"echo": true}', "echo"),
        (b'{"echo": 0}', "echo"),
        (b'{"logprobs": 0}', "logprobs"),
        (b'{"logit_bias": {"50256": -100}}', "logit_bias"),
        (b'{"presence_penalty": 0.1}', "presence_penalty"),
        (b'{"frequency_penalty": "0"}', "frequency_penalty"),
        (b'{"promt": "x"}', "promt"),
        (b'{"parts": {"before": [{"kind": "cell", "text": ""}]}}', "parts"),
        (b'{"parts": {"facts": [{"name": "x", "value": 1}]}}', "parts"),
        (b'{"prompt": "' + b"x" * 300_000 + b'"}', "prompt"),
    ],
    ids=lambda value: repr(value)[:48],
)
def test_the_parameter_at_fault_is_named(body: bytes, param: str) -> None:
    error = refused(body)
    assert error.param == param
    assert param in error.message


def test_what_a_refusal_quotes_is_short() -> None:
    assert refused(b'{"' + b"k" * 500_000 + b'": 1}').param == "k" * 64
    assert refused(b'{"parts": {"before": [{"text": "", "kind": "' + b"k" * 500_000 + b'"}]}}').param == "parts"


@pytest.mark.parametrize(
    "field",
    [
        '"n": 1',
        '"best_of": 1',
        '"echo": false',
        '"logit_bias": {}',
        '"presence_penalty": 0',
        '"frequency_penalty": 0.0',
    ],
)
def test_what_is_not_supported_may_be_given_at_its_default(field: str) -> None:
    assert decoded(f'{{"prompt": "x", {field}}}'.encode(), CompletionRequest, ONLY) == CompletionRequest("x")


def test_null_is_the_same_as_left_out() -> None:
    names = [*CompletionRequest.__struct_fields__, *ONLY]
    body = ", ".join(f'"{name}": null' for name in names)
    assert decoded(f"{{{body}}}".encode(), CompletionRequest, ONLY) == CompletionRequest()


def test_of_two_equal_keys_the_last_one_counts() -> None:
    assert decoded(b'{"prompt": "a", "prompt": "b"}', CompletionRequest) == CompletionRequest("b")


def test_nul_is_text() -> None:
    assert decoded(b'{"prompt": "a\\u0000b"}', CompletionRequest).prompt == "a\0b"


def test_messages_that_are_patient_pass_over_what_they_do_not_know() -> None:
    assert decoded(b'{"input_prefix": "x", "n_cmpl": 3}', InfillRequest) == InfillRequest("x")
