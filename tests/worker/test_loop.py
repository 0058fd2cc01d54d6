"""The engine's thread: requests run together, each has one last word, and one that fails fails alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import pytest

from model_server import pulse
from model_server.engine import BadScores, Branches, FakeEngine, FakeScores, FakeSlot, Read
from model_server.generation import Done, Piece, TooLong, prompt_ids
from model_server.job import Full, Late, NotReady, Replaced
from model_server.loop import Loop
from model_server.schedule import ALONE
from model_server.tokens import Tokens
from model_server.wire import CompletionRequest
from tests.worker.serving import sentence, until

TEXT = "df.mean(axis=0)"


@dataclass(frozen=True)
class Watched(FakeEngine):
    """Notes how many ids of each slot every step read; a prompt that holds `poison` cannot be read."""

    steps: list[list[int]] = field(default_factory=list)
    poison: int = -1

    def step(self, reads: Sequence[Read | Branches]) -> list[FakeScores]:
        """See `Engine`."""
        self.steps.append([read.rows for read in reads])
        if any(self.poison in read.ids for read in reads):
            raise RuntimeError("this text would be what somebody typed")
        return super().step(reads)


@asynccontextmanager
async def running(tokens: Tokens, engine: FakeEngine, **options: Any) -> AsyncIterator[Loop]:
    loop = Loop(lambda progress: (tokens, engine), **options)
    loop.start()
    await until(lambda: loop.health.state == "ready", 10)
    try:
        yield loop
    finally:
        await asyncio.to_thread(loop.stop)


def engine(tokens: Tokens, **options: Any) -> Watched:
    return Watched(sentence(tokens, TEXT), **options)


def asking(prompt: str = "x = ", **options: Any) -> CompletionRequest:
    return CompletionRequest(prompt=prompt, **{"max_tokens": 30} | options)


async def text(loop: Loop, request: CompletionRequest, owner: str = "me") -> str:
    pieces = [piece async for piece in loop.ask(request, owner)]
    assert isinstance(pieces[-1], Done)
    return "".join(piece.text for piece in pieces if isinstance(piece, Piece))


async def test_requests_in_hand_are_decoded_together(tokens: Tokens) -> None:
    watched = engine(tokens, seconds=0.02)
    async with running(tokens, watched) as loop:
        texts = await asyncio.gather(*(text(loop, asking(user=str(n)), str(n)) for n in range(6)))
    assert texts == [TEXT] * 6
    assert max(map(len, watched.steps)) == 6
    assert len(watched.steps) < 3 * len(sentence(tokens, TEXT))


async def test_a_long_prompt_is_read_in_parts_while_others_write(tokens: Tokens) -> None:
    watched = engine(tokens, seconds=0.05, context=4096)
    async with running(tokens, watched) as loop:
        writer = asyncio.create_task(text(loop, asking(max_tokens=200), "writer"))
        await until(lambda: len(watched.steps) > 2, 5)
        assert await text(loop, asking("a = 1\n" * 400), "reader") == TEXT
        assert await writer == TEXT
    together = [step for step in watched.steps if len(step) > 1]
    assert together
    assert max(map(sum, together)) <= 66


@pytest.mark.parametrize("more", [-1, 0, 1, 2])
async def test_each_id_of_a_prompt_is_read_once_wherever_it_is_cut(tokens: Tokens, more: int) -> None:
    watched = engine(tokens, context=4096)
    async with running(tokens, watched) as loop:
        asked = asking("x", max_tokens=1)
        while (length := len(prompt_ids(asked, tokens, 4096))) < ALONE + more:
            asked = asking(asked.prompt + "x", max_tokens=1)
        assert length == ALONE + more
        await text(loop, asked)
    assert sum(step[0] for step in watched.steps) == length


async def test_a_failing_request_fails_alone(tokens: Tokens) -> None:
    poison = tokens.encode("🚀")[-1]
    watched = engine(tokens, seconds=0.001, poison=poison)
    async with running(tokens, watched) as loop:
        others = [asyncio.create_task(text(loop, asking(), str(n))) for n in range(3)]
        with pytest.raises(RuntimeError):
            await text(loop, asking("🚀"), "poisoned")
        assert await asyncio.gather(*others) == [TEXT] * 3
        await until(lambda: not loop.in_hand, 5)
        assert (loop.counts.failed, loop.counts.finished) == (1, 3)


async def test_scores_that_are_no_numbers_fail_their_request(tokens: Tokens) -> None:
    class Damaged(FakeScores):
        def pick(self, *_: object) -> int:
            raise BadScores

    class NoNumbers(FakeEngine):
        def step(self, reads: Sequence[Read | Branches]) -> list[FakeScores]:
            return [Damaged(scores.tokens) for scores in super().step(reads)]

    async with running(tokens, NoNumbers(sentence(tokens, TEXT))) as loop:
        with pytest.raises(BadScores):
            await text(loop, asking())
        await until(lambda: not loop.in_hand, 5)


async def test_a_closed_request_frees_its_slot_within_a_step(tokens: Tokens) -> None:
    watched = engine(tokens, seconds=0.05)
    async with running(tokens, watched, most_slots=1) as loop:
        pieces = loop.ask(asking(max_tokens=200), "a")
        await anext(pieces)
        begun = len(watched.steps)
        await pieces.aclose()
        await until(lambda: not loop.in_hand, 5)
        assert len(watched.steps) <= begun + 2
        assert loop.counts.cancelled == 1
        assert await text(loop, asking(), "b") == TEXT


async def test_newest_wins_per_editor(tokens: Tokens) -> None:
    async with running(tokens, engine(tokens, seconds=0.05)) as loop:
        older = asyncio.create_task(text(loop, asking(editor="e"), "e"))
        await until(lambda: bool(loop.active), 5)
        assert await text(loop, asking(editor="e"), "e") == TEXT
        with pytest.raises(Replaced):
            await older


async def test_what_waits_too_long_is_refused(tokens: Tokens) -> None:
    async with running(tokens, engine(tokens, seconds=0.1), most_slots=1, patience=0.5) as loop:
        first = asyncio.create_task(text(loop, asking(), "a"))
        await until(lambda: bool(loop.active), 5)
        with pytest.raises(Late):
            await text(loop, asking(), "b")
        assert await first == TEXT
        assert loop.counts.refused == 1


async def test_nobody_waits_longer_for_a_step_that_takes_longer(tokens: Tokens) -> None:
    async with running(tokens, engine(tokens, seconds=4), most_slots=1, patience=0.1) as loop:
        first = asyncio.create_task(text(loop, asking(max_tokens=1), "a"))
        await until(lambda: bool(loop.active), 5)
        with pytest.raises(Late):
            async with asyncio.timeout(3):
                await text(loop, asking(), "b")
        assert loop.counts.refused == 1
        assert await first
        assert loop.counts.cancelled == 0


@dataclass(frozen=True)
class Failing(FakeEngine):
    """Fails at every step until it is `mended`, and does not end one until it may `go_on`."""

    mended: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)

    def step(self, reads: Sequence[Read | Branches]) -> list[FakeScores]:
        """See `Engine`."""
        self.go_on.wait()
        if not self.mended.is_set():
            raise RuntimeError("an illegal memory access was encountered")
        return super().step(reads)


async def test_an_engine_that_fails_at_every_step_is_no_longer_ready_until_one_succeeds(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "PROBE_SECONDS", 0.02)
    failing = Failing(sentence(tokens, TEXT))
    failing.go_on.set()
    async with running(tokens, failing) as loop:
        for _ in range(pulse.MOST_FAILURES):
            assert loop.health.state == "ready"
            with pytest.raises(RuntimeError, match="illegal"):
                await text(loop, asking())
        assert (loop.health.state, loop.health.context_tokens) == ("failed", failing.context)
        await asyncio.sleep(0.1)
        assert loop.health.state == "failed"
        failing.mended.set()
        await until(lambda: loop.health.state == "ready", 5)
        assert await text(loop, asking()) == TEXT


async def test_an_engine_that_hangs_is_no_longer_ready_and_refuses_at_once(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "HANGS_SECONDS", 0.1)
    hanging = Failing(sentence(tokens, TEXT))
    hanging.mended.set()
    async with running(tokens, hanging) as loop:
        first = asyncio.create_task(text(loop, asking()))
        await until(lambda: loop.health.state == "failed", 5)
        with pytest.raises(NotReady, match="has not ended"):
            await text(loop, asking(), "b")
        hanging.go_on.set()
        assert await first == TEXT
        assert loop.health.state == "ready"


async def test_what_would_wait_too_long_is_refused_at_once(tokens: Tokens) -> None:
    async with running(tokens, engine(tokens, seconds=0.02), most_slots=1, patience=0.5) as loop:
        for _ in range(8):
            await text(loop, asking())
        waiting = [asyncio.create_task(text(loop, asking(), str(n))) for n in range(12)]
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        refused = [end for end in ended if isinstance(end, Full) and not isinstance(end, Late)]
        assert refused
        assert all(full.retry_after >= 1 for full in refused)
        assert TEXT in ended


async def test_a_tenant_with_few_requests_is_not_behind_one_with_many(tokens: Tokens) -> None:
    ended: list[str] = []

    async def one(tenant: str) -> None:
        await text(loop, asking(user=tenant), tenant)
        ended.append(tenant)

    async with running(tokens, engine(tokens, seconds=0.01), most_slots=2, patience=30) as loop:
        many = [asyncio.create_task(one("many")) for _ in range(12)]
        await until(lambda: loop.counts.requests == 12, 5)
        await asyncio.gather(one("few"), *many)
    assert ended.index("few") <= 4


async def test_what_does_not_fit_is_no_failure_of_ours(tokens: Tokens) -> None:
    async with running(tokens, engine(tokens, context=256)) as loop:
        with pytest.raises(TooLong):
            await text(loop, asking(max_tokens=300))
        await until(lambda: not loop.in_hand, 5)
        assert loop.counts.failed == 0


async def test_stopping_lets_what_runs_finish_and_refuses_the_rest(tokens: Tokens) -> None:
    loop = Loop(lambda progress: (tokens, engine(tokens, seconds=0.05)), most_slots=1)
    loop.start()
    await until(lambda: loop.health.state == "ready", 10)
    running_one = asyncio.create_task(text(loop, asking(), "a"))
    await until(lambda: bool(loop.active), 5)
    waiting = asyncio.create_task(text(loop, asking(), "b"))
    await until(lambda: bool(loop.waiting), 5)
    await asyncio.to_thread(loop.stop, 5)
    assert await running_one == TEXT
    with pytest.raises(NotReady, match="stopping"):
        await waiting
    with pytest.raises(NotReady, match="stopping"):
        await text(loop, asking())


async def test_after_its_grace_what_still_runs_hears_of_the_end(tokens: Tokens) -> None:
    loop = Loop(lambda progress: (tokens, engine(tokens, seconds=0.05)))
    loop.start()
    await until(lambda: loop.health.state == "ready", 10)
    long = asyncio.create_task(text(loop, asking(max_tokens=400)))
    await until(lambda: bool(loop.active), 5)
    await asyncio.to_thread(loop.stop, 0)
    with pytest.raises(NotReady, match="stopping"):
        await long


async def test_slots_stay_within_their_bytes(tokens: Tokens) -> None:
    async with running(tokens, engine(tokens), most_slots=3) as loop:
        for n in range(9):
            await text(loop, asking(), str(n))
        assert loop.slots_kept == 3


async def test_guesses_are_read_only_where_one_writes_alone(tokens: Tokens) -> None:
    said = "a.b(c) " * 12
    watched = Watched(sentence(tokens, said), seconds=0.005, guesses=3)
    async with running(tokens, watched) as loop:
        alone = await text(loop, asking(max_tokens=60))
        assert max(max(step) for step in watched.steps[1:]) == 4
        watched.steps.clear()
        both = await asyncio.gather(*(text(loop, asking(max_tokens=60), owner) for owner in "ab"))
    assert both == [alone, alone]
    shared = [step for step in watched.steps if len(step) == 2]
    assert len(shared) > 20
    assert all(step == [1, 1] for step in shared[1:])


async def test_no_more_run_together_than_there_is_memory_for_slots(tokens: Tokens) -> None:
    class Crowded(Watched):
        def new_slot(self) -> FakeSlot:
            if self.steps and max(map(len, self.steps)) == 2:
                raise RuntimeError("out of memory")
            return super().new_slot()

    watched = Crowded(sentence(tokens, TEXT), seconds=0.05)
    async with running(tokens, watched) as loop:
        first = [asyncio.create_task(text(loop, asking(), owner)) for owner in "ab"]
        await until(lambda: bool(watched.steps) and len(watched.steps[-1]) == 2, 5)
        with pytest.raises(RuntimeError, match="out of memory"):
            await text(loop, asking(), "c")
        assert await asyncio.gather(*first, *(text(loop, asking(), owner) for owner in "def")) == [TEXT] * 5
    assert max(map(len, watched.steps)) == 2
