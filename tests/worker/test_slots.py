"""Which slot a request gets, and that a kept one answers as a fresh one would."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.engine import FakeEngine, FakeSlot
from model_server.generation import Done, Piece, alone, generate
from model_server.slots import Slots, common
from model_server.tokens import Tokens
from model_server.wire import Cell, CompletionRequest, Parts
from model_server.xglm import XGLM


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_common_is_the_longest_shared_beginning(left: list[int], right: list[int]) -> None:
    shared = common(left, right)
    assert left[:shared] == right[:shared]
    assert left[shared : shared + 1] != right[shared : shared + 1] or shared == min(len(left), len(right))


def fresh(most: int = 2) -> Slots:
    return Slots(FakeEngine([5]), most)


def test_the_same_editor_gets_its_slot_back() -> None:
    slots = fresh()
    first = slots.take("a", [1, 2, 3])
    first.slot.ids.extend([1, 2, 3])
    slots.release(first)
    again = slots.take("a", [1, 2, 9])
    assert again is first
    assert again.slot.ids == [1, 2]


def test_the_last_id_is_always_read_again() -> None:
    slots = fresh()
    kept = slots.take("a", [1, 2, 3])
    kept.slot.ids.extend([1, 2, 3])
    slots.release(kept)
    assert slots.take("a", [1, 2, 3]).slot.ids == [1, 2]


def test_another_owner_never_gets_what_was_read() -> None:
    slots = fresh(most=1)
    first = slots.take("a", [1, 2, 3])
    first.slot.ids.extend([1, 2, 3])
    slots.release(first)
    assert slots.take("b", [1, 2, 3]).slot.ids == []


def test_the_least_recently_used_goes_first() -> None:
    slots = fresh(most=2)
    for owner in ("a", "b", "a", "c"):
        kept = slots.take(owner, [1])
        kept.slot.ids.append(1)
        slots.release(kept)
    assert [kept.owner for kept in slots.kept] == ["a", "c"]


def test_a_busy_slot_is_left_alone() -> None:
    slots = fresh(most=1)
    busy = slots.take("a", [1])
    busy.slot.ids.append(1)
    assert slots.take("b", [1]) is not busy
    assert busy.slot.ids == [1]


@dataclass(frozen=True)
class Crowded(FakeEngine):
    """An engine on a machine with memory for two slots."""

    made: list[FakeSlot] = field(default_factory=list)

    def new_slot(self) -> FakeSlot:
        """See `Engine`."""
        if len(self.made) == 2:
            raise RuntimeError("out of memory")
        self.made.append(super().new_slot())
        return self.made[-1]


def test_without_memory_for_another_slot_an_idle_one_serves() -> None:
    slots = Slots(Crowded([5]), 8)
    for owner in "abcd":
        kept = slots.take(owner, [1, 2])
        assert (kept.owner, kept.slot.ids) == (owner, [])
        kept.slot.ids.extend([1, 2])
        slots.release(kept)
    assert (len(slots.kept), slots.most) == (2, 2)
    assert slots.take("d", [1, 2, 3]).slot.ids == [1, 2]


def test_without_memory_for_another_slot_and_none_idle_the_rest_is_told_to_wait() -> None:
    slots = Slots(Crowded([5]), 8)
    taken = [slots.take(owner, [1]) for owner in "ab"]
    with pytest.raises(RuntimeError, match="out of memory"):
        slots.take("c", [1])
    assert slots.most == 2
    slots.release(taken[0])
    assert slots.take("c", [1]) is taken[0]


def edited(text: str, random: Random) -> str:
    """The text after one edit: a key, a deletion, or a paste somewhere."""
    at = random.randrange(len(text) + 1)
    match random.randrange(4):
        case 0:
            return text + random.choice("abc (=\n.")
        case 1:
            return text[:-1] if text else text
        case 2:
            return text[:at] + random.choice(["x = 1\n", "df.", "\n", "é"]) + text[at:]
        case _:
            return text[:at] + text[at + random.randrange(4) :]


def written(prompt: str, tokens: Tokens, slots: Slots) -> tuple[str, int]:
    """The text of a request, and how many tokens were kept."""
    request = CompletionRequest(parts=Parts(before=(Cell("code", prompt),)), max_tokens=6)
    steps = list(alone(generate(request, "editor", tokens, slots), slots.engine))
    done = steps[-1]
    assert isinstance(done, Done)
    text = "".join(step.text for step in steps if isinstance(step, Piece))
    return text, done.usage.prompt_tokens_details.cached_tokens


def test_kept_equals_cold_over_1000_random_edits(checkpoint: Path) -> None:
    engine, own = XGLM.load(checkpoint, lambda share: None, "float32"), Tokens.load(checkpoint)
    slots, random = Slots(engine, 2), Random(11)
    text, reused = "import numpy as np\n" * 4, 0
    for _ in range(1000):
        text = edited(text, random)[-400:]
        kept, cached = written(text, own, slots)
        cold, _ = written(text, own, Slots(engine, 1))
        assert kept == cold
        reused += cached
    assert reused > 20_000


class Growing(FakeSlot):
    """A slot whose size is what it holds."""

    @property
    def size(self) -> int:
        """A byte for each id."""
        return len(self.ids)

    @size.setter
    def size(self, value: int) -> None:
        """A fake slot's size is set once, to nothing."""


class GrowingEngine(FakeEngine):
    """An engine of such slots."""

    def new_slot(self) -> Growing:
        """See `Engine`."""
        return Growing(self.sentence)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 60)), max_size=30))
def test_slots_stay_within_their_bytes(requests: list[tuple[str, int]]) -> None:
    slots = Slots(GrowingEngine([5]), 3, most_bytes=100)
    for owner, length in requests:
        kept = slots.take(owner, range(length))
        kept.slot.ids.extend(range(len(kept.slot.ids), length))
        slots.release(kept)
        assert slots.size <= 100
        assert len(slots.kept) <= 3
