"""A run that was killed goes on as if nothing had happened, and ends in a checkpoint that serves."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from model_server import tuning
from model_server.engine import Sampling, step_one
from model_server.tokens import Tokens
from model_server.training.batches import Batch
from model_server.training.plan import Plan, Stopped
from model_server.training.trainer import Run, from_corpus, main
from tests.worker.checkpoints import LINES


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus of a few lines."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    script = {"repo": "r", "kind": "script", "language": "python", "text": LINES * 8}
    rows = (json.dumps({**script, "path": f"{number}.py"}) for number in range(4))
    (corpus / "train-00.jsonl").write_text("\n".join(rows))
    return corpus


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A run of a few steps."""
    return Plan(
        tmp_path / "out", steps=4, decay=2, vocabulary=320, layers=2, width=64, sequences=2, length=256, muon_rate=0.01
    )


def weights(run: Path) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = load_file(run / "state.safetensors")
    return tensors


def same(one: Path, other: Path) -> bool:
    """Whether two runs ended in the same state, bit for bit."""
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(tensor, second[name]) for name, tensor in first.items())


@pytest.mark.parametrize("killed_at", [1, 3])
def test_a_killed_run_ends_where_an_unbroken_one_does(plan: Plan, corpus: Path, tmp_path: Path, killed_at: int) -> None:
    from_corpus(plan, corpus)
    broken = replace(plan, out=tmp_path / "broken")
    from_corpus(replace(broken, steps=killed_at, decay=0), corpus)
    with safe_open(broken.out / "state.safetensors", framework="pt") as state:
        assert state.metadata() == {"step": str(killed_at)}
    (broken.out / "state.part").write_bytes(b"cut short by the kill")
    from_corpus(broken, corpus)
    assert same(plan.out, broken.out)


def test_the_record_is_a_log_a_picture_and_tensorboard(plan: Plan, corpus: Path) -> None:
    from_corpus(plan, corpus)
    rows = [json.loads(line) for line in (plan.out / "log.jsonl").read_text().splitlines()]
    assert {"loss", "exact_match", "rate", "tokens_per_second"} <= {name for row in rows for name in row}
    assert (plan.out / "progress.png").read_bytes().startswith(b"\x89PNG")
    assert list((plan.out / "tensorboard").glob("events*"))


