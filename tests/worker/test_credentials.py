"""Secrets in text: found in every surrounding, not where there are none, and in time that grows with the text alone."""

from __future__ import annotations

import string
import time
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.credentials import FAMILIES, find
from model_server.shapes import Span
from tests.planted import SHAPES, hostile, planted

WORD = string.ascii_letters + string.digits
BASE64 = WORD + "+/"
ROUNDS = 300


def draw(random: Random, alphabet: str, length: int) -> str:
    return "".join(random.choices(alphabet, k=length))


def found(text: str) -> list[str]:
    return [text[span.start : span.end] for span in find(text)]


@pytest.mark.parametrize("family", SHAPES)
def test_exactly_the_secret_is_found_wherever_it_stands(family: str) -> None:
    random = Random(family)
    cases = [planted(family, random) for _ in range(ROUNDS)]
    missed = [case.text for case in cases if found(case.text) != [case.secret]]
    assert len(missed) / ROUNDS <= 0.01, missed


def test_each_family_is_planted() -> None:
    assert {family.name for family in FAMILIES} == {*SHAPES, "private-key"}


@pytest.mark.parametrize("kind", ["", "RSA ", "OPENSSH ", "EC "])
@pytest.mark.parametrize("newline", ["\n", "\\n"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_private_key_is_found_with_or_without_its_end(kind: str, newline: str, whole: bool) -> None:
    head, foot = f"-----{'BEGIN'} {kind}PRIVATE KEY-----", f"-----END {kind}PRIVATE KEY-----"
    lines = [draw(Random(line), BASE64, 64) for line in range(8)]
    text = newline.join(["x = '''" + head, *lines, foot + "'''" if whole else ""])
    (span,) = find(text)
    assert span.family == "private-key"
    assert lines[0] in text[span.start : span.end]
    assert lines[-1] in text[span.start : span.end]
    assert "-----" not in text[span.start : span.end]


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "your-api-key-here"',
        'token = "<token>"',
        'password = "xxxxxxxxxxxx"',
        'password = "changeme"',
        'password = os.environ["PASSWORD"]',
        'token = os.getenv("HF_ACCESS_TOKEN")',
        'secret = f"{prefix}{number}"',
        "API_KEY=${API_KEY_2}",
        'eos_token = "<|endoftext|>"',
        'mask_token="[MASK]_token"',
        'token_url = "https://example.org/oauth2/token"',
        'tokenizer = "bert-base-uncased-1234"',
        'grant = {"token": "access_token"}',
        'secret = "projects/mine/secrets/one"',
        'password = "Please type the password"',
        "postgresql://user:password@localhost/db",
        "mysql://{user}:{password}@host/db",
        "AK" + "IAIOSFODNN7" + "EXAMPLE",
        "h" + "f_" + "x" * 34,
        "if line.startswith('-----BEGIN " + "PRIVATE KEY-----'):\n    return parse(line)\nraise ValueError(line)",
        "max_tokens=1024",
        "num_tokens = 'x' * 3",
        "def login(password: str, token: int = 3) -> None: ...",
        "the token: something",
        "key = sorted(found, key=lambda x: x[1])",
    ],
)
def test_what_is_none_is_left_alone(line: str) -> None:
    assert find(line) == ()


@given(st.text(max_size=300))
def test_any_text_gives_spans_in_order_that_do_not_overlap(text: str) -> None:
    spans = find(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_span_is_the_secret_itself_among_any_text(before: str, after: str) -> None:
    secret = "gh" + "p_" + "aZ3" * 4 + draw(Random(before), WORD, 24)
    text = f"{before}\n{secret}\n{after}"
    assert Span(len(before) + 1, len(before) + 1 + len(secret), "github") in find(text)


def test_one_place_gives_one_span() -> None:
    secret = "s" + "k-ant-" + draw(Random(1), WORD, 40)
    assert find(f'ANTHROPIC_API_KEY="{secret}"') == (Span(19, 19 + len(secret), "anthropic"),)


def test_hostile_text_ends_as_quickly_as_any() -> None:
    for text in hostile(10_000):
        begun = time.process_time()
        find(text)
        assert time.process_time() - begun < 0.2, text[:40]
