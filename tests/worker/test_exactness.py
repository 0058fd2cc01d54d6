"""What the quicker ways to multiply cost in right lines: the bundled network on this project's own sources.

A line is written exactly as it stands if, read along with it, the network finds each of its tokens and the line's end
likeliest. So one reading of a file tries all its lines.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from model_server import arithmetic, tuning
from model_server.engine import Read
from model_server.families import BUNDLED
from model_server.tokens import Tokens
from model_server.weights import BUNDLED_DIRECTORY
from model_server.wire import Cell, Header, Parts

SOURCES = sorted(Path(__file__).parents[2].joinpath("model_server").rglob("*.py"))[::4]
MOST_LOST = 0.005


@cache
def texts() -> tuple[list[int], ...]:
    """The files as the model reads them, each as much of it as fits."""
    tokens = Tokens.load(BUNDLED_DIRECTORY)
    parts = [Parts(Header("python", "", path.name), (), (Cell("code", path.read_text()[:3500]),)) for path in SOURCES]
    return tuple(BUNDLED.layout(part, tokens, 1000) for part in parts)


@cache
def right(way: arithmetic.Name) -> tuple[int, int, int]:
    """The lines that are written as they stand, all lines, and the right tokens."""
    engine, tokens = tuning.load(BUNDLED_DIRECTORY, lambda share: None, way), Tokens.load(BUNDLED_DIRECTORY)
    exact = lines = hits = 0
    for ids in texts():
        likeliest = engine.step([Read(engine.new_slot(), ids, every=True)])[0].likeliest()
        same = torch.tensor(likeliest[:-1]) == torch.tensor(ids[1:])
        begins = [at for at, token in enumerate(ids) if token in tokens.line_ends]
        spans = [(first, last) for first, last in pairwise(begins) if last > first + 1]
        lines += len(spans)
        exact += sum(
            bool(same[first : last - 1].all()) and likeliest[last - 1] in tokens.line_ends for first, last in spans
        )
        hits += int(same.sum())
    return exact, lines, hits


@pytest.mark.parametrize("way", [*arithmetic.candidates([torch.empty(1)])[1:], "native"])
def test_hardly_a_line_is_lost(way: arithmetic.Name) -> None:
    exact, lines, hits = right("float32")
    assert lines > 1000, "too few lines to show anything"
    assert exact > 10
    assert right(way)[0] >= exact - MOST_LOST * lines
    assert right(way)[2] >= hits * (1 - 2 * MOST_LOST)
