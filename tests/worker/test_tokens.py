"""Tokenising and its way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from model_server.tokens import TextStream, Tokens
from model_server.weights import BadCheckpoint
from tests.worker.checkpoints import incoder_tokenizer, small_tokenizer

TOKENS = Tokens(small_tokenizer())
INCODER_TOKENS = Tokens(incoder_tokenizer())
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


@given(text)
def test_incoders_text_comes_back_as_it_was(written: str) -> None:
    assert INCODER_TOKENS.decode(INCODER_TOKENS.encode(written)) == written


@pytest.mark.parametrize(
    "written", ["from . import x", "f (a , b) .", "don ' t", " n't", "<|mask:0|>", "<|endoftext|> x"]
)
def test_nothing_is_cleaned_up_or_put_before(written: str) -> None:
    ids = INCODER_TOKENS.encode(written)
    assert INCODER_TOKENS.decode(ids) == written
    assert not INCODER_TOKENS.ends.intersection(ids)


def test_sentinels_listed_as_ordinary_tokens_are_no_text_either() -> None:
    raw = json.loads(incoder_tokenizer().to_str())
    for token in raw["added_tokens"]:
        token["special"] = False
    tokens = Tokens(Tokenizer.from_str(json.dumps(raw)))
    assert not tokens.ends.intersection(tokens.encode("s = '<|mask:0|>' + '<|endofmask|>'"))
    assert tokens.special("<|mask:0|>") == INCODER_TOKENS.special("<|mask:0|>")


def test_a_file_that_cuts_and_pads_is_not_obeyed() -> None:
    tokenizer = incoder_tokenizer()
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=64)
    assert Tokens(tokenizer).encode("a = b + c = d + e") == INCODER_TOKENS.encode("a = b + c = d + e")


@pytest.mark.parametrize(
    ("content", "said"), [(None, "is missing"), ("{", "cannot be read"), ("other", "supported families")]
)
def test_a_wrong_file_is_named(tmp_path: Path, content: str | None, said: str) -> None:
    if content:
        other = Tokenizer.from_str('{"model": {"type": "BPE", "vocab": {}, "merges": []}}').to_str()
        (tmp_path / "tokenizer.json").write_text(other if content == "other" else content)
    with pytest.raises(BadCheckpoint, match=f"tokenizer.json.*{said}"):
        Tokens.load(tmp_path)


def test_a_file_with_merges_as_they_were_written_in_incoders_days() -> None:
    raw = json.loads(incoder_tokenizer().to_str())
    raw["model"]["merges"] = [" ".join(pair) for pair in raw["model"]["merges"]]
    old = Tokens(Tokenizer.from_str(json.dumps(raw)))
    assert old.encode("import numpy as np\n") == INCODER_TOKENS.encode("import numpy as np\n")
