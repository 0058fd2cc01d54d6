"""What the worker's tests share: a tiny checkpoint and a small tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_server.__main__ import loader
from model_server.loop import Load
from model_server.tokens import Tokens
from tests.worker.checkpoints import small_tokenizer, write_checkpoint


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint of the bundled family."""
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    """A small tokenizer of the bundled family."""
    return Tokens(small_tokenizer())


@pytest.fixture
def load(checkpoint: Path) -> Load:
    """Loads the tiny checkpoint."""
    return loader(str(checkpoint))
