"""The memory beside a network: what is given, what is not, and that scores are those of reading word by word."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model_server.engine import Branches, FakeEngine, FakeScores, Front, Read, Sampling, driven, ids_of, step_one
from model_server.generation import Done, Piece, alone, generate
from model_server.memory import FILE, Lines, Memory, Weights, beside
from model_server.recall import Candidate, Evidence
from model_server.rerank import best, opinions, preferred, promising
from model_server.slots import Slots
from model_server.tokens import Tokens
from model_server.wire import Cell, CompletionRequest, Header, Parts
from model_server.xglm import XGLM
from tests.worker.serving import fake, ready, sentence, serving

MEMORY = Memory({"python": Lines(["df.groupby(a)", "df.mean()"], [2, 3])}, Weights(regret=1.0, likelihood=0.0))
PARTS = Parts(Header("python"), (), (Cell("code", "df."),))
LINE = CompletionRequest(parts=PARTS, max_tokens=20, stop="\n")


def text(tokens: Tokens, request: CompletionRequest, says: str, memory: Memory | None) -> str:
    slots = Slots(FakeEngine(sentence(tokens, says)), 1)
    steps = list(alone(generate(request, "me", tokens, slots, memory), slots.engine))
    assert isinstance(steps[-1], Done)
    return "".join(step.text for step in steps if isinstance(step, Piece))


def with_bias(bias: float) -> Memory:
    return replace(MEMORY, weights=replace(MEMORY.weights, bias=bias))


def test_the_candidate_that_the_network_finds_likelier_is_given(tokens: Tokens) -> None:
    assert text(tokens, LINE, "groupby(a)", with_bias(20)) == "groupby(a)"
    assert text(tokens, LINE, "mean()", with_bias(20)) == "mean()"


def test_a_strong_prior_stands_before_the_network(tokens: Tokens) -> None:
    assert text(tokens, LINE, "other()", with_bias(1000)) in ("groupby(a)", "mean()")


def test_the_network_writes_where_no_candidate_is_worth_it(tokens: Tokens) -> None:
    assert text(tokens, LINE, "mean(axis=1)", with_bias(-1000)) == "mean(axis=1)"


@pytest.mark.parametrize(
    "asked",
    [
        CompletionRequest(parts=PARTS, max_tokens=20),
        CompletionRequest(parts=PARTS, max_tokens=20, stop="\n", allowed=("std",)),
        CompletionRequest(prompt="df.", max_tokens=20, stop="\n"),
        CompletionRequest(parts=PARTS, max_tokens=1, stop="\n"),
    ],
)
def test_other_requests_are_as_without_a_memory(tokens: Tokens, asked: CompletionRequest) -> None:
    assert text(tokens, asked, "std()", with_bias(1000)) == text(tokens, asked, "std()", None)


def test_no_more_candidates_are_read_than_there_is_room(tokens: Tokens) -> None:
    engine = FakeEngine(sentence(tokens, "x"))
    slot = engine.new_slot()
    front = Front(slot, step_one(engine, slot, [5]))
    assert len(promising(PARTS, tokens, MEMORY, 40, 20)) == 2
    assert promising(PARTS, tokens, MEMORY, 0, 20) == []
    assert driven(preferred([], front, tokens, MEMORY.weights), engine) is None


@given(
    priors=st.lists(st.floats(-3, 3), max_size=5),
    weights=st.builds(Weights, prior=st.floats(0, 2), likelihood=st.floats(-0.1, 1), regret=st.floats(0, 1)),
    says=st.sampled_from(["abc", "bbc", "cab"]),
)
def test_who_is_not_read_could_not_have_won(tokens: Tokens, priors: list[float], weights: Weights, says: str) -> None:
    engine = FakeEngine(tokens.encode(says))
    front = Front(engine.new_slot(), FakeScores([]))
    texts = ["abc", "abd", "bbc", "cab", "x"]
    found = [
        (Candidate(text, Evidence(), prior), tokens.encode(text)) for text, prior in zip(texts, priors, strict=False)
    ]
    everybody = best(driven(opinions(found, front, tokens), engine), weights)
    given = driven(preferred(found, front, tokens, weights), engine)
    assert (given.worth(weights) if given else 0) == (everybody.worth(weights) if everybody else 0)


def test_a_clear_case_reads_one_candidate(tokens: Tokens) -> None:
    found = [
        (Candidate(text, Evidence(), prior), tokens.encode(text)) for text, prior in (("ab", -9), ("cd", 5), ("ef", 1))
    ]
    engine = FakeEngine(tokens.encode("cd"))
    steps = preferred(found, Front(engine.new_slot(), FakeScores([])), tokens, Weights(prior=1.0, bias=0.0))
    read = next(steps)
    assert read.ways == [tokens.encode("cd")]
    with pytest.raises(StopIteration) as end:
        steps.send(engine.step([read])[0])
    assert end.value.value.candidate.text == "cd"


def test_a_score_is_that_of_reading_token_by_token_and_changes_nothing(checkpoint: Path) -> None:
    engine = XGLM.load(checkpoint, lambda share: None, "float32")
    prompt, ways, ends = [5, 9, 7, 30, 12], [[8, 4, 6], [11], [8, 5]], ids_of([2, 3])
    slot = engine.new_slot()
    front = Front(slot, step_one(engine, slot, prompt))
    chosen = front.scores.pick(Sampling())
    scores = driven(front.judge(ways, ends), engine)
    assert slot.ids == prompt
    del slot.ids[-1]
    assert step_one(engine, slot, prompt[-1:]).pick(Sampling()) == chosen
    for way, score in zip(ways, scores, strict=True):
        read = Read(engine.new_slot(), [*prompt, *way], every=True)
        table = engine.step([read])[0].table.log_softmax(dim=-1)[len(prompt) - 1 :]
        taken = [float(table[at, token]) for at, token in enumerate(way)]
        end = float(table[-1, torch.tensor(ends)].logsumexp(dim=0))
        best_ones = [float(row.max()) for row in table]
        assert score.likelihood == pytest.approx(sum(taken) + end, abs=1e-3)
        lost = [one - most for one, most in zip(taken, best_ones[:-1], strict=True)]
        assert score.regret == pytest.approx(sum(lost) + min(end - best_ones[-1], 0), abs=1e-3)


def test_ways_need_room(checkpoint: Path) -> None:
    engine = XGLM.load(checkpoint, lambda share: None, "float32")
    slot = engine.new_slot()
    step_one(engine, slot, [5] * (engine.context - 2))
    with pytest.raises(ValueError, match="do not fit"):
        engine.step([Branches(slot, [[1, 2], [3]])])


def test_a_line_ends_with_a_break_or_an_end_token(tokens: Tokens) -> None:
    (first, *_) = tokens.encode("\n")
    assert first in tokens.line_ends
    assert tokens.ends < set(tokens.line_ends)
    assert not set(tokens.encode("x.y")) & set(tokens.line_ends)


def test_a_served_line_comes_from_memory_and_a_broken_memory_is_said(tokens: Tokens, tmp_path: Path) -> None:
    body = {"parts": {"before": [{"kind": "code", "text": "df."}]}, "stop": "\n"}

    async def served() -> None:
        async with serving(fake(tokens, "mean()"), remember=lambda: with_bias(20)) as worker:
            async with await (await ready(worker)).post(body) as reply:
                choice = (await reply.json())["choices"][0]
            assert (choice["text"], choice["finish_reason"]) == ("mean()", "stop")

    async def broken() -> None:
        (tmp_path / FILE).write_bytes(b"no memory")
        async with serving(fake(tokens, "x"), remember=lambda: beside(tmp_path)) as worker:
            await ready(worker)
            assert worker.loop.health.state == "failed"
            assert FILE in worker.loop.health.message

    asyncio.run(served())
    asyncio.run(broken())
