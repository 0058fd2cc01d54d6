"""Which of the ways on offer is taken."""

from __future__ import annotations

import pytest

from model_server.choice import MOST_ROWS, chosen
from model_server.engine import FakeSlot
from model_server.memory import Memory, Weights
from model_server.tokens import Tokens

WAYS = ("mean", "head", "plot")


@pytest.mark.parametrize("way", WAYS)
def test_a_network_that_is_sure_chooses(tokens: Tokens, way: str) -> None:
    assert chosen(WAYS, FakeSlot(tokens.encode(way)), tokens, None, 100) == (way,)


def test_where_its_opinion_is_worth_little_the_order_does(tokens: Tokens) -> None:
    slot = FakeSlot(tokens.encode("plot"))
    assert chosen(WAYS, slot, tokens, Memory({}, Weights(likelihood=0.0, regret=0.01)), 100) == ("mean",)
    assert chosen(WAYS, slot, tokens, Memory({}, Weights(likelihood=0.3)), 100) == ("plot",)


def test_few_ways_or_little_room_need_no_network(tokens: Tokens) -> None:
    slot = FakeSlot(tokens.encode("plot"))
    assert chosen((), slot, tokens, None, 100) == ()
    assert chosen(("plot",), slot, tokens, None, 100) == ("plot",)
    assert chosen(WAYS, slot, tokens, None, 0) == ("mean",)
    assert chosen(("x" * 400 * MOST_ROWS, "plot"), slot, tokens, None, 9_999)[0][0] == "x"
