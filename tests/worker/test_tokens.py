"""Tokenising and its way back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_server.tokens import TextStream, Tokens
from tests.worker.checkpoints import small_tokenizer

TOKENS = Tokens(small_tokenizer())
text = st.text(st.sampled_from("ab \t\n\r.(=é🚀\u200d") | st.characters(exclude_categories=["Cs"]), max_size=60)


@given(text)
def test_line_by_line_is_all_at_once(written: str) -> None:
    assert TOKENS.encode(written) == TOKENS.tokenizer.encode(written, add_special_tokens=False).ids


@given(text)
def test_decoding_gives_the_text_back(written: str) -> None:
    assert TOKENS.decode(TOKENS.encode(written)) == written


@given(text)
def test_a_stream_gives_the_same_text_in_whole_characters(written: str) -> None:
    stream = TextStream(TOKENS)
    pieces = [stream.push(token) for token in TOKENS.encode(written)]
    assert "".join(pieces) == written
    assert all("\ufffd" not in piece for piece in pieces) or "\ufffd" in written


def test_no_token_spans_a_line_end() -> None:
    for token in range(TOKENS.size):
        piece = TOKENS.decode([token])
        assert "\n" not in piece or piece == "\n"


def test_tokens_span_spaces() -> None:
    assert any(" " in TOKENS.decode([token]).strip() for token in range(TOKENS.size))
