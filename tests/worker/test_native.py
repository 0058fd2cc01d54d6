"""The engine of our own machine code against the one that multiplies in float32, on the bundled checkpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model_server.engine import BadScores, Branches, Front, Read, Sampling, driven, ids_of, step_one
from model_server.native import PART, SHARED, Native
from model_server.slots import Slots
from model_server.tokens import Tokens
from model_server.weights import BUNDLED_DIRECTORY, BadCheckpoint, checked, read_config, read_weights
from model_server.xglm import XGLM

IDS = torch.randint(10, 8000, (310,), generator=torch.Generator().manual_seed(1)).tolist()
TEXTS = [IDS[start : start + length] for start, length in enumerate((2, 40, 60, 3, 9, 300, 4, 31, 80, 7))]
CLOSE = 0.07
"""int8 against float32, of the largest score."""


@pytest.fixture(scope="module")
def whole() -> XGLM:
    """The exact engine."""
    return XGLM.load(BUNDLED_DIRECTORY, lambda share: None, "float32")


@pytest.fixture(scope="module")
def engine() -> Native:
    """Our own."""
    config = read_config(BUNDLED_DIRECTORY)
    return Native(config, checked(read_weights(BUNDLED_DIRECTORY, lambda share: None), config), 2)


def read(engine: XGLM | Native, texts: list[list[int]]) -> list[torch.Tensor]:
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


@pytest.mark.parametrize("count", [1, 2, 5, len(TEXTS)])
def test_it_reads_as_float32_does(engine: Native, whole: XGLM, count: int) -> None:
    for ours, theirs in zip(read(engine, TEXTS[:count]), read(whole, TEXTS[:count]), strict=True):
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() <= CLOSE * theirs.abs().max()


def test_a_place_may_look_at_all_others_alike(engine: Native, whole: XGLM) -> None:
    """As at the end of a long text of blank lines."""
    break_ = Tokens.load(BUNDLED_DIRECTORY).encode("\n")
    ours, theirs = (
        each.step([Read(each.new_slot(), break_ * 1000, every=True)])[0].table[800:].log_softmax(dim=-1)
        for each in (engine, whole)
    )
    assert (theirs.exp() * (theirs - ours)).sum(dim=-1).mean() < 0.01


@given(cuts=st.lists(st.integers(1, 40), min_size=1, max_size=12), others=st.lists(st.integers(1, 50), max_size=4))
def test_what_a_row_gives_is_the_same_however_it_is_read(engine: Native, cuts: list[int], others: list[int]) -> None:
    """To the last bit: cut anywhere, beside anybody, by one thread or several."""
    ids = IDS[: sum(cuts)]
    expected = engine.step([Read(engine.new_slot(), ids, every=True)])[0].table
    slot, tables = engine.new_slot(), []
    for cut in cuts:
        beside = [Read(engine.new_slot(), IDS[:length]) for length in others]
        part = Read(slot, ids[len(slot.ids) :][:cut], every=True)
        tables.append(engine.step([*beside[:2], part, *beside[2:]])[len(beside[:2])].table)
    assert torch.equal(torch.cat(tables), expected)


def test_other_slots_are_left_alone(engine: Native) -> None:
    slots = [engine.new_slot() for _ in range(4)]
    engine.step([Read(slot, IDS) for slot in slots])
    before = slots[0].memory.copy()
    engine.step([Read(slot, IDS[:3]) for slot in slots[1:]])
    assert (slots[0].memory == before).all()


def test_a_shortened_slot_answers_as_a_fresh_one(engine: Native) -> None:
    used, fresh = engine.new_slot(), engine.new_slot()
    step_one(engine, used, [*IDS[:30], *reversed(IDS[:20])])
    del used.ids[30:]
    again, first = engine.step([Read(used, IDS[30:60])])[0], engine.step([Read(fresh, IDS[:60])])[0]
    assert torch.equal(again.table, first.table)


def test_only_the_last_scores_are_computed_unless_all_are_wanted(engine: Native) -> None:
    slots = [engine.new_slot() for _ in range(3)]
    tables = engine.step([Read(slot, IDS[:5], every=slot is slots[1]) for slot in slots])
    assert [len(scores.table) for scores in tables] == [1, 5, 1]


def test_ways_to_go_on_do_not_see_each_other(engine: Native, whole: XGLM) -> None:
    ways, ends = [IDS[:4], IDS[7:9], [IDS[3]], IDS[: SHARED + PART]], ids_of([5, 6])
    scores = []
    for each in (engine, whole):
        slot = each.new_slot()
        front = Front(slot, step_one(each, slot, IDS[:200]))
        scores.append(driven(front.judge(ways, ends), each))
        alone = driven(front.judge(ways[1:2], ends), each)
        assert alone[0].likelihood == pytest.approx(scores[-1][1].likelihood, rel=0.02)
        assert slot.ids == IDS[:200]
    for ours, theirs in zip(*scores, strict=True):
        assert ours.likelihood == pytest.approx(theirs.likelihood, rel=0.03)
        assert ours.regret == pytest.approx(theirs.regret, rel=0.03)


def test_branches_stand_in_a_step_beside_reads(engine: Native) -> None:
    slot, other = engine.new_slot(), engine.new_slot()
    step_one(engine, slot, IDS[:50])
    branches = Branches(slot, [IDS[:4], IDS[9:12]])
    alone, read = engine.step([branches])[0], engine.step([Read(engine.new_slot(), IDS[:30])])[0]
    both = engine.step([branches, Read(other, IDS[:30])])
    assert torch.equal(both[0].table, alone.table)
    assert torch.equal(both[1].table, read.table)
    assert (slot.ids, other.ids) == (IDS[:50], IDS[:30])


def test_nothing_is_read_where_one_has_no_room(engine: Native) -> None:
    full, other = engine.new_slot(), engine.new_slot()
    step_one(engine, full, (IDS * 12)[: engine.context - 2])
    for read in (Read(full, IDS[:3]), Branches(full, [IDS[:1], IDS[:2]])):
        with pytest.raises(ValueError, match=r"102\d \+ \d tokens do not fit in 1024"):
            engine.step([Read(other, IDS), read])
    assert other.ids == []
    assert len(engine.step([Read(full, IDS[:2], every=True)])[0].table) == 2


def test_slots_are_taken_and_given_back(engine: Native) -> None:
    """Two of one owner hold arrays, which are never to be compared."""
    slots = Slots(engine, 3)
    taken = [slots.take("somebody", IDS[:9]) for _ in range(3)]
    for kept in reversed(taken):
        step_one(engine, kept.slot, IDS[:9])
        slots.release(kept)
    assert slots.take("somebody", IDS[:20]).slot.ids == IDS[:9]


def test_an_unknown_token_is_refused(engine: Native) -> None:
    with pytest.raises(ValueError, match="token 8192 is not among the network's 8192"):
        engine.step([Read(engine.new_slot(), [5, 8192, 7])])


def test_a_head_must_fit_in_blocks() -> None:
    config = replace(read_config(BUNDLED_DIRECTORY), attention_heads=224)
    with pytest.raises(ValueError, match="a width of 2 do not fit"):
        Native(config, read_weights(BUNDLED_DIRECTORY, lambda share: None), 1)


def test_numbers_that_are_none_are_seen() -> None:
    weights = read_weights(BUNDLED_DIRECTORY, lambda share: None)
    weights["model.layers.1.fc1.bias"] = weights["model.layers.1.fc1.bias"] * torch.nan
    broken = Native(read_config(BUNDLED_DIRECTORY), weights, 1)
    with pytest.raises(BadScores):
        step_one(broken, broken.new_slot(), IDS[:5]).pick(Sampling())


def test_a_missing_tensor_is_named() -> None:
    config = read_config(BUNDLED_DIRECTORY)
    weights = checked(read_weights(BUNDLED_DIRECTORY, lambda share: None), config)
    del weights["model.layers.2.fc1.weight"]
    with pytest.raises(BadCheckpoint, match=r"layers\.2\.fc1\.weight"):
        Native(config, weights, 1)
