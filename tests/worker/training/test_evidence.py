"""Fitting the weights: where the cursors stand, what is learnt from choices, and the builder on a small corpus."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
import torch

from model_server.corpus.documents import Document
from model_server.engine import Score
from model_server.memory import Weights, beside
from model_server.recall import Candidate, Evidence
from model_server.rerank import Opinion
from model_server.training.evidence import Choice, Judged, bar, fold, listwise, notebook_cursors
from model_server.training.memory import main
from model_server.wire import Cell, Header
from tests.worker.checkpoints import LINES, write_checkpoint

DOC = Document("here", "notebook", Header("python"), (Cell("markdown", "# hi"), Cell("code", LINES)))


def test_a_cursor_splits_a_cell_and_hides_the_rest_of_its_line() -> None:
    found = notebook_cursors([DOC], 30, Random(3))
    assert found
    for case in found:
        cell = case.parts.before[-1].text + case.target + case.parts.after[0].text
        assert cell == LINES
        assert 4 <= len(case.target) <= 80
        assert "import" not in case.parts.before[-1].text.split("\n")[-1] + case.target


def test_scripts_and_other_languages_have_no_notebook_cursors() -> None:
    script = Document("here", "script", Header("python"), DOC.cells)
    other = Document("here", "notebook", Header("r"), DOC.cells)
    assert notebook_cursors([script, other], 30, Random(3)) == []


def test_a_repository_is_in_one_fold() -> None:
    assert {fold("owner/name") for _ in range(3)} == {fold("owner/name")}
    assert {fold(f"owner/{number}") for number in range(50)} == {0, 1, 2, 3}


def test_what_marks_the_right_one_is_learnt() -> None:
    choices = [Choice(torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]), 1)] * 20
    weights, _ = listwise([*choices, Choice(torch.tensor([[0.0, 1.0]]), -1)], torch.zeros(2))
    assert weights[0] > 1 > 0 > weights[1]


def judged(prior: float, text: str, written: str) -> Judged:
    return Judged([Opinion(Candidate(text, Evidence(), prior), [1], Score(0, 0))], written, "right")


def test_the_bar_stands_where_the_most_are_matched() -> None:
    cases = [judged(5, "right", "no"), judged(4, "right", "no"), judged(3, "no", "right"), judged(2, "no", "right")]
    assert bar(cases, Weights()) == pytest.approx(-4)
    assert bar(cases[2:], Weights()) < -1e6


@pytest.mark.parametrize("unseen", [True, False])
def test_the_builder_writes_a_memory_beside_a_checkpoint(tmp_path: Path, unseen: bool) -> None:
    corpus, model = tmp_path / "corpus", write_checkpoint(tmp_path / "model")
    corpus.mkdir()
    raw = {"kind": "notebook", "language": "python", "kernelspec": {"name": "python3"}, "path": "a.ipynb"}
    cells = {"cells": [{"type": "code", "source": LINES}]}
    rows = [json.dumps({**raw, **cells, "repo": f"owner/{number}"}) for number in range(8)]
    (corpus / "train-00.jsonl").write_text("\n".join(rows) + "\n")
    main(["--corpus", str(corpus), "--model", str(model), "--cases", "8", *(["--unseen", str(corpus)] * unseen)])
    memory = beside(model)
    assert memory is not None
    assert memory.of("python").count("import numpy as np") == 8
