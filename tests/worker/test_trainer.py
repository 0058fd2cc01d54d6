"""A run that was killed goes on as if nothing had happened, and ends in a checkpoint that serves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from model_server.engine import Sampling
from model_server.tokens import Tokens
from model_server.training import trainer
from model_server.training.batches import Batch
from model_server.training.trainer import Diverged, Plan, Run, train
from model_server.xglm import XGLM
from tests.worker.checkpoints import LINES


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A run of a few steps on a corpus of a few lines."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    script = {"repo": "r", "path": "a.py", "kind": "script", "language": "python", "text": LINES * 8}
    (corpus / "train-00.jsonl").write_text("\n".join(json.dumps(script) for _ in range(4)))
    return Plan(corpus, tmp_path / "out", 4, 2, 320, 2, 1, 256, 0.01, 0.001, seed=1)


def weights(run: Path) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = load_file(run / "state.safetensors")
    return tensors


@pytest.mark.parametrize("killed_at", [1, 3])
def test_a_killed_run_ends_where_an_unbroken_one_does(plan: Plan, tmp_path: Path, killed_at: int) -> None:
    train(replace(plan, out=tmp_path / "whole"))
    broken = replace(plan, out=tmp_path / "broken")
    train(replace(broken, steps=killed_at, decay=0))
    progress = json.loads((broken.out / "progress.json").read_text())
    assert progress["step"] == killed_at
    train(broken)
    whole = weights(tmp_path / "whole")
    for name, tensor in weights(broken.out).items():
        assert torch.equal(tensor, whole[name]), name


def test_a_run_that_grows_begins_where_the_smaller_one_ended(plan: Plan) -> None:
    train(plan)
    tokens = Tokens.load(plan.out)
    small, grown = Run(plan, tokens), Run(replace(plan, layers=4), tokens)
    small.resume(plan.out)
    grown.resume(plan.out)
    ids = torch.arange(40)[None]
    with torch.inference_mode():
        assert torch.equal(grown.network(ids), small.network(ids))
    with pytest.raises(ValueError, match="give --layers"):
        Run(replace(plan, layers=1), tokens).resume(plan.out)


def test_the_result_is_a_checkpoint_that_serves(plan: Plan) -> None:
    out = train(plan)
    engine, tokens = XGLM.load(out, lambda share: None), Tokens.load(out)
    slot = engine.new_slot()
    slot.read(tokens.encode("import numpy"))
    assert 0 <= slot.pick(Sampling()) < tokens.size


def test_a_loss_that_is_no_number_stops_the_run(plan: Plan, tokens: Tokens) -> None:
    run = Run(plan, tokens)
    with torch.no_grad():
        next(run.network.parameters()).fill_(float("nan"))
    batch = Batch(np.ones((1, 16), dtype=np.int64), np.ones((1, 16), dtype=np.float32))
    with pytest.raises(Diverged, match="at step 0: go back to a checkpoint"):
        run.learn(batch)


def test_a_corpus_that_is_not_there_is_said(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no train"):
        train(replace(plan, corpus=tmp_path / "out"))


def test_the_rate_goes_up_along_and_down(plan: Plan) -> None:
    long = replace(plan, steps=1000, decay=200)
    assert long.rate(0) == pytest.approx(1 / trainer.WARM_UP)
    assert long.rate(500) == 1.0
    assert long.rate(900) == 0.5
    assert long.rate(1000) == 0.0
