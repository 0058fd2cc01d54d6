"""Language causal masking: nothing of a document is lost, and no token crosses the cursor."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.corpus.documents import Document
from model_server.tokens import Tokens
from model_server.training.lcm import CutEncoder, LanguageCausalMasking
from model_server.training.objective import Place
from model_server.wire import Cell, Fact, Header
from tests.worker.checkpoints import LINES, incoder_tokenizer, small_tokenizer

TOKENS = Tokens(small_tokenizer())
OBJECTIVE = LanguageCausalMasking(TOKENS)
NOTEBOOK = Document(
    "here",
    "notebook",
    Header("python", "python3", "a.ipynb"),
    (Cell("markdown", "# Title"), Cell("code", LINES), Cell("output", "3"), Cell("code", LINES + "\n\ndone()")),
)
code = st.text(st.sampled_from("ab =(.,)[]:\n\t é"), min_size=1, max_size=80)


def place(near: int, facts: tuple[Fact, ...] = (), spare: tuple[Fact, ...] = ()) -> Place:
    return Place(NOTEBOOK, 3, near, facts, spare)


@given(code, st.integers(0, 99))
def test_cut_lines_are_still_the_same_text(text: str, seed: int) -> None:
    assert TOKENS.decode(CutEncoder(TOKENS, Random(seed)).encode(text)) == text


cells_of_both_kinds = st.lists(st.tuples(st.sampled_from(["code", "markdown"]), code), max_size=3)


@given(cells_of_both_kinds, cells_of_both_kinds, code, st.data())
def test_decoding_the_parts_gives_the_document_back(
    above: list[tuple[str, str]], below: list[tuple[str, str]], text: str, data: st.DataObject
) -> None:
    cells = [*above, ("code", text), *below]
    doc = Document("r", "notebook", Header("python", "k", "a"), tuple(Cell(kind, text) for kind, text in cells))  # type: ignore[arg-type]
    near = data.draw(st.integers(0, len(text) - 1))
    example = OBJECTIVE.example(Place(doc, len(above), near), 4000, Random(data.draw(st.integers(0, 99))))
    if example is None:
        return
    whole = TOKENS.decode(example.ids)
    rest = whole.rsplit("<|before|>", 1)[1]
    after = whole.split("<|after|>", 1)[1].split("<|before|>", 1)[0]
    ending = next(number for number in range(len(example.ids)) if example.weights[number] > 1)
    target = TOKENS.decode(example.ids[ending:-1])
    before = rest.removesuffix(target + "<|eom|>")
    openers = {"code": "<|code|>", "markdown": "<|text|>"}
    assert before + target + after == "".join(openers[kind] + body for kind, body in cells)


@pytest.mark.parametrize("tokenizer", [small_tokenizer, incoder_tokenizer])
@pytest.mark.parametrize("room", [100, 400, 900])
def test_an_example_fits_and_ends_with_its_end(tokenizer: type, room: int) -> None:
    tokens = Tokens(tokenizer())
    for seed in range(30):
        example = LanguageCausalMasking(tokens).example(place(40), room, Random(seed))
        assert example is not None
        assert len(example.ids) == len(example.weights) <= room
        assert example.ids[-1] == tokens.special(tokens.family.ends[0])


def test_sentinels_are_not_learnt_and_the_target_most_of_all() -> None:
    example = OBJECTIVE.example(place(5), 900, Random(1))
    assert example is not None
    learnt = dict(zip(example.ids, example.weights, strict=True))
    assert learnt[TOKENS.special("<|before|>")] == learnt[TOKENS.special("<|endoftext|>")] == 0
    assert learnt[TOKENS.special("<|eom|>")] == max(example.weights) > 1


def test_facts_are_blurred_but_never_invented_names() -> None:
    facts = (Fact("df", "DataFrame", "", ("mass",)), Fact("n", "int"))
    shown = set()
    for seed in range(40):
        example = OBJECTIVE.example(place(5, facts, (Fact("x", "DataFrame", "", ("far",)),)), 900, Random(seed))
        assert example is not None
        prompt = TOKENS.decode(example.ids)
        shown.add("df: DataFrame['mass']" in prompt)
        assert "x: DataFrame" not in prompt
    assert shown == {True, False}
