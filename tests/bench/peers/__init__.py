"""The engines that are timed beside ours, with the same weights; each is imported where it is opened."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.plan import Plan

if TYPE_CHECKING:
    from tests.bench.contender import Peer


def opened(name: str, plan: Plan) -> Peer:
    """Convert the plan's checkpoint into an engine's own format and load it there. Raises ModuleNotFoundError."""
    if name == "ours":
        from tests.bench.peers.ours import Ours

        return Ours.load(plan.model, plan.threads)
    if name.startswith("generate."):
        from tests.bench.peers.transformers import Generate

        return Generate(plan.model, name.partition(".")[2], plan.threads)
    with tempfile.TemporaryDirectory() as scratch:
        return converted(name, plan, Path(scratch))


def converted(name: str, plan: Plan, scratch: Path) -> Peer:
    """An engine that reads another format, which is written to `scratch`."""
    from tests.bench.peers.checkpoint import Checkpoint

    checkpoint = Checkpoint.read(plan.model)
    if name == "ctranslate2":
        from tests.bench.peers.ctranslate2 import CTranslate2, write_ctranslate2

        return CTranslate2(write_ctranslate2(checkpoint, scratch / name), plan.threads)
    if name == "onnxruntime":
        from tests.bench.peers.onnxruntime import OnnxRuntime, write_onnx

        return OnnxRuntime(write_onnx(checkpoint, scratch), checkpoint.config, plan.threads)
    if name == "llama.cpp":
        from tests.bench.peers.llama import Llama, write_gguf

        path = write_gguf(checkpoint, scratch / "q8_0.gguf")
        return Llama(path, checkpoint.config.max_position_embeddings, plan.threads)
    raise ValueError(f"no engine is called {name}")
