"""The worker's numbers as Prometheus reads them."""

from __future__ import annotations

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from model_server.engine import FakeEngine
from model_server.tokens import Tokens
from tests.worker.serving import Caller, called, fake, sentence, until


async def numbers(caller: Caller) -> dict[tuple[str, str], float]:
    """All samples, by their name and their outcome."""
    said = await caller.ask("GET", "/metrics")
    assert said.headers["Content-Type"].startswith("text/plain")
    found = (sample for family in text_families(said.body.decode()) for sample in family.samples)
    return {
        (sample.name, sample.labels.get("outcome", "")): sample.value for sample in found if "le" not in sample.labels
    }


def test_requests_tokens_and_slots_are_counted(tokens: Tokens) -> None:
    async def scenario(caller: Caller) -> None:
        for _ in range(2):
            usage = (await caller.complete(prompt="x", editor="e")).json["usage"]
        await caller.complete(prompt="x", max_tokens=0)
        await until(lambda: not caller.loop.in_hand, 5)
        now = await numbers(caller)
        assert now["codecompose_finished_total", ""] == 3
        assert now["codecompose_written_tokens_total", ""] == 2 * usage["completion_tokens"]
        assert now["codecompose_reused_tokens_total", ""] == usage["prompt_tokens"] - 1
        assert now["codecompose_prompt_tokens_total", ""] == 3 * usage["prompt_tokens"]
        assert now["codecompose_ready", ""] == 1
        assert now["codecompose_active_requests", ""] == now["codecompose_waiting_requests", ""] == 0
        assert now["codecompose_slots", ""] == caller.loop.slots_kept
        assert now["codecompose_request_seconds_count", "finished"] == 3
        assert now["codecompose_first_piece_seconds_count", ""] == 2

    called(fake(tokens, "a b c"), scenario)


def test_each_outcome_has_its_own_times(tokens: Tokens) -> None:
    async def scenario(caller: Caller) -> None:
        await caller.complete(prompt="x", max_tokens=500, editor="secret name")
        await until(lambda: not caller.loop.in_hand, 5)
        body = b'{"prompt": "secret text", "max_tokens": 400, "stream": true}'
        answer = await caller.api.answer("POST", "/v1/completions", {}, body)
        await caller.complete(prompt="x")
        await answer.body.aclose()
        now = await numbers(caller)
        times = {
            outcome: value for (name, outcome), value in now.items() if name == "codecompose_request_seconds_count"
        }
        assert times == {"cancelled": 1, "too_many_requests": 1, "context_length_exceeded": 1}
        assert now["codecompose_cancelled_total", ""] == now["codecompose_refused_total", ""] == 1
        assert b"secret" not in (await caller.ask("GET", "/metrics")).body

    engine = FakeEngine(sentence(tokens, " ".join(map(str, range(300)))), context=600, seconds=0.005)
    called(lambda progress: (tokens, engine), scenario, most_jobs=1)


def test_the_format_is_the_one_that_is_asked_for(tokens: Tokens) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.ask("GET", "/metrics", accept="application/openmetrics-text; version=1.0.0")
        assert said.headers["Content-Type"].startswith("application/openmetrics-text")
        families = open_families(said.body.decode())  # type: ignore[no-untyped-call]
        assert "codecompose_requests" in {family.name for family in families}

    called(fake(tokens, "a"), scenario)
