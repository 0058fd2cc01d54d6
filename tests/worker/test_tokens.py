"""Tokenising and its way back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from model_server.published import CODEGEMMA, CODELLAMA, CODESTRAL, DEEPSEEK, GRANITE, QWEN, STARCODER
from model_server.tokens import LONG_LINE, REMEMBERED_TEXTS, REPLACEMENT, TextStream, Tokens
from model_server.weights import BadCheckpoint
from tests.worker.checkpoints import incoder_tokenizer, published_tokenizer, small_tokenizer

TOKENS = Tokens(small_tokenizer())
INCODER_TOKENS = Tokens(incoder_tokenizer())
BYTE_LEVEL = [TOKENS, INCODER_TOKENS, Tokens(published_tokenizer(QWEN)), Tokens(published_tokenizer(DEEPSEEK))]
SENTENCEPIECE = [Tokens(published_tokenizer(family)) for family in (CODELLAMA, CODEGEMMA, CODESTRAL)]
every = st.sampled_from([*BYTE_LEVEL, *SENTENCEPIECE])
characters = st.characters(exclude_categories=["Cs"], exclude_characters="▁")  # a space to SentencePiece
text = st.text(st.sampled_from("ab \t\n\r.(=é🚀\u200d") | characters, max_size=60)


@given(text)
def test_line_by_line_is_all_at_once(written: str) -> None:
    assert TOKENS.encode(written) == TOKENS.tokenizer.encode(written, add_special_tokens=False).ids


@given(every, text)
def test_decoding_gives_the_text_back(tokens: Tokens, written: str) -> None:
    assert tokens.decode(tokens.encode(written)) == written


@given(every, text)
def test_a_stream_gives_the_same_text_in_whole_characters(tokens: Tokens, written: str) -> None:
    stream = TextStream(tokens)
    pieces = [stream.push(token) for token in tokens.encode(written)]
    assert "".join(pieces) == written.rstrip(REPLACEMENT) or REPLACEMENT in written
    assert all(REPLACEMENT not in piece for piece in pieces) or REPLACEMENT in written


@pytest.mark.parametrize("tokens", [*BYTE_LEVEL, *SENTENCEPIECE])
def test_a_suggestion_keeps_the_space_that_it_begins_with(tokens: Tokens) -> None:
    stream = TextStream(tokens)
    assert "".join(map(stream.push, tokens.encode("  x = 1"))) == "  x = 1"
    assert tokens.decode(tokens.encode(" x")) == " x"
    assert tokens.encode("x")[0] != tokens.encode(" x")[0]


@pytest.mark.parametrize("tokens", [*BYTE_LEVEL, *SENTENCEPIECE])
def test_bytes_that_are_no_character_are_not_waited_for_without_end(tokens: Tokens) -> None:
    (first,) = [token for token in range(tokens.size) if tokens.tokenizer.id_to_token(token) in ("ð", "<0xF0>")]
    stream = TextStream(tokens)
    said = [stream.push(first) for _ in range(40)]
    assert said.count("") > 30
    assert "".join(said)


def test_a_stream_decodes_each_token_once() -> None:
    class Counting(Tokens):
        decoded = 0

        def decode(self, ids: Sequence[int]) -> str:
            self.decoded += len(ids)
            return super().decode(ids)

    tokens = Counting(small_tokenizer())
    ids, stream = tokens.encode("value = other(1)\n" * 200), TextStream(tokens)
    assert "".join(map(stream.push, ids)) == "value = other(1)\n" * 200
    assert tokens.decoded == len(ids)


@pytest.mark.parametrize("tokens", [*BYTE_LEVEL, *SENTENCEPIECE])
def test_line_ends_are_the_ends_and_what_begins_with_a_break(tokens: Tokens) -> None:
    broken = {token for token in range(tokens.size) if tokens.decode([token]).startswith("\n")}
    assert set(tokens.line_ends) == broken | tokens.ends
    assert tokens.encode("\nx")[0] in tokens.line_ends


def test_few_long_lines_are_remembered() -> None:
    tokens = Tokens(small_tokenizer())
    for number in range(REMEMBERED_TEXTS + 40):
        tokens.encode(f"x = {number}\n" + f"{number}" * LONG_LINE)
    assert tokens._line.cache_info().currsize == REMEMBERED_TEXTS + 40
    assert tokens._text.cache_info().currsize == REMEMBERED_TEXTS


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


@given(every, st.text(st.characters() | st.sampled_from("\x00\ud800\udfff"), max_size=20))
def test_nul_and_half_a_surrogate_pair_are_read(tokens: Tokens, written: str) -> None:
    assert "\ud800" not in tokens.decode(tokens.encode(written))


def write(directory: Path, tokenizer: Tokenizer, **files: object) -> Path:
    tokenizer.save(str(directory / "tokenizer.json"))
    for name, content in files.items():
        (directory / f"{name}.json").write_text(json.dumps(content))
    return directory


def test_what_stands_beside_the_tokenizer_tells_the_family(tmp_path: Path) -> None:
    tokenizer = published_tokenizer(STARCODER)
    assert Tokens.load(write(tmp_path, tokenizer)).family is STARCODER
    assert Tokens.load(write(tmp_path, tokenizer, config={"model_type": "llama"})).family is GRANITE


@pytest.mark.parametrize("end", ["<|im_end|>", {"content": "<|im_end|>", "special": True}])
def test_an_instruction_tuned_checkpoint_is_refused(tmp_path: Path, end: object) -> None:
    write(tmp_path, published_tokenizer(QWEN), tokenizer_config={"eos_token": end, "chat_template": "{{ x }}"})
    with pytest.raises(BadCheckpoint, match="instruction-tuned version of a qwen"):
        Tokens.load(tmp_path)
    write(tmp_path, published_tokenizer(QWEN), tokenizer_config={"eos_token": "<|endoftext|>", "chat_template": ""})
    assert Tokens.load(tmp_path).family is QWEN


def test_a_chat_template_of_its_own_file_shows_an_instruction_tuned_model(tmp_path: Path) -> None:
    write(tmp_path, published_tokenizer(CODEGEMMA))
    assert Tokens.load(tmp_path).family is CODEGEMMA
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    with pytest.raises(BadCheckpoint, match="instruction-tuned"):
        Tokens.load(tmp_path)
