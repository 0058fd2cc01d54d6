"""Who is served next: fair between tenants, and nobody is starved."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_server.schedule import ALONE, TOGETHER, Want, admitted, rows, shares

needs = st.lists(st.integers(1, 900), min_size=1, max_size=12)


@given(needs, st.integers(1, 300))
def test_shares_use_the_room_and_no_more(wanted: list[int], room: int) -> None:
    given_out = shares(wanted, room)
    assert all(share <= need for share, need in zip(given_out, wanted, strict=True))
    assert sum(given_out) == min(room, sum(wanted))


@given(needs, st.integers(12, 300))
def test_nobody_is_starved_and_little_needs_are_met_first(wanted: list[int], room: int) -> None:
    for share, need in zip(shares(wanted, room), wanted, strict=True):
        assert share >= min(need, room // len(wanted))


def test_a_short_prompt_passes_a_long_one() -> None:
    assert rows([Want("a", 1000), Want("b", 3)], writing=True) == [TOGETHER - 3, 3]


def test_a_tenant_of_many_requests_gets_no_more_than_one_of_few() -> None:
    given_out = rows([Want("many", 500)] * 7 + [Want("few", 500)], writing=True)
    assert given_out[-1] == TOGETHER // 2
    assert sum(given_out) == TOGETHER


def test_where_nobody_writes_a_prompt_is_read_in_larger_parts() -> None:
    assert rows([Want("a", 1000)], writing=False) == [ALONE]


def test_nothing_to_read_is_nothing() -> None:
    assert rows([], writing=True) == []


def test_the_tenant_with_the_fewest_running_begins_first() -> None:
    assert admitted(["a", "a", "b", "a", "c"], ["a", "c"], 3) == [2, 0, 4]


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")), st.integers(0, 9))
def test_as_many_begin_as_there_is_room_for(waiting: list[str], active: list[str], room: int) -> None:
    chosen = admitted(waiting, active, room)
    assert len(chosen) == len(set(chosen)) == min(room, len(waiting))


def test_one_tenants_requests_begin_in_the_order_they_came() -> None:
    assert admitted(["a"] * 5, [], 5) == [0, 1, 2, 3, 4]


def test_what_cannot_be_cut_has_its_turn_one_after_another() -> None:
    large, small = Want("a", 1000, whole=True), Want("b", 20, whole=True)
    assert rows([large, small, Want("c", 9)], writing=True) == [1000, 0, 0]
    assert rows([small, large, small, Want("c", 900)], writing=True) == [20, 0, 20, TOGETHER - 40]
    assert rows([small], writing=False) == [20]
