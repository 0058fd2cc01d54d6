"""Layouts: what stands where, what is cut, and what is never lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.families import BUNDLED, INCODER, STEP, describe, family_of, keep_end, share
from model_server.tokens import Tokens
from model_server.wire import Cell, Fact, Header, Parts
from tests.worker.checkpoints import incoder_tokenizer, small_tokenizer

BUNDLED_TOKENS = Tokens(small_tokenizer())
INCODER_TOKENS = Tokens(incoder_tokenizer())
PARTS = Parts(
    Header("python", "python3", "lab/a.ipynb"),
    (Fact("df", "DataFrame", "pandas", ("mass", "it's")), Fact("np", "module", "numpy")),
    (Cell("markdown", "# Title"), Cell("code", "x = 1"), Cell("output", "1"), Cell("code", "df.he")),
    (Cell("code", ")\nprint(x)"), Cell("code", "y = 2")),
)


def test_the_bundled_layout_puts_the_cursor_last() -> None:
    text = BUNDLED_TOKENS.decode(BUNDLED.layout(PARTS, BUNDLED_TOKENS, 400))
    assert text == (
        "<|endoftext|><|file|>python lab/a.ipynb"
        "<|facts|>df: DataFrame['mass', \"it's\"]\nimport numpy as np\n"
        "<|after|>)\nprint(x)<|code|>y = 2"
        "<|before|><|text|># Title<|code|>x = 1<|output|>1<|code|>df.he"
    )


def test_incoders_layout_is_the_published_one() -> None:
    text = INCODER_TOKENS.decode(INCODER.layout(PARTS, INCODER_TOKENS, 400))
    assert text == (
        "<|endoftext|><| file ext=.ipynb:python filename=a.ipynb |>\n"
        "<text>\n# Title\n</text>\n<cell>\nx = 1\n</cell>\n<cell>\ndf.he"
        "<|mask:0|>)\nprint(x)\n</cell>\n<cell>\ny = 2\n</cell>\n<|mask:1|><|mask:0|>"
    )


def test_incoder_leaves_out_the_second_sentinel_where_nothing_follows() -> None:
    parts = Parts(Header("python", "", "a.py"), before=(Cell("code", "import numpy"),))
    text = INCODER_TOKENS.decode(INCODER.layout(parts, INCODER_TOKENS, 400))
    assert text == "<|endoftext|><| file ext=.py filename=a.py |>\nimport numpy<|mask:0|><|mask:0|>"


@given(before=st.integers(0, 3000), after=st.integers(0, 3000), room=st.integers(0, 2000))
def test_shares_fit_and_waste_nothing(before: int, after: int, room: int) -> None:
    for_before, for_after = share(before, after, room)
    assert for_before <= before
    assert for_after <= after
    assert for_before + for_after == min(before + after, room)
    assert for_before >= min(before, int(room * 0.7))


@given(st.integers(0, 2000), st.integers(0, 900))
def test_the_end_is_kept_within_its_budget(length: int, budget: int) -> None:
    kept = keep_end(range(length), budget)
    assert len(kept) <= budget
    assert kept == list(range(length))[length - len(kept) :]
    if length > budget > STEP:
        assert len(kept) > budget - STEP


def test_typing_rarely_moves_the_first_token() -> None:
    starts = [keep_end(range(length), 600)[0] for length in range(700, 700 + STEP)]
    assert len(set(starts)) == 2


@pytest.mark.parametrize("budget", [128, 200, 400, 1000])
@pytest.mark.parametrize("tokens", [BUNDLED_TOKENS, INCODER_TOKENS])
def test_a_long_document_keeps_its_header_and_the_cursor(tokens: Tokens, budget: int) -> None:
    lines = "\n".join(f"value_{n} = {n}" for n in range(2000))
    parts = Parts(PARTS.header, PARTS.facts, (Cell("code", lines + "\nlast = "),), (Cell("code", lines),))
    ids = tokens.family.layout(parts, tokens, budget)
    text = tokens.decode(ids)
    assert budget - 2 * STEP - 8 < len(ids) <= budget
    assert "python" in text
    assert "last = " in text


def test_special_tokens_in_the_text_are_text() -> None:
    parts = Parts(before=(Cell("code", "s = '<|eom|>'"),))
    assert BUNDLED_TOKENS.special("<|eom|>") not in BUNDLED.layout(parts, BUNDLED_TOKENS, 400)


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        (Fact("np", "module", "numpy"), "import numpy as np"),
        (Fact("math", "module", "math"), "import math"),
        (Fact("fit", "function", "__main__", signature="(x, y=1)"), "def fit(x, y=1)"),
        (Fact("Model", "type", "__main__", signature="(size)"), "class Model(size)"),
        (Fact("n", "int"), "n: int"),
        (Fact("d", "dict", members=("a\nb",)), "d: dict['a\\nb']"),
    ],
)
def test_a_fact_is_one_line(fact: Fact, line: str) -> None:
    assert describe(fact) == line


def test_an_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="supported families: codecompose, incoder"):
        family_of(lambda token: False)
