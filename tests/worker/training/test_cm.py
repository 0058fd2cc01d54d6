"""Causal masking: what is moved behind the document can be put back, and only sentinels are not learnt."""

from __future__ import annotations

import re
from itertools import takewhile
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from model_server.corpus.documents import Document
from model_server.families import INCODER
from model_server.tokens import Tokens
from model_server.training.cm import MOST_SPANS, CausalMasking, choose_spans, window
from model_server.training.objective import Example, Place
from model_server.training.tokenizer import train
from model_server.wire import Cell, Header
from tests.worker.checkpoints import LINES

SCRIPT = Document("r", "script", Header("python", "", "a.py"), (Cell("code", LINES),))
TOKENS = Tokens(train([SCRIPT] * 20, 450, INCODER))
OBJECTIVE = CausalMasking(TOKENS)
MASKS = [TOKENS.special(f"<|mask:{number}|>") for number in range(MOST_SPANS)]
END = TOKENS.special("<|endofmask|>")


def restored(example: Example) -> str:
    """The document of an example, its spans back in their places. By tokens: a span may begin inside a character."""
    ids = example.ids[1:]
    moved, first = {}, len(ids) - 1 - ids[::-1].index(MASKS[0])
    for token in (tail := iter(ids[first:])):
        moved[token] = list(takewhile(lambda one: one != END, tail))
    return TOKENS.decode([one for token in ids[:first] for one in moved.get(token, [token])])


def split_header(text: str) -> str:
    """The text without its metadata, wherever that stands."""
    return re.sub(r"<\| file ext=[^|]*\|>\n", "", text)


@given(st.lists(st.text(st.sampled_from("ab =(.,)\n é"), min_size=9, max_size=60), min_size=1, max_size=3), st.data())
def test_decoding_the_parts_gives_the_document_back(cells: list[str], data: st.DataObject) -> None:
    doc = Document("r", "notebook", Header("python", "k", "a.ipynb"), tuple(Cell("code", text) for text in cells))
    at = data.draw(st.integers(0, len(cells) - 1))
    example = OBJECTIVE.example(Place(doc, at, 3), 2000, Random(data.draw(st.integers(0, 999))))
    assert example is not None
    assert split_header(restored(example)) == "".join(f"<cell>\n{text}\n</cell>\n" for text in cells)


def test_a_script_is_its_own_text() -> None:
    examples = (OBJECTIVE.example(Place(SCRIPT, 0, 9), 2000, Random(seed)) for seed in range(20))
    places = {restored(example) for example in examples if example}
    header = "<| file ext=.py filename=a.py |>\n"
    assert places == {header + LINES, LINES + header}


def test_only_sentinels_are_not_learnt() -> None:
    example = OBJECTIVE.example(Place(SCRIPT, 0, 9), 300, Random(2))
    assert example is not None
    assert len(example.ids) == len(example.weights) <= 300
    for token, weight in list(zip(example.ids, example.weights, strict=True))[1:]:
        assert weight == (0.0 if token in MASKS else 1.0)


def test_a_document_of_a_few_tokens_is_left_out() -> None:
    doc = Document("r", "script", Header("python", "", "a.py"), (Cell("code", "x"),))
    assert OBJECTIVE.example(Place(doc, 0, 0), 500, Random(0)) is None


@given(st.integers(2, 500), st.integers(0, 999))
def test_spans_are_in_order_and_apart(length: int, seed: int) -> None:
    spans = choose_spans(length, Random(seed))
    assert spans
    flat = [end for span in spans for end in span]
    assert flat == sorted(set(flat))
    assert flat[0] >= 0
    assert flat[-1] <= length


def test_most_examples_have_one_span() -> None:
    counts = [len(choose_spans(300, Random(seed))) for seed in range(2000)]
    assert 0.54 < counts.count(1) / 2000 < 0.62


@given(st.integers(0, 500), st.integers(1, 100), st.data())
def test_a_window_holds_its_middle(length: int, size: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, length))
    found = window(length, at, size)
    assert found.start <= at <= found.stop
    assert length < size or 0 <= found.start <= found.stop <= length
