"""Batches: the same whenever they are asked for, and every stretch of the corpus once an epoch."""

from __future__ import annotations

from random import Random

import pytest

from model_server.corpus.documents import Document
from model_server.tokens import Tokens
from model_server.training.batches import PAD, Batches
from model_server.training.lcm import LanguageCausalMasking
from model_server.training.stretches import STRETCH, stretches
from model_server.wire import Cell, Header
from tests.worker.checkpoints import small_tokenizer
from tests.worker.training.test_lcm import NOTEBOOK

TOKENS = Tokens(small_tokenizer())


def batches(documents: list[Document], seed: int = 4) -> Batches:
    objective = LanguageCausalMasking(TOKENS)
    return Batches(documents, objective, length=512, sequences=2, weights={"other": 1.0}, seed=seed)


def test_a_batch_is_the_same_whenever_it_is_asked_for() -> None:
    early, late = batches([NOTEBOOK] * 3).batch(7), batches([NOTEBOOK] * 3).batch(7)
    assert (early.ids == late.ids).all()
    assert (early.weights == late.weights).all()
    assert (early.ids != batches([NOTEBOOK] * 3).batch(8).ids).any()
    assert (early.ids != batches([NOTEBOOK] * 3, seed=5).batch(7).ids).any()


def test_padding_has_no_weight_and_targets_more_than_the_rest() -> None:
    batch = batches([NOTEBOOK] * 3).batch(0)
    assert (batch.weights[batch.ids == PAD] == 0).all()
    ends = batch.ids == TOKENS.special("<|eom|>")
    assert ends.any()
    assert (batch.weights[ends] == batch.weights.max()).all()


def test_documents_without_code_are_refused() -> None:
    words = Document("here", "notebook", Header(), (Cell("markdown", "# words"),))
    with pytest.raises(ValueError, match="no code"):
        batches([words])


def test_an_epoch_has_a_stretch_for_every_piece_of_code_by_its_weight() -> None:
    script = Document("here", "script", Header("python"), (Cell("code", "x = 1\n" * 10_000),))
    whole = stretches([script], {"other": 1.0}, Random(1))
    thin = stretches([script], {"script:python": 0.25}, Random(1))
    assert len(whole) == pytest.approx(60_000 / STRETCH, abs=1)
    assert len(thin) == pytest.approx(len(whole) / 4, abs=1)
    assert sorted(one.near for one in whole) != [one.near for one in whole]
