"""Secrets in the writing: nothing of them is asked about, nothing of them is shown."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose.redact import MASKS, masked
from jupyter_codecompose.tidy import Tidy
from jupyter_codecompose.unfinished import before_secret, being_typed
from tests.planted import FAMILIES, planted

TOKEN = "gh" + "p_" + "k4Jz9Qw2Lx"


@pytest.mark.parametrize(
    "left",
    [
        'password = "h',
        "connect(user='ann', password='h",
        'd = {"api_key": "z7',
        'os.environ["API_TOKEN"] = "abc def',
        'x = 1\nrequests.get(u, auth=("ann", "q',
        f'login("{TOKEN}',
        'create_engine("postgresql://ann:hu',
        "# the password: 'ab",
        'if password == "hu',
    ],
)
def test_a_cursor_in_a_secret(left: str) -> None:
    assert being_typed(left)


@pytest.mark.parametrize(
    "left",
    [
        "",
        "password",
        "password = ",
        'password = "',
        'password = "hunter2"',
        'password = "h\nx = ',
        'print("password:", x',
        'frame["password"',
        'frame["pass',
        "hf_tokenizer",
        "AC",
        'frame["AC',
        "http://localhost:88",
        'f"http://{host}:{po',
        "tokens = [t for t in 'ab",
        "token=tok",
        'mask_token = "mas',
        'frame[frame["token"] == "the',
    ],
)
def test_a_cursor_that_is_in_none(left: str) -> None:
    assert not being_typed(left)


def shown(line: str, text: str, size: int) -> str:
    """What is shown of a suggestion that comes in pieces of so many characters."""
    seen = ""
    for end in range(0, len(text) + 1, size):
        now, whole = before_secret(line, text[:end], whole=False)
        assert now.startswith(seen)
        seen = now
        if whole:
            return seen
    return before_secret(line, text, whole=True)[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_secret_ends_a_suggestion_however_it_comes(family: str) -> None:
    random = Random(family)
    for _ in range(3):
        case = planted(family, random)
        whole = shown("", case.text, len(case.text) + 1)
        assert shown("", case.text, 1) == shown("", case.text, 3) == whole


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_shown_of_a_secret(family: str) -> None:
    random = Random(family)
    assert [seen for _ in range(8) if (seen := secret_shown(family, random))] == []


def secret_shown(family: str, random: Random) -> str:
    """What is shown of a secret beyond what shows its issuer, when it comes character by character."""
    case = planted(family, random)
    mask = masked(case.text).text
    seen = shown("", case.text, 1)
    common = next((at for at, (a, b) in enumerate(zip(seen, mask, strict=False)) if a != b), len(seen))
    return seen[common:]


@pytest.mark.parametrize("mask", [*MASKS.values(), "x" * 32])
@pytest.mark.parametrize("place", ['key = "|"\ny = 1', "|", "gh" + "p_|"])
def test_a_suggestion_ends_before_a_mask(mask: str, place: str) -> None:
    before, after = place.split("|")
    for size in (1, 3, 100):
        assert shown("", before + mask + after, size) == before


def test_a_mask_in_the_line_is_no_mask_in_the_suggestion() -> None:
    assert shown('f("xxxxxxxx", ', "y)", 1) == "y)"


@pytest.mark.parametrize(
    "text",
    [
        'print("Password:", password)',
        'password = os.environ["PASSWORD"]',
        'token = "changeme"\nx = y',
        "http://localhost:8888/tree",
        "AutoTokenizer.from_pretrained('x', token=True)",
        "xs = max(x, xx)",
        "connect(password=password, token=token)",
    ],
)
def test_what_is_no_secret_is_shown(text: str) -> None:
    for size in (1, 2, 100):
        assert shown("", text, size) == text


@given(st.text(alphabet='abx"=: \nkeytoken_sk-:/@', max_size=60), st.integers(1, 7))
def test_pieces_are_shown_as_the_whole_is(text: str, size: int) -> None:
    assert shown("", text, size) == shown("", text, len(text) + 1)


def test_tidy_ends_there() -> None:
    tidy = Tidy("x = 1\n", "", block=True)
    pieces = ['api_key = "', "q7hs9", 'kzp2"', "\nmore = 1"]
    assert "".join(map(tidy.feed, pieces)) + tidy.close() == 'api_key = "'
    assert tidy.done
