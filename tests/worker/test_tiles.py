"""Sums of int8 by int8, by each instruction that this processor has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from llvmlite import binding, ir
from numba import njit

from model_server import tiles
from model_server.tiles import DEEP, LANES, MOST, WORD, Dot, dot, narrow, packed, pairs, plain, quarters, tile, wide

HERE = dict(binding.get_host_cpu_features())
KNOWN = {"avx512vnni": wide, "avx512vl": narrow, "avx2": pairs, "": plain}
BEST = [best for feature, best in KNOWN.items() if not feature or HERE.get(feature)]
RANDOM = np.random.default_rng(0)


def summed(best: Dot, rows: int) -> Any:
    """A tile that Python can call."""
    code = tile(best, rows)

    @njit  # type: ignore[untyped-decorator]
    def run(blocks: Any, inputs: Any, sums: Any) -> None:
        for block in range(len(blocks)):
            code(blocks[block:].ctypes, inputs.ctypes, inputs.shape[1], blocks.shape[1], sums[block:].ctypes)

    return run


@pytest.mark.parametrize("best", BEST)
@pytest.mark.parametrize("rows", [1, MOST])
def test_sums_are_exact_at_the_extremes(best: Dot, rows: int) -> None:
    """The largest weights by the largest inputs would overflow 16 bits."""
    weights = RANDOM.choice([-127, -1, 0, 3, 127], (37, 150)).astype(np.float32)
    weights[:, 0] = 127  # so that a scale is 1
    inputs = RANDOM.choice([-127, -64, 0, 5, 127], (rows, 152)).astype(np.int8)
    inputs[:, 150:] = 0
    blocks, scales = packed(weights)
    sums = np.zeros((len(blocks), rows, LANES), np.int32)
    summed(best, rows)(blocks, inputs, sums)
    found = sums.transpose(1, 0, 2).reshape(rows, -1) - 128 * inputs.sum(axis=1, dtype=np.int32)[:, None]
    assert (scales[:37] == 1).all()
    assert (found[:, :37] == inputs[:, :150].astype(np.int32) @ weights.T.astype(np.int32)).all()
    assert (found[:, 37:] == 0).all()


def spelled(builder: Any, name: str, result: Any, sums: Any, *given: Any) -> Any:
    """Arm's instruction in those that every processor has."""
    assert name == "llvm.aarch64.neon.sdot.v4i32.v16i8"
    weights, inputs = (builder.bitcast(vector, result) for vector in given)
    count = result.count
    for place in range(DEEP):
        up, top = (ir.Constant(result, [bits] * count) for bits in (24 - 8 * place, 24))
        product = builder.mul(*(builder.ashr(builder.shl(vector, up), top) for vector in (weights, inputs)))
        sums = builder.add(sums, product)
    assert result == ir.VectorType(WORD, LANES // 4)
    return sums


@pytest.mark.parametrize("rows", [1, MOST])
def test_arms_sums_are_exact_too(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(tiles, "called", spelled)
    test_sums_are_exact_at_the_extremes(quarters, rows)


def test_a_processor_gets_its_best() -> None:
    assert dot("znver4", {"avx512vnni": True, "avx2": True}) is wide
    assert dot("meteorlake", {"avxvnni": True, "avx2": True}) is narrow
    assert dot("haswell", {"avx2": True, "avx512vnni": False}) is pairs
    assert dot("apple-m1", {}) is dot("neoverse-n1", {"neon": True}) is quarters
    assert dot("cortex-a72", {"neon": True}) is plain


def test_weights_are_packed_within_half_a_level() -> None:
    weights = RANDOM.normal(size=(20, 10)).astype(np.float32)
    weights[3] = 0
    blocks, scales = packed(weights)
    assert blocks.shape == (2, 3, 16, 4)
    back = (blocks.astype(np.float32) - 128).transpose(0, 2, 1, 3).reshape(32, 12) * scales[:, None]
    assert (np.abs(back[:20, :10] - weights) <= scales[:20, None] * 0.501).all()
    assert (back[20:] == 0).all()
    assert (back[:, 10:] == 0).all()
