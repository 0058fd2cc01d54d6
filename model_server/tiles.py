"""Int8 by int8 for sixteen outputs at a time, by the instruction that the processor has for it.

A block of weights holds 16 outputs; of each, 4 inputs stand side by side: `[inputs / 4, 16, 4]`, as unsigned bytes of
which 128 means zero. So a sum over inputs never has to be gathered from lanes, and a weight that is loaded once serves
several rows. The sums are exact: what a row gives does not depend on the rows beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

LANES, DEEP = 16, 4
"""Outputs of a block, and inputs that stand side by side."""
ZERO = 128
MOST = 8
"""Rows that one pass over a block serves at most: so many sums fit in registers."""
DOTTED = ("apple-m", "neoverse-")
"""What the names of Arm's processors that have a dot product begin with: Macs, and clouds' machines."""
BYTE, HALF, WORD, LONG = (ir.IntType(bits) for bits in (8, 16, 32, 64))
SUMS = ir.VectorType(WORD, LANES)
Dot = Callable[[Any, Any, Any, Any], Any]
"""Adds to sums the products of unsigned weights and signed inputs, 4 to a lane: (builder, sums, weights, inputs)."""


def packed(weight: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A weight `[outputs, inputs]` as blocks `[blocks, inputs / 4, 16, 4]` and a scale for each output; both sides
    are filled up with zeros."""
    scales = np.maximum(np.abs(weight).max(axis=1), np.float32(1e-8)) / np.float32(127)
    outputs, inputs = (-(-size // unit) * unit for size, unit in zip(weight.shape, (LANES, DEEP), strict=True))
    filled = np.full((outputs, inputs), ZERO, np.uint8)
    filled[: len(weight), : weight.shape[1]] = np.nan_to_num(np.rint(weight / scales[:, None])) + ZERO
    blocks = filled.reshape(outputs // LANES, LANES, inputs // DEEP, DEEP).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(blocks), np.pad(scales, (0, outputs - len(scales)))


def wide(builder: Any, sums: Any, weights: Any, inputs: Any) -> Any:
    """AVX-512 VNNI: one instruction."""
    return called(builder, "llvm.x86.avx512.vpdpbusd.512", SUMS, sums, weights, inputs)


def narrow(builder: Any, sums: Any, weights: Any, inputs: Any) -> Any:
    """AVX VNNI: one instruction for half of it."""
    half = ir.VectorType(WORD, LANES // 2)
    parts = zip(*(halves(builder, vector) for vector in (sums, weights, inputs)), strict=True)
    return joined(builder, [called(builder, "llvm.x86.avx512.vpdpbusd.256", half, *part) for part in parts])


def pairs(builder: Any, sums: Any, weights: Any, inputs: Any) -> Any:
    """AVX2: even and odd bytes widened to 16 bits, which are multiplied and added in pairs."""
    shorts, half = ir.VectorType(HALF, LANES * 2), ir.VectorType(WORD, LANES // 2)
    eight = ir.Constant(shorts, [8] * LANES * 2)
    w, x = (builder.bitcast(vector, shorts) for vector in (weights, inputs))
    both = (
        (builder.lshr(builder.shl(w, eight), eight), builder.ashr(builder.shl(x, eight), eight)),
        (builder.lshr(w, eight), builder.ashr(x, eight)),
    )
    for w, x in both:
        parts = zip(halves(builder, w), halves(builder, x), strict=True)
        found = joined(builder, [called(builder, "llvm.x86.avx2.pmadd.wd", half, *part) for part in parts])
        sums = builder.add(sums, found)
    return sums


def quarters(builder: Any, sums: Any, weights: Any, inputs: Any) -> Any:
    """Arm's dot product, of signed bytes: what 128 less makes of the weights is put back, 64 twice."""
    part, bytes_ = ir.VectorType(WORD, LANES // 4), ir.VectorType(BYTE, LANES)
    nothing, half = ir.Constant(part, None), ir.Constant(bytes_, [ZERO // 2] * LANES)

    def product(sums: Any, weights: Any, inputs: Any) -> Any:
        given = (builder.bitcast(vector, bytes_) for vector in (weights, inputs))
        return called(builder, "llvm.aarch64.neon.sdot.v4i32.v16i8", part, sums, *given)

    signed = builder.xor(weights, ir.Constant(SUMS, [0x80808080] * LANES))
    found = []
    for total, w, x in zip(*(fourths(builder, vector) for vector in (sums, signed, inputs)), strict=True):
        back = product(nothing, half, x)
        found.append(builder.add(product(total, w, x), builder.add(back, back)))
    return joined(builder, [joined(builder, found[:2]), joined(builder, found[2:])])


def plain(builder: Any, sums: Any, weights: Any, inputs: Any) -> Any:
    """Any processor: byte by byte."""
    top = ir.Constant(SUMS, [24] * LANES)
    for place in range(DEEP):
        up = ir.Constant(SUMS, [24 - 8 * place] * LANES)
        w, x = builder.lshr(builder.shl(weights, up), top), builder.ashr(builder.shl(inputs, up), top)
        sums = builder.add(sums, builder.mul(w, x))
    return sums


def dot(processor: str, features: dict[str, bool]) -> Dot:
    """The best for a processor, by LLVM's name for it and what LLVM finds there; of Arm's, only the name tells."""
    for name, best in (("avx512vnni", wide), ("avxvnni", narrow), ("avx2", pairs)):
        if features.get(name):
            return best
    return quarters if processor.startswith(DOTTED) else plain


def tile(best: Dot, rows: int) -> Any:
    """A function for compiled code: `(weights, inputs, stride, steps, sums)`, pointers to a block, to the first of
    `rows` rows of int8 that begin `stride` bytes apart, and to where the sums `[rows, 16]` go; `steps` of 4 inputs."""

    @intrinsic  # type: ignore[untyped-decorator]
    def summed(_typing: Any, weights: Any, inputs: Any, stride: Any, steps: Any, sums: Any) -> Any:
        takes = (types.CPointer(types.uint8), types.CPointer(types.int8), types.intp, types.intp)
        signature = types.void(*takes, types.CPointer(types.int32))
        return signature, lambda context, builder, _, given: written(context, builder, best, rows, given)

    return summed


def written(context: Any, builder: Any, best: Dot, rows: int, given: Any) -> Any:
    """The code of a tile."""
    weights, inputs, stride, steps, sums = given
    weights, sums = (builder.bitcast(pointer, SUMS.as_pointer()) for pointer in (weights, sums))
    kept = [cgutils.alloca_once_value(builder, ir.Constant(SUMS, None)) for _ in range(rows)]
    with cgutils.for_range(builder, steps, intp=LONG) as loop:
        block = builder.load(builder.gep(weights, [loop.index]), align=1)
        deep = builder.mul(loop.index, ir.Constant(LONG, DEEP))
        for row, place in enumerate(kept):
            at = builder.add(deep, builder.mul(stride, ir.Constant(LONG, row)))
            four = builder.load(builder.bitcast(builder.gep(inputs, [at]), WORD.as_pointer()), align=1)
            builder.store(best(builder, builder.load(place), block, everywhere(builder, four)), place)
    for row, place in enumerate(kept):
        builder.store(builder.load(place), builder.gep(sums, [ir.Constant(LONG, row)]), align=4)
    return context.get_dummy_value()


def everywhere(builder: Any, word: Any) -> Any:
    """A word in each lane."""
    nothing = ir.Constant(SUMS, ir.Undefined)
    first = builder.insert_element(nothing, word, ir.Constant(WORD, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(SUMS, [0] * LANES))


def halves(builder: Any, vector: Any) -> list[Any]:
    """A vector's lower and upper half."""
    size = vector.type.count // 2
    orders = (ir.Constant(ir.VectorType(WORD, size), list(range(at, at + size))) for at in (0, size))
    return [builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), order) for order in orders]


def fourths(builder: Any, vector: Any) -> list[Any]:
    """A vector's parts, in their order."""
    return [part for half in halves(builder, vector) for part in halves(builder, half)]


def joined(builder: Any, parts: list[Any]) -> Any:
    """Two halves in one vector."""
    size = 2 * parts[0].type.count
    return builder.shuffle_vector(*parts, ir.Constant(ir.VectorType(WORD, size), list(range(size))))


def called(builder: Any, name: str, result: Any, *given: Any) -> Any:
    """The result of one of LLVM's own functions."""
    kind = ir.FunctionType(result, [value.type for value in given])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), given)


BEST = dot(binding.get_host_cpu_name(), dict(binding.get_host_cpu_features()))
eight, four, two, one = (tile(BEST, rows) for rows in (MOST, 4, 2, 1))
