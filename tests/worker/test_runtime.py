"""The graph's engine against the one that multiplies in float32, on the bundled checkpoint."""

from __future__ import annotations

import pytest
import torch

from model_server.engine import Read, Sampling, step_one
from model_server.runtime import MOST, WORTH, KVSlot, Runtime
from model_server.slots import Slots
from model_server.weights import BUNDLED_DIRECTORY, BadCheckpoint, checked, read_config, read_weights
from model_server.xglm import XGLM

GREEDY = Sampling()
IDS = torch.randint(10, 8000, (310,), generator=torch.Generator().manual_seed(1)).tolist()
TEXTS = [IDS[start : start + length] for start, length in enumerate((2, 40, 60, 3, 9, 300, 4, 31, 80, 7))]
CLOSE = 0.07
"""int8 against float32, of the largest score."""


@pytest.fixture(scope="module")
def whole() -> XGLM:
    """The exact engine."""
    return XGLM.load(BUNDLED_DIRECTORY, lambda share: None, "float32")


@pytest.fixture(scope="module")
def engine() -> Runtime:
    """The graph's."""
    config = read_config(BUNDLED_DIRECTORY)
    return Runtime(config, checked(read_weights(BUNDLED_DIRECTORY, lambda share: None), config), 2)


def read(engine: XGLM | Runtime, texts: list[list[int]]) -> list[torch.Tensor]:
    """The scores after each id of some texts, read together, and in two parts."""
    slots, tables = [engine.new_slot() for _ in texts], [torch.empty(0, 8192)] * len(texts)
    for part in ([text[: len(text) // 2] for text in texts], [text[len(text) // 2 :] for text in texts]):
        own = [number for number, ids in enumerate(part) if ids]
        for number, scores in zip(
            own, engine.step([Read(slots[number], part[number], every=True) for number in own]), strict=True
        ):
            tables[number] = torch.cat((tables[number], scores.table))
    assert [slot.ids for slot in slots] == texts
    return tables


@pytest.mark.parametrize("count", [1, 2, WORTH, MOST, MOST + 1, len(TEXTS)])
def test_it_reads_as_float32_does(engine: Runtime, whole: XGLM, count: int) -> None:
    for ours, theirs in zip(read(engine, TEXTS[:count]), read(whole, TEXTS[:count]), strict=True):
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() <= CLOSE * theirs.abs().max()


def test_other_slots_are_left_alone(engine: Runtime) -> None:
    slots = [engine.new_slot() for _ in range(WORTH + 1)]
    engine.step([Read(slot, IDS) for slot in slots])
    before = slots[0].cache.copy()
    engine.step([Read(slot, IDS[:3]) for slot in slots[1:]])
    assert (slots[0].cache == before).all()


def test_a_shortened_slot_answers_as_a_fresh_one(engine: Runtime) -> None:
    used, fresh = engine.new_slot(), engine.new_slot()
    step_one(engine, used, [*IDS[:30], *reversed(IDS[:20])])
    del used.ids[30:]
    again, first = engine.step([Read(used, IDS[30:60])])[0], engine.step([Read(fresh, IDS[:60])])[0]
    assert (again.table - first.table).abs().max() <= CLOSE * first.table.abs().max()


def test_only_the_last_scores_are_computed_unless_all_are_wanted(engine: Runtime) -> None:
    slots = [engine.new_slot() for _ in range(WORTH)]
    tables = engine.step([Read(slot, IDS[:5], every=slot is slots[1]) for slot in slots])
    assert [len(scores.table) for scores in tables] == [1, 5, 1]


def test_ways_to_go_on_do_not_see_each_other(engine: Runtime, whole: XGLM) -> None:
    ways, ends = [IDS[:4], IDS[7:9], [IDS[3]]], [5, 6]
    scores = []
    for each in (engine, whole):
        slot = each.new_slot()
        step_one(each, slot, IDS)
        scores.append(slot.score(ways, ends))
        assert slot.score(ways[1:2], ends)[0].likelihood == pytest.approx(scores[-1][1].likelihood, rel=0.02)
        assert slot.ids == IDS
    for ours, theirs in zip(*scores, strict=True):
        assert ours.likelihood == pytest.approx(theirs.likelihood, rel=0.03)
        assert ours.regret == pytest.approx(theirs.regret, rel=0.03)


def test_nothing_is_read_where_one_has_no_room(engine: Runtime) -> None:
    full, other = engine.new_slot(), engine.new_slot()
    step_one(engine, full, (IDS * 12)[: engine.context - 2])
    with pytest.raises(ValueError, match="1022 \\+ 3 tokens do not fit in 1024"):
        engine.step([Read(other, IDS), Read(full, IDS[:3])])
    assert other.ids == []
    with pytest.raises(ValueError, match="do not fit"):
        full.score([IDS[:3]], [1])


def test_an_unread_slot_has_no_opinion(engine: Runtime) -> None:
    with pytest.raises(ValueError, match="nothing was read"):
        engine.new_slot().score([[1]], [2])


def test_slots_that_were_read_together_may_go(engine: Runtime) -> None:
    """What is bound to the graph for several is memory that must not be given back while it is."""
    for _ in range(3):
        slots: list[KVSlot] = [engine.new_slot() for _ in range(WORTH)]
        engine.step([Read(slot, IDS) for slot in slots])
        del slots
    assert step_one(engine, engine.new_slot(), IDS).pick(GREEDY) >= 0


def test_slots_are_taken_and_given_back(engine: Runtime) -> None:
    """Two of one owner hold arrays, which are never to be compared."""
    slots = Slots(engine, 3)
    taken = [slots.take("somebody", IDS[:9]) for _ in range(3)]
    for kept in reversed(taken):
        step_one(engine, kept.slot, IDS[:9])
        slots.release(kept)
    assert slots.take("somebody", IDS[:20]).slot.ids == IDS[:9]


def test_a_missing_tensor_is_named() -> None:
    config = read_config(BUNDLED_DIRECTORY)
    weights = checked(read_weights(BUNDLED_DIRECTORY, lambda share: None), config)
    del weights["model.layers.2.fc1.weight"]
    with pytest.raises(BadCheckpoint, match=r"layers\.2\.fc1\.weight"):
        Runtime(config, weights, 1)
