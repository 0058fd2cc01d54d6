"""Secrets in text: found in every surrounding, not where there are none, and in time that grows with the text alone.

Whatever looks like a secret here is put together when the test runs, so that no scanner stops at this file.
"""

from __future__ import annotations

import string
import time
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.credentials import FAMILIES, Span, find

WORD = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"
BASE64 = WORD + "+/"
URL = WORD + "-_"
CHOSEN = WORD + "!#$%&()*+,-./:;<=>?@[]^_{|}~"

SHAPES: dict[str, list[tuple[str, str, int]]] = {
    "aws-access-key-id": [("AK" + "IA", UPPER, 16), ("AS" + "IA", UPPER, 16)],
    "github": [(f"gh{kind}" + "_", WORD, 36) for kind in "pous"] + [("github" + "_pat_", WORD, 82)],
    "gitlab": [("gl" + "pat-", URL, 20)],
    "slack": [("xo" + f"x{kind}-", WORD, 48) for kind in "abp"],
    "google-api": [("AI" + "za", URL, 35)],
    "google-oauth": [("ya" + "29.", URL, 120)],
    "stripe": [("sk" + "_live_", WORD, 24), ("rk" + "_live_", WORD, 99)],
    "openai": [("s" + "k-", WORD, 48), ("s" + "k-proj-", URL, 156)],
    "anthropic": [("s" + "k-ant-", URL, 95)],
    "hugging-face": [("h" + "f_", string.ascii_letters, 34)],
    "npm": [("np" + "m_", WORD, 36)],
    "pypi": [("py" + "pi-AgEI", URL, 160)],
    "twilio": [("S" + "K", HEX, 32)],
}
"""Prefix, alphabet and length of what each issuer gives out."""

SURROUNDINGS = [
    "{}",
    'KEY = "{}"',
    "key='{}',",
    '{{"auth": {{"value": "{}"}}}}',
    "export SOMETHING={}\n",
    "SOMETHING={}",
    "curl -H 'X-Key: {}' https://example.org\n",
    'f"{{base}}/v1?q={}&x=1"',
    "# was {} until May",
    "print('{}\\n')",
    '"one\\n{}"',
    "value: {}\n",
    "`{}`",
    "client(({}),)",
    "<b>{}</b>",
]
NAMED = [
    ('password = "{}"', CHOSEN),
    ("db_passwd='{}'", CHOSEN),
    ('{{"user": "ann", "password": "{}"}}', CHOSEN),
    ('os.environ["API_KEY"] = "{}"', WORD),
    ("  apiKey: '{}',", WORD),
    ('client_secret: str = "{}"', WORD),
    ('AUTH_TOKEN: str | None = f"{}"', WORD),
    ('token <- "{}"', WORD),
    ('let secret = "{}";', WORD),
    ('config["access_key"] := `{}`', WORD),
    ("ALTER USER ann IDENTIFIED BY '{}'", CHOSEN),
    ("CREATE ROLE ann PASSWORD '{}'", CHOSEN),
    ('password = "{}', CHOSEN),
    ('body = "{{\\"api_key\\": \\"{}\\"}}"', WORD),
]


def draw(random: Random, alphabet: str, length: int) -> str:
    return "".join(random.choices(alphabet, k=length))


def planted(secret: str, surrounding: str) -> bool:
    """Whether exactly the secret is found in a surrounding."""
    text = surrounding.format(secret)
    return [text[span.start : span.end] for span in find(text)] == [secret]


@pytest.mark.parametrize("family", SHAPES)
def test_an_issued_token_is_found_wherever_it_stands(family: str) -> None:
    random = Random(family)
    missed = 0
    for _ in range(60):
        for prefix, alphabet, length in SHAPES[family]:
            secret = prefix + draw(random, alphabet, length - 1) + draw(random, alphabet.rstrip("-_"), 1)
            missed += sum(not planted(secret, surrounding) for surrounding in SURROUNDINGS)
    assert missed / (60 * len(SHAPES[family]) * len(SURROUNDINGS)) < 0.005


