"""Documents kept from training: the same ones every time, and never shown."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch

from model_server import tuning
from model_server.corpus.documents import Document
from model_server.training.heldout import HeldOut
from model_server.weights import BUNDLED_DIRECTORY
from model_server.wire import Cell, Header
from tests.worker.checkpoints import LINES

DOCUMENTS = [Document("r", "script", Header("python", "", f"{n}.py"), (Cell("code", LINES),)) for n in range(200)]


def test_what_is_held_out_is_not_shown() -> None:
    aside = HeldOut.of(DOCUMENTS, one_in=10)
    shown = {doc.header.path for doc in aside.shown}
    asked = {case.parts.header.path for case in aside.cases}
    assert asked
    assert not shown & asked
    assert 160 < len(shown) < 195
    assert aside == HeldOut.of(DOCUMENTS, one_in=10)


def test_where_all_would_be_held_out_all_is_shown() -> None:
    aside = HeldOut.of(DOCUMENTS[:2], one_in=1)
    assert (len(aside.shown), aside.cases) == (2, [])


def test_a_checkpoint_is_right_where_it_writes_the_line(checkpoint: Path) -> None:
    aside = HeldOut.of(DOCUMENTS, one_in=20)
    assert 0.0 <= aside.exact_match(checkpoint) < 0.5
    assert HeldOut([], []).exact_match(checkpoint) == 0.0


def test_a_look_leaves_training_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "load", partial(tuning.load, name="native"))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        HeldOut([], []).exact_match(BUNDLED_DIRECTORY)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
