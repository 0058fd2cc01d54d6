"""What the worker's tests share: a tiny checkpoint and a small tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from model_server.loading import loader
from model_server.loop import Load
from model_server.tokens import Tokens
from tests.worker.checkpoints import small_tokenizer, write_checkpoint
from tests.worker.hub import Hub


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


@pytest.fixture
def hub(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub with the tiny checkpoint, among what is no business of ours; its cache on this side is empty."""
    rest = dict.fromkeys(("pytorch_model.bin", "modeling_some.py", "onnx/model.safetensors"), b"never fetched")
    rest |= {"adapter_model.safetensors": b"no", "consolidated.safetensors": b"twice", "LICENSE": b"as you like"}
    with Hub(rest | {path.name: path.read_bytes() for path in checkpoint.iterdir()}).serving() as served:
        template = f"{served.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", served.url)
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        yield served
        huggingface_hub.close_session()
