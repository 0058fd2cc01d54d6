"""The ways to multiply, their timing, and the file that keeps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from model_server import arithmetic, timings
from model_server.arithmetic import Timing, candidates, linear

WEIGHTS = [torch.randn(96, 64), torch.randn(64, 96)]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the file, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "jupyter-codecompose" / timings.FILE


def counting(calls: list[int]) -> Callable[[], list[Timing]]:
    """A measurement that notes that it was made."""

    def measure() -> list[Timing]:
        calls.append(1)
        return [Timing("float32", 3.0, 2.0, 1.0), Timing("int8", 1.0, 0.6, 0.5)]

    return measure


@pytest.mark.parametrize("rows", [1, 5, 15, 16, 40])
@pytest.mark.parametrize("way", candidates(WEIGHTS))
def test_every_way_is_nearly_the_product(way: arithmetic.Name, rows: int) -> None:
    tolerance = {"float32": 1e-5, "bfloat16": 0.02, "int8": 0.03, "mixed": 0.03}[way]
    weight, bias = WEIGHTS[0], torch.randn(96)
    x = torch.randn(rows, 64)
    given = x.to(arithmetic.dtype_of(way))
    expected = x @ weight.T + bias
    assert (linear(way, weight, bias)(given).float() - expected).abs().max() <= tolerance * expected.abs().max()


def test_large_weights_are_not_kept_twice() -> None:
    assert "mixed" not in candidates([torch.empty(4096, 4096)])
    assert ("mixed" in candidates(WEIGHTS)) is torch.ops.mkldnn._is_mkldnn_bf16_supported()


def test_the_second_start_does_not_time(cache: Path) -> None:
    calls: list[int] = []
    first = timings.recalled(WEIGHTS, counting(calls))
    assert timings.recalled(WEIGHTS, counting(calls)) == first
    assert len(calls) == 1
    assert cache.is_file()


def test_other_shapes_are_timed_too() -> None:
    calls: list[int] = []
    for weights in (WEIGHTS, WEIGHTS[:1], WEIGHTS):
        timings.recalled(weights, counting(calls))
    assert len(calls) == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}', b"\xff"])
def test_a_damaged_file_is_written_anew(cache: Path, content: bytes) -> None:
    cache.parent.mkdir()
    cache.write_bytes(content)
    calls: list[int] = []
    for _ in range(2):
        timings.recalled(WEIGHTS, counting(calls))
    assert len(calls) == 1


def test_where_nothing_can_be_written_only_the_timing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    below_a_file = tmp_path / "file" / "timings.json"
    timings.write(below_a_file, {})
    assert timings.read(below_a_file) == {}


def test_a_full_disk_leaves_what_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "timings.json"
    timings.write(path, {"a": []})
    path.with_suffix(".new").symlink_to("/dev/full")
    timings.write(path, {"b": []})
    assert timings.read(path) == {"a": []}
