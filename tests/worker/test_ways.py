"""In which ways a suggestion may begin."""

from __future__ import annotations

import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model_server.engine import Sampling, ids_of
from model_server.logits import Logits
from model_server.tokens import Tokens
from model_server.ways import Ways, fits, with_more

NAMES = ["mean", "mean_", "median", "m", "max", "groupby"]


@given(st.lists(st.sampled_from(NAMES), unique=True, min_size=1), st.data())
def test_whatever_is_taken_begins_with_a_way_and_ends_its_word(
    tokens: Tokens, ways: list[str], data: st.DataObject
) -> None:
    walk, taken = Ways(ways, tokens), []
    while len(among := walk.among):
        assert list(among) == sorted(among)
        token = data.draw(st.sampled_from(among.tolist()))
        taken.append(token)
        walk.take(token)
    assert fits(tokens.decode(taken), ways)


def test_no_ways_allow_anything(tokens: Tokens) -> None:
    assert not len(Ways((), tokens).among)


def test_behind_a_ways_end_the_text_is_free(tokens: Tokens) -> None:
    walk = Ways(["a']"], tokens)
    for token in tokens.encode("a']"):
        assert list(walk.among) == [token]
        walk.take(token)
    assert not len(walk.among)


def test_a_word_goes_on_only_along_a_longer_way(tokens: Tokens) -> None:
    walk = Ways(["mean", "mean_of"], tokens)
    for token in tokens.encode("mean"):
        walk.take(token)
    among = walk.among
    assert tokens.encode("(")[0] in among
    assert set(tokens.ends) <= set(among)
    assert tokens.encode("s")[0] not in among


@pytest.mark.parametrize(
    ("text", "allowed", "fit"),
    [
        ("mean()", ["mean"], True),
        ("means()", ["mean"], False),
        ("mean", ["mean"], True),
        ("mean_of()", ["mean", "mean_of"], True),
        ("a'].b", ["a']"], True),
        ("x", ["a']"], False),
        ("x", [], True),
        ("x", [""], False),
        ("a']", ["a']\n"], True),
        ("a'].b", ["a']\n"], False),
    ],
)
def test_what_fits(text: str, allowed: list[str], fit: bool) -> None:
    assert fits(text, allowed) is fit


def test_half_of_a_large_vocabulary_is_gone_through_in_a_moment() -> None:
    half, scores = ids_of(range(0, 150_000, 2)), Logits(torch.randn(2, 150_000), 1)
    began = time.process_time()
    for _ in range(20):
        scores.pick(Sampling(), with_more(half, ids_of([7, 9])))
        scores.judge(scores, [[5]], half)
    assert time.process_time() - began < 0.4
