"""Scores against known numbers, and their laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.evaluation.scores import Mark, bootstrap, distance, edit_similarity, figures, mark, percentile, wilson

TEXT = st.text(max_size=30)


@pytest.mark.parametrize(
    ("one", "other", "edits"), [("kitten", "sitting", 3), ("", "abc", 3), ("flaw", "lawn", 2), ("x", "x", 0)]
)
def test_levenshtein(one: str, other: str, edits: int) -> None:
    assert distance(one, other) == edits


@given(TEXT, TEXT)
def test_edit_similarity_is_a_share_and_symmetric(one: str, other: str) -> None:
    similarity = edit_similarity(one, other)
    assert 0 <= similarity <= 1
    assert similarity == edit_similarity(other, one)
    assert (similarity == 1) == (one == other)


@given(TEXT, TEXT, TEXT)
def test_a_detour_is_no_shorter(one: str, between: str, other: str) -> None:
    assert distance(one, other) <= distance(one, between) + distance(between, other)


def test_bleu_is_sacrebleus_for_sentences() -> None:
    """100 for an equal line however short; the second is 4/5, 3/4, 2/3 and 1/2 of the n-grams: 66.87."""
    assert mark("df)", "df)").bleu == pytest.approx(100)
    assert mark("a b c d x", "a b c d e").bleu == pytest.approx(66.87, abs=0.01)
    assert mark("", "df)").bleu == 0
    assert mark("quite different", "df.head()").bleu == 0


def test_white_space_at_the_end_counts_for_nothing() -> None:
    assert mark("df)  ", "df)").exact
    assert not mark(" df)", "df)").exact


def test_wilson_against_known_numbers() -> None:
    half, none, all_ = wilson(50, 100), wilson(0, 10), wilson(10, 10)
    assert (half.low, half.high) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert (none.low, none.high) == pytest.approx((0, 0.2775), abs=1e-4)
    assert (all_.low, all_.high) == pytest.approx((0.7225, 1), abs=1e-4)


def test_the_bootstrap_is_repeatable_and_about_as_wide_as_it_should_be() -> None:
    values = [0.0, 100.0] * 200
    one = bootstrap(values)
    assert one == bootstrap(values)
    assert one.value == 50
    assert one.high - one.low == pytest.approx(2 * 1.96 * 50 / 400**0.5, rel=0.15)


def test_failed_answers_count_as_wrong_ones() -> None:
    found = figures([mark("a", "a"), Mark(False, 0.0, 0.0, failed=True)])
    assert (found.n, found.failed, found.exact_match.value) == (2, 1, 0.5)
    assert found.bleu.value == pytest.approx(50)


def test_pass_at_1_is_there_only_where_programs_ran() -> None:
    assert "pass_at_1" not in figures([mark("a", "a")]).flat()
    ran = figures([mark("a", "a", True), mark("b", "a", False)]).flat()
    assert ran["pass_at_1"] == 0.5
    assert ran["pass_at_1_low"] < 0.5 < ran["pass_at_1_high"]


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.95, 4), (0.25, 1), (0.0, 1)])
def test_percentiles_are_measured_values(share: float, value: float) -> None:
    assert percentile([4, 1, 3, 2], share) == value
