"""The training examples: nothing of a document is lost, and no token crosses the cursor."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from model_server.families import BUNDLED
from model_server.tokens import Tokens
from model_server.training.batches import PAD, Batches
from model_server.training.corpus import Document
from model_server.training.objective import CutEncoder, LanguageCausalMasking, choose_cut
from model_server.wire import Cell, Fact, Header
from tests.worker.checkpoints import LINES, small_tokenizer

TOKENS = Tokens(small_tokenizer())
OBJECTIVE = LanguageCausalMasking(TOKENS, BUNDLED)
NOTEBOOK = Document(
    "here",
    "notebook",
    Header("python", "python3", "a.ipynb"),
    (Cell("markdown", "# Title"), Cell("code", LINES), Cell("output", "3"), Cell("code", LINES + "\n\ndone()")),
)
code = st.text(st.sampled_from("ab =(.,)[]:\n\t é"), min_size=1, max_size=80)


@given(code, st.data())
def test_a_cut_gives_the_cell_back_exactly(text: str, data: st.DataObject) -> None:
    near = data.draw(st.integers(0, len(text) - 1))
    cut = choose_cut(text, near, Random(data.draw(st.integers(0, 99))))
    if cut is None:
        assert not text.split("\n")[text.count("\n", 0, near)].strip()
    else:
        assert cut.before + cut.target + cut.after == text
        assert cut.target.strip()


@given(code, st.integers(0, 99))
def test_cut_lines_are_still_the_same_text(text: str, seed: int) -> None:
    assert TOKENS.decode(CutEncoder(TOKENS, Random(seed)).encode(text)) == text


@given(st.integers(0, 99), st.integers(0, len(LINES) - 1))
def test_an_example_holds_the_parts_and_its_target(seed: int, near: int) -> None:
    example = OBJECTIVE.example(NOTEBOOK, 3, near, (), (), 900, Random(seed))
    assert example is not None
    assert len(example.prompt) + len(example.target) <= 900
    assert example.target[-1] == TOKENS.special("<|eom|>")
    prompt, target = TOKENS.decode(example.prompt), TOKENS.decode(example.target[:-1])
    after, before = prompt.partition("<|after|>")[2].split("<|before|>")
    assert (before.rpartition("<|code|>")[2] + target + after) == NOTEBOOK.cells[3].text


def batches() -> Batches:
    return Batches([NOTEBOOK] * 3, TOKENS, length=512, sequences=2, weights={"other": 1.0}, seed=4)


def test_a_batch_is_the_same_whenever_it_is_asked_for() -> None:
    early, late = batches().batch(7), batches().batch(7)
    assert (early.ids == late.ids).all()
    assert (early.weights == late.weights).all()
    assert (early.ids != batches().batch(8).ids).any()


def test_padding_has_no_weight_and_targets_more_than_the_rest() -> None:
    batch = batches().batch(0)
    assert (batch.weights[batch.ids == PAD] == 0).all()
    ends = batch.ids == TOKENS.special("<|eom|>")
    assert ends.any()
    assert (batch.weights[ends] == batch.weights.max()).all()


def test_facts_are_blurred_but_never_invented_names() -> None:
    facts = (Fact("df", "DataFrame", "", ("mass",)), Fact("n", "int"))
    shown = set()
    for seed in range(40):
        example = OBJECTIVE.example(NOTEBOOK, 3, 5, facts, (Fact("x", "DataFrame", "", ("far",)),), 900, Random(seed))
        assert example is not None
        prompt = TOKENS.decode(example.prompt)
        shown.add("df: DataFrame['mass']" in prompt)
        assert "x: DataFrame" not in prompt
    assert shown == {True, False}