def test_two_processes_learn_what_one_does(plan: Plan, corpus: Path, tmp_path: Path) -> None:
    apart = tmp_path / "apart"
    given = ["--corpus", str(corpus), "--out", str(apart), "--steps", "4", "--decay", "2", "--vocabulary", "320"]
    given += ["--layers", "2", "--width", "64", "--sequences", "2", "--length", "256", "--muon-rate", "0.01"]
    launch = [
        sys.executable,
        "-m",
        "accelerate.commands.launch",
        "--cpu",
        "--num_processes",
        "2",
        "--num_machines",
        "1",
    ]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    done = subprocess.run(
        [*launch, "-m", "model_server.training.trainer", *given], capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr[-2000:]
    from_corpus(plan, corpus)
    together = weights(plan.out)
    for name, tensor in weights(apart).items():
        if name.startswith("network."):
            assert torch.allclose(tensor, together[name], atol=2e-3), name


def test_a_run_that_grows_begins_where_the_smaller_one_ended(plan: Plan, corpus: Path) -> None:
    from_corpus(plan, corpus)
    tokens = Tokens.load(plan.out)
    small, grown = Run(plan, tokens), Run(replace(plan, layers=4), tokens)
    small.resume(plan.out)
    grown.resume(plan.out)
    ids = torch.arange(40)[None]
    with torch.inference_mode():
        assert torch.equal(grown.network(ids), small.network(ids))
    with pytest.raises(Stopped, match="give --layers"):
        Run(replace(plan, layers=1), tokens).resume(plan.out)


def test_a_run_with_a_base_begins_with_its_weights_and_its_tokens(plan: Plan, corpus: Path, tmp_path: Path) -> None:
    from_corpus(plan, corpus)
    further = replace(plan, out=tmp_path / "further", base=plan.out, steps=1, adam_rate=0.0, muon_rate=0.0)
    from_corpus(further, corpus)
    assert (further.out / "tokenizer.json").read_bytes() == (plan.out / "tokenizer.json").read_bytes()
    assert (further.out / "model.safetensors").read_bytes() == (plan.out / "model.safetensors").read_bytes()


def test_sequences_longer_than_the_base_can_read_are_refused(plan: Plan, corpus: Path, tmp_path: Path) -> None:
    from_corpus(plan, corpus)
    with pytest.raises(Stopped, match="the base has 256 positions"):
        from_corpus(replace(plan, out=tmp_path / "further", base=plan.out, length=512), corpus)


def test_causal_masking_trains_too(plan: Plan, corpus: Path) -> None:
    from_corpus(replace(plan, objective="cm", layout="incoder"), corpus)
    assert Tokens.load(plan.out).family.name == "incoder"


@pytest.mark.parametrize("lora", [0, 4])
def test_the_result_is_a_checkpoint_that_serves(plan: Plan, corpus: Path, lora: int) -> None:
    out = from_corpus(replace(plan, lora=lora), corpus)
    engine, tokens = tuning.load(out, lambda share: None), Tokens.load(out)
    scores = step_one(engine, engine.new_slot(), tokens.encode("import numpy"))
    assert 0 <= scores.pick(Sampling()) < tokens.size


def test_adapters_alone_are_trained_and_then_added_in(plan: Plan, corpus: Path, tmp_path: Path) -> None:
    from_corpus(plan, corpus)
    adapted = replace(plan, out=tmp_path / "adapted", base=plan.out, lora=4, adam_rate=0.05)
    from_corpus(adapted, corpus)
    before, after = load_file(plan.out / "model.safetensors"), load_file(adapted.out / "model.safetensors")
    assert before.keys() == after.keys()
    changed = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert changed
    assert all(name.endswith(("proj.weight", "fc1.weight", "fc2.weight")) for name in changed)


def test_a_loss_that_is_no_number_stops_the_run(plan: Plan, tokens: Tokens) -> None:
    run = Run(plan, tokens)
    with torch.no_grad():
        next(run.network.parameters()).fill_(float("nan"))
    batch = Batch(np.ones((2, 16), dtype=np.int64), np.ones((2, 16), dtype=np.float32))
    with pytest.raises(Stopped, match="at step 0: go back to a checkpoint"):
        run.learn(batch)


def test_a_full_disk_is_said_and_leaves_the_last_state_whole(plan: Plan, corpus: Path) -> None:
    from_corpus(replace(plan, steps=1, decay=0), corpus)
    before = (plan.out / "state.safetensors").read_bytes()
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000));"
    code += "from model_server.training.trainer import main; sys.exit(main(sys.argv[1:]))"
    given = ["--corpus", str(corpus), "--out", str(plan.out), "--steps", "2", "--decay", "0", "--vocabulary", "320"]
    given += ["--layers", "2", "--width", "64", "--sequences", "2", "--length", "256"]
    done = subprocess.run([sys.executable, "-c", code, *given], capture_output=True, text=True, timeout=100)
    assert done.returncode == 1
    assert "make room there and give the same command" in done.stderr
    assert (plan.out / "state.safetensors").read_bytes() == before
    assert not list(plan.out.glob("*.part"))


def test_causal_masking_asks_for_its_layout(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--corpus", "c", "--out", "o", "--objective", "cm"])
    assert "add --layout incoder" in capsys.readouterr().err


def test_a_corpus_that_is_not_there_or_has_no_code_is_said(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="no train"):
        from_corpus(plan, tmp_path)
    (tmp_path / "train.jsonl").write_text("")
    with pytest.raises(Stopped, match="holds no code: build a corpus"):
        from_corpus(plan, tmp_path)


def test_the_rate_goes_up_along_and_down(plan: Plan) -> None:
    long = replace(plan, steps=1000, decay=200)
    assert long.rate(0) == pytest.approx(1 / long.warm_up)
    assert long.rate(500) == 1.0
    assert long.rate(900) == 0.5
    assert long.rate(1000) == 0.0
