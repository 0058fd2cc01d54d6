"""How much is measured: the whole run's sizes, which a test makes small."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from model_server.weights import BUNDLED_DIRECTORY

PEERS = ("generate.float32", "generate.bfloat16", "ctranslate2", "onnxruntime", "llama.cpp")


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of a run. `prompt` and `written` are tokens; `seconds`, `every` (how often a person asks), `pause` (between
    engines) and `patience` (after which no further round begins) are seconds; `corpus` is a directory of documents, or
    none; `buffer` is bytes that no cache holds."""

    model: Path = BUNDLED_DIRECTORY
    corpus: Path | None = None
    peers: tuple[str, ...] = PEERS
    prompt: int = 512
    typed: int = 3
    written: tuple[int, ...] = (20, 8)
    rounds: int = 15
    requests: int = 10
    passes: int = 3
    seconds: float = 4.0
    every: float = 3.6
    patience: float = 40.0
    pause: float = 0.25
    editors: int = 8
    crowds: tuple[int, ...] = (1, 8, 32, 128)
    sessions: tuple[int, ...] = (50, 200, 500)
    notebooks: int = 40
    buffer: int = 1 << 27
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
