"""Which of the ways on offer is taken."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from model_server.choice import LINED, MOST_ROWS, chosen, lined
from model_server.engine import FakeEngine, FakeScores, Front, driven
from model_server.memory import Memory, Weights
from model_server.tokens import Tokens

WAYS = ("mean", "head", "plot")


def taken(ways: Sequence[str], says: str, tokens: Tokens, memory: Memory | None, room: int) -> tuple[str, ...]:
    """The way that is taken where an engine says something."""
    engine = FakeEngine(tokens.encode(says))
    slot = engine.new_slot()
    return driven(chosen(ways, Front(slot, FakeScores([])), tokens, memory, room), engine)


@pytest.mark.parametrize("way", WAYS)
def test_a_network_that_is_sure_chooses(tokens: Tokens, way: str) -> None:
    assert taken(WAYS, way, tokens, None, 100) == (way,)


def test_where_its_opinion_is_worth_little_the_order_does(tokens: Tokens) -> None:
    assert taken(WAYS, "plot", tokens, Memory({}, Weights(likelihood=0.0, regret=0.01)), 100) == ("mean",)
    assert taken(WAYS, "plot", tokens, Memory({}, Weights(likelihood=0.3)), 100) == ("plot",)


def test_few_ways_or_little_room_need_no_network(tokens: Tokens) -> None:
    assert taken((), "plot", tokens, None, 100) == ()
    assert taken(("plot",), "plot", tokens, None, 100) == ("plot",)
    assert taken(WAYS, "plot", tokens, None, 0) == ("mean",)
    assert taken(("x" * 400 * MOST_ROWS, "plot"), "plot", tokens, None, 9_999)[0][0] == "x"


def test_a_line_from_memory_begins_as_the_likeliest_ways_do() -> None:
    ways = ["a)\n", "a", "b()\n", "b", "c"]
    assert LINED == 2
    assert lined(ways) == ways[:4]
    assert lined(["a", "b", "c"]) == ["a", "b"]
    assert lined([]) == []
