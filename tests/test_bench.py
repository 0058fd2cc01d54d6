"""The benchmarks' code runs, on a tiny checkpoint and for one round; what they measure is not looked at."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model_server.tokens import Tokens
from model_server.weights import BUNDLED_DIRECTORY
from tests.bench import gpu, recall
from tests.bench.benchmark import Failed, measured
from tests.bench.contender import Contender, LeftOut
from tests.bench.figures import NOT_MEASURED, Figures, interleaved
from tests.bench.page import text
from tests.bench.peers import opened
from tests.bench.plan import PEERS, Plan
from tests.bench.plot import plot
from tests.bench.texts import prompt
from tests.worker.checkpoints import write_checkpoint


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """One round of everything, on a tiny checkpoint."""
    return Plan(
        model=write_checkpoint(tmp_path_factory.mktemp("checkpoint"), context=4096),
        peers=("generate.float32",),
        prompt=96,
        written=(4, 2),
        rounds=1,
        requests=1,
        passes=1,
        seconds=0.1,
        every=0.2,
        pause=0.0,
        editors=2,
        crowds=(1, 2),
        sessions=(4,),
        notebooks=2,
        buffer=1 << 16,
        threads=1,
    )


@pytest.mark.parametrize(
    "name", ["limits", "arithmetic", "guesses", "busy", "editors", "sessions", "stack", "probe", "context"]
)
def test_a_benchmark_measures_all_that_its_page_says(name: str, plan: Plan) -> None:
    benchmark, figures = importlib.import_module(f"tests.bench.{name}"), Figures()
    benchmark.measure(figures, plan)
    assert benchmark.page(figures, plan).startswith("## ")
    assert NOT_MEASURED not in benchmark.page(figures, plan)


def test_the_memory_is_timed_where_there_is_one(plan: Plan) -> None:
    figures = Figures()
    recall.measure(figures, plan)
    assert figures.notes["memory"] == "this model has none"
    recall.measure(figures, replace(plan, model=BUNDLED_DIRECTORY))
    assert NOT_MEASURED not in recall.page(figures, plan)


def test_a_missing_gpu_is_said(plan: Plan) -> None:
    figures = Figures()
    gpu.measure(figures, plan)
    lines = gpu.page(figures, plan).splitlines()
    assert "this machine has no GPU" in lines[2] or torch.cuda.is_available()
    assert all(line.count(NOT_MEASURED) == 1 for line in lines[6:])


def test_engines_take_turns_in_processes_of_their_own(plan: Plan, tmp_path: Path) -> None:
    from tests.bench.suggestion import measure, page

    figures = Figures()
    measure(figures, plan)
    assert figures.values["suggestion.ours.agreement"][0] > 0.9
    assert "suggestion.generate.float32.warm.4_tokens.to_ours" in figures.values
    assert "CTranslate2" not in page(figures, plan)
    plot(figures, plan, tmp_path / "latency.png")
    assert (tmp_path / "latency.png").stat().st_size > 1000


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_is_the_same_network_or_is_left_out(name: str, plan: Plan) -> None:
    ids = prompt(Tokens.load(plan.model), plan.prompt)
    ours = opened("ours", plan)
    try:
        peer = opened(name, plan)
    except ModuleNotFoundError as missing:
        contender = Contender(name, plan)
        with pytest.raises(LeftOut, match=f"{missing.name} is not installed"):
            contender.ready()
        return
    ours.hold([])
    expected = ours.write(ids, 2)
    for held in (0, len(ids) - 3):
        peer.hold(ids[:held])
        assert peer.write(ids[held:], 2) == expected


def test_a_benchmark_that_takes_too_long_is_ended(plan: Plan) -> None:
    with pytest.raises(Failed, match="it took more than 0 s"):
        measured("suggestion", plan, 0.1)


def test_rounds_end_when_time_is_up() -> None:
    taken = interleaved({"one": lambda: 1.0, "other": lambda: 2.0}, 5, 0.0)
    assert taken == {"one": [1.0], "other": [2.0]}


def test_what_was_not_measured_is_said() -> None:
    assert Figures().said("gpu.token.p50_ms") == "not measured"
    assert "Not measured: gpu (it took more than 30 s)." in text([], {"gpu": "it took more than 30 s"}, "a model")