@pytest.mark.parametrize(("surrounding", "alphabet"), NAMED)
def test_a_literal_under_a_telling_name_is_found(surrounding: str, alphabet: str) -> None:
    random = Random(surrounding)
    missed = sum(
        not planted(draw(random, alphabet, length), surrounding) for length in (10, 16, 40) for _ in range(400)
    )
    assert missed / 1200 <= 0.005


def test_an_environment_file_needs_no_quotes() -> None:
    secret = "q" + "7hs9" * 2 + "kzp2"
    for line in (
        "DB_PASSWORD={}\n",
        "export API_KEY={}",
        "run --token={} --verbose",
        "  secret: {}\n",
        "-e TOKEN={} x",
    ):
        assert planted(secret, line)


@pytest.mark.parametrize(
    ("surrounding", "pieces"),
    [
        ("https://hooks.slack." + "com/services/{}", [(UPPER, 9, "T", "/"), (UPPER, 9, "B", "/"), (WORD, 24, "", "")]),
        ("postgresql://ann:{}@db.example.org:5432/x", [(WORD, 9, "", "")]),
        ("git clone https://:{}@github.com/a/b", [(WORD, 20, "", "")]),
        ("aws_secret_access_key = {}\n", [(BASE64, 40, "", "")]),
        ('{{"SecretAccessKey": "{}"}}', [(BASE64, 40, "", "")]),
        ("AccountName=a;Account" + "Key={};EndpointSuffix=b", [(BASE64, 86, "", "==")]),
        ("Authorization: Bearer {}\n", [(WORD, 40, "", "")]),
        ("'Authorization': 'Basic {}'", [(WORD, 40, "", "")]),
        ("fetch('https://example.org/a?b=c&api_key={}')", [(WORD, 32, "", "")]),
        ('Client("AC' + "0a1b2c3d" * 4 + '", "{}")', [(HEX, 32, "", "")]),
        ("send(key='{}')", [(URL, 22, "SG" + ".", "."), (URL, 43, "", "0")]),
        ('h = "{}"', [(URL, 33, "ey" + "J", "."), (URL, 90, "ey" + "J", "."), (URL, 42, "", "z")]),
    ],
)
def test_secrets_of_several_parts(surrounding: str, pieces: list[tuple[str, int, str, str]]) -> None:
    random = Random(surrounding)
    missed = 0
    for _ in range(400):
        secret = "".join(f"{begin}{draw(random, alphabet, length)}{end}" for alphabet, length, begin, end in pieces)
        missed += not planted(secret, surrounding)
    assert missed / 400 <= 0.005


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


ANCHORS = sorted({anchor for family in FAMILIES for anchor in family.anchors})
TAILS = [
    "",
    "a",
    "=",
    " = ",
    '="',
    "='\"`",
    ": ",
    ":a",
    "/",
    "0a" * 17,
    " " * 7,
    "-----",
    "PRIVATE KEY-----",
    "[\"'])",
    "\\n",
]


@pytest.mark.parametrize("tail", TAILS)
def test_hostile_text_ends_as_quickly_as_any(tail: str) -> None:
    size = 40_000
    for anchor in ANCHORS:
        text = (anchor + tail) * (size // len(anchor + tail))
        begun = time.perf_counter()
        find(text)
        assert time.perf_counter() - begun < 0.5, anchor
    for filler in "aA0 =:'\"/-._@\\\n":
        begun = time.perf_counter()
        find(tail + filler * size)
        assert time.perf_counter() - begun < 0.5, filler


def test_ordinary_code_takes_less_than_two_milliseconds_for_ten_kilobytes() -> None:
    text = (
        "for token in tokens:\n    frame['key'] = read(path, sep='?', password=None)  # see https://example.org\n" * 100
    )
    best = min(timed(text) for _ in range(5))
    assert best / len(text) * 10_000 < 0.002


def timed(text: str) -> float:
    begun = time.perf_counter()
    find(text)
    return time.perf_counter() - begun
