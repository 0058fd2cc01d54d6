"""Guesses: where they come from, and that they never change the text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.engine import Front, Read, step_one
from model_server.generation import write
from model_server.lookup import Lookup
from model_server.tokens import Tokens
from model_server.wire import CompletionRequest
from model_server.xglm import XGLM


def guess(ids: list[int], most: int = 3) -> list[int]:
    return Lookup(ids, most).guess()


def test_a_pair_goes_before_a_single_token() -> None:
    assert guess([1, 2, 3, 9, 2, 5, 1, 2]) == [3, 9, 2]


def test_a_single_token_where_its_pair_is_new() -> None:
    assert guess([1, 2, 7, 8, 2]) == [7, 8, 2]


def test_nothing_where_the_token_is_new() -> None:
    assert guess([1, 2, 3]) == []


def test_none_are_made_where_none_pay() -> None:
    assert guess([1, 1, 1], most=0) == []


@given(st.lists(st.integers(0, 3), max_size=30))
def test_a_guess_stands_in_the_text(ids: list[int]) -> None:
    found = guess(ids)
    assert not found or any(ids[at : at + len(found)] == found for at in range(len(ids)))


@pytest.mark.parametrize("guesses", [1, 4, 8])
def test_guessing_writes_the_same_text_in_fewer_steps(checkpoint: Path, guesses: int) -> None:
    engine, tokens = XGLM.load(checkpoint, lambda share: None, "float32"), Tokens.load(checkpoint)
    expected, plain = written(engine, tokens, 0)
    text, quick = written(engine, tokens, guesses)
    assert text == expected
    assert quick < plain


def written(engine: XGLM, tokens: Tokens, guesses: int) -> tuple[str, int]:
    """What is written after a prompt, and in how many steps."""
    slot, request = engine.new_slot(), CompletionRequest(max_tokens=60)
    front = Front(slot, step_one(engine, slot, [5, 9, 5, 9, 5, 9, 7, 5]))
    steps = write(front, tokens, request, guesses)
    text, reads, step = "", 0, next(steps)
    try:
        while True:
            if isinstance(step, Read):
                reads += 1
                step = steps.send(engine.step([step])[0])
            else:
                text += step.text
                step = next(steps)
    except StopIteration:
        return text, reads
