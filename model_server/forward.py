"""XGLM's whole pass over some rows as one compiled function, for a processor: int8 weights, int8 keys and values.

Each row is quantised with a scale of its own, and so are its keys and its values, head by head. So what a row gives
depends on what it looks at alone: not on the rows beside it, nor on how a prompt was cut. Rows are worked off in parts;
several threads may share them, and a part waits, layer by layer, for the one before it where it looks at its rows.
Source of the arithmetic: transformers' `modeling_xglm.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import carray, njit, types
from numba.extending import intrinsic, register_jitable
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import NDArray

from model_server.tiles import DEEP, LANES, MOST, ZERO, eight, four, one, two

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

HOW: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "nsz", "arcp", "reassoc"},
}
Code = TypeVar("Code", bound=Callable[..., Any])


def compiled(function: Code) -> Code:
    """A function that only compiled code calls."""
    ready: Code = njit(**HOW, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return ready


def kept(function: Code) -> Code:
    """Compiled when it is first called, which takes seconds, and kept on disk, where there is a place for that."""
    ready: Code
    try:
        ready = njit(**HOW, cache=True)(function)
    except RuntimeError:
        ready = njit(**HOW)(function)
    return ready


ONE, HALF, NEVER = np.float32(1), np.float32(0.5), np.float32(-1e30)
LEVELS, BYTE, SMALLEST = np.float32(127), np.float32(256), np.float32(1e-30)
LOG2E, LOWEST, ROOT_HALF = np.float32(np.log2(np.e)), np.float32(-125), np.float32(0.5**0.5)
EXP2 = tuple(Chebyshev.interpolate(np.exp2, 6, domain=[-1, 0]).convert(kind=Polynomial).coef.astype(np.float32))
ERF = tuple(map(np.float32, (0.3275911, 0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)))
"""Abramowitz and Stegun, 7.1.26: within 1.5e-7."""
EPSILON = np.float32(1e-5)
FEW = 4
"""Rows that look at one slot together."""


class Matrix(NamedTuple):
    """Weights of each layer: blocks `[layers, outputs / 16, inputs / 4, 16, 4]`, and for each output a scale and a
    bias `[layers, outputs]`."""

    blocks: Bytes
    scales: Floats
    bias: Floats


class Norm(NamedTuple):
    """A layer norm's numbers, `[layers, width]`."""

    weight: Floats
    bias: Floats


class Network(NamedTuple):
    """A checkpoint. `embedding [vocabulary, width]`, `positions [context, width]`."""

    heads: int
    embedding: Floats
    positions: Floats
    attention_norm: Norm
    qkv: Matrix
    out: Matrix
    norm: Norm
    up: Matrix
    down: Matrix
    last_norm: Norm
    head: Matrix


class Rows(NamedTuple):
    """What is read, row by row: its id and position; the place in its slot where its keys and values go; and what it
    looks at: the first `shared` places, and those from `own` to its own. `slots` are addresses, and `wanted` is where
    its scores go, -1 if nobody asks for them.

    A part is the rows from `bounds[n]` to `bounds[n + 1]`; it `follows` the one before it where they share a slot.
    `done` counts the layers whose keys and values a part has written.
    """

    ids: Ints
    positions: Ints
    places: Ints
    shared: Ints
    own: Ints
    slots: Ints
    wanted: Ints
    bounds: Ints
    follows: NDArray[np.bool_]
    done: Ints


class Quantised(NamedTuple):
    """Rows of int8 `[rows, inputs]`, their scales, and their sums times the weights' zero."""

    values: NDArray[np.int8]
    scales: Floats
    sums: NDArray[np.int32]


class Memory(NamedTuple):
    """A layer's part of a slot, in blocks as weights are: keys `[heads, context / 16, width / 4, 16, 4]`, whose outputs
    are places, and values `[heads, width / 16, context / 4, 16, 4]`, whose inputs are; and scales of both `[2, heads,
    context]`."""

    keys: Bytes
    values: Bytes
    scales: Floats


class Room(NamedTuple):
    """Room for a part's rows: what goes from layer to layer and what a layer makes of it; and for the rows that look at
    one slot together: their queries, how much they take of each place `[4, context]`, that as a higher and a lower
    byte `[8, context]`, and sums `[8, 16]`."""

    x: Floats
    mixed: Floats
    qkv: Floats
    out: Floats
    up: Floats
    narrow: Quantised
    wide: Quantised
    queries: Quantised
    weights: Floats
    bytes: Quantised
    sums: NDArray[np.int32]


def slot_bytes(layers: int, heads: int, context: int, width: int) -> int:
    """The bytes of a slot."""
    return layers * heads * rounded(context) * (width + rounded(width) + 8)


@register_jitable  # type: ignore[untyped-decorator]
def rounded(context: int) -> int:
    """A count of places, filled up to whole blocks."""
    return -(-context // LANES) * LANES


def pointer_to(kind: Any) -> Any:
    """A function that makes a pointer to such numbers of an address."""

    @intrinsic  # type: ignore[untyped-decorator]
    def pointer(_typing: Any, address: Any) -> Any:
        signature = types.CPointer(kind)(types.int64)
        return signature, lambda context, builder, _, given: builder.inttoptr(
            given[0], context.get_value_type(signature.return_type)
        )

    return pointer


bytes_at, floats_at = pointer_to(types.uint8), pointer_to(types.float32)


@intrinsic  # type: ignore[untyped-decorator]
def bits(_typing: Any, number: Any) -> Any:
    """A float32's bits."""
    signature = types.int32(types.float32)
    return signature, lambda context, builder, _, given: builder.bitcast(given[0], context.get_value_type(types.int32))


@intrinsic  # type: ignore[untyped-decorator]
def real(_typing: Any, number: Any) -> Any:
    """The float32 of some bits."""
    signature = types.float32(types.int32)
    return signature, lambda context, builder, _, given: builder.bitcast(
        given[0], context.get_value_type(types.float32)
    )


@intrinsic  # type: ignore[untyped-decorator]
def publish(_typing: Any, counts: Any, value: Any) -> Any:
    """Write a count that other threads wait for, behind all that was written before it."""
    signature = types.void(types.CPointer(types.int64), types.int64)

    def code(context: Any, builder: Any, _: Any, given: Any) -> Any:
        builder.store_atomic(given[1], given[0], "release", 8)
        return context.get_dummy_value()

    return signature, code


@intrinsic  # type: ignore[untyped-decorator]
def published(_typing: Any, counts: Any) -> Any:
    """Read what another thread publishes."""
    signature = types.int64(types.CPointer(types.int64))
    return signature, lambda context, builder, _, given: builder.load_atomic(given[0], "acquire", 8)


@compiled
def exp(x: np.float32) -> np.float32:
    """e to a number that is not above 0."""
    power = max(x * LOG2E, LOWEST)
    whole = np.int32(power)
    part = power - np.float32(whole)
    value = EXP2[6]
    for number in range(5, -1, -1):
        value = value * part + EXP2[number]
    return value * real(np.int32(np.int32(whole + 127) << 23))


@compiled
def gelu(x: np.float32) -> np.float32:
    """x times the share of a normal distribution that is below it."""
    z = abs(x) * ROOT_HALF
    t = ONE / (ONE + ERF[0] * z)
    tail = HALF * exp(-z * z) * (t * (ERF[1] + t * (ERF[2] + t * (ERF[3] + t * (ERF[4] + t * ERF[5])))))
    return x * (tail if x < 0 else ONE - tail)


@compiled
def scale(x: Floats) -> np.float32:
    """What a row's levels are worth, 127 of them. The numbers' bits stand in their order, and NaN is the largest."""
    largest = np.int32(0)
    for number in range(len(x)):
        largest = max(largest, np.int32(bits(x[number]) & np.int32(0x7FFFFFFF)))
    return max(real(largest), SMALLEST) / LEVELS


@compiled
def level(x: np.float32) -> np.int32:
    """The nearest whole number, of one within 127."""
    return np.int32(np.int32(x + np.float32(ZERO + 0.5)) - np.int32(ZERO))


@compiled
def quantise(x: Floats, row: int, into: Quantised) -> None:
    """Keep a row as int8."""
    step = scale(x)
    inverse = ONE / step
    total = np.int32(0)
    values = into.values[row]
    for number in range(len(x)):
        value = level(x[number] * inverse)
        values[number] = value
        total = np.int32(total + value)
    into.scales[row] = step
    into.sums[row] = total * ZERO


@compiled
def normed(x: Floats, weight: Floats, bias: Floats, out: Floats) -> None:
    """A layer norm of a row."""
    width = np.float32(len(x))
    mean = np.float32(0)
    for number in range(len(x)):
        mean += x[number]
    mean /= width
    spread = np.float32(0)
    for number in range(len(x)):
        spread += (x[number] - mean) * (x[number] - mean)
    factor = ONE / np.sqrt(spread / width + EPSILON)
    for number in range(len(x)):
        out[number] = (x[number] - mean) * factor * weight[number] + bias[number]


@compiled
def summed(blocks: Bytes, inputs: NDArray[np.int8], rows: int, steps: int, sums: NDArray[np.int32]) -> None:
    """The sums of the first rows, 8 at most, over a block; behind the rows there is room for as many as one goes by."""
    stride = inputs.shape[1]
    if rows == 1:
        one(blocks.ctypes, inputs.ctypes, stride, steps, sums.ctypes)
    elif rows == 2:
        two(blocks.ctypes, inputs.ctypes, stride, steps, sums.ctypes)
    elif rows <= 4:
        four(blocks.ctypes, inputs.ctypes, stride, steps, sums.ctypes)
    else:
        eight(blocks.ctypes, inputs.ctypes, stride, steps, sums.ctypes)


@compiled
def linear(x: Quantised, rows: int, matrix: Matrix, layer: int, out: Floats, sums: NDArray[np.int32]) -> None:
    """Rows by a layer's weights."""
    blocks, scales, bias = matrix.blocks[layer], matrix.scales[layer], matrix.bias[layer]
    for block in range(len(blocks)):
        first = block * LANES
        for row in range(0, rows, MOST):
            took = min(MOST, rows - row)
            summed(blocks[block], x.values[row:], took, blocks.shape[1], sums)
            for number in range(took):
                here = row + number
                factor, zero = x.scales[here], x.sums[here]
                for lane in range(LANES):
                    found = np.float32(np.int32(sums[number, lane] - zero))
                    out[here, first + lane] = found * factor * scales[first + lane] + bias[first + lane]


@compiled
def memory(network: Network, address: int, layer: int) -> Memory:
    """A layer's part of a slot, which lies there."""
    layers, heads, places = len(network.qkv.blocks), network.heads, rounded(len(network.positions))
    width = network.embedding.shape[1] // heads
    cells, lanes = heads * places, rounded(width)
    keys = address + layer * cells * width
    values = address + layers * cells * width + layer * cells * lanes
    scales = address + layers * cells * (width + lanes) + layer * cells * 8
    return Memory(
        carray(bytes_at(keys), (heads, places // LANES, width // DEEP, LANES, DEEP)),
        carray(bytes_at(values), (heads, lanes // LANES, places // DEEP, LANES, DEEP)),
        carray(floats_at(scales), (2, heads, places)),
    )


@compiled
def keep(slot: Memory, place: int, keys: Floats, values: Floats) -> None:
    """Write a row's keys and values at its place."""
    heads, width = len(slot.keys), slot.keys.shape[2] * DEEP
    for head in range(heads):
        key, value = keys[head * width : (head + 1) * width], values[head * width : (head + 1) * width]
        key_step, value_step = scale(key), scale(value)
        slot.scales[0, head, place], slot.scales[1, head, place] = key_step, value_step
        for number in range(width):
            as_key, as_value = level(key[number] / key_step), level(value[number] / value_step)
            slot.keys[head, place // LANES, number // DEEP, place % LANES, number % DEEP] = as_key + ZERO
            slot.values[head, number // LANES, place // DEEP, number % LANES, place % DEEP] = as_value + ZERO


@compiled
def attend(slot: Memory, rows: Rows, chosen: Ints, first: int, room: Room) -> None:
    """Mix the values of what up to 4 rows of a slot look at, head by head; `first` is where their queries stand."""
    width, count = slot.keys.shape[2] * DEEP, len(chosen)
    root = np.float32(1 / np.sqrt(width))
    end = 0
    for at in chosen:
        end = max(end, rounded(rows.places[at] + 1))
    for head in range(len(slot.keys)):
        for row in range(count):
            quantise(room.qkv[first + row, head * width : (head + 1) * width], row, room.queries)
        for block in range(end // LANES):
            summed(slot.keys[head, block], room.queries.values, count, width // DEEP, room.sums)
            for row in range(count):
                factor, zero = room.queries.scales[row] * root, room.queries.sums[row]
                for lane in range(LANES):
                    found = np.float32(np.int32(room.sums[row, lane] - zero))
                    place = block * LANES + lane
                    room.weights[row, place] = found * factor * slot.scales[0, head, place]
        for row in range(count):
            at = chosen[row]
            weigh(room, row, rows.shared[at], rows.own[at], rows.places[at] + 1, end, slot.scales[1, head])
        for block in range(slot.values.shape[1]):
            summed(slot.values[head, block], room.bytes.values, 2 * count, end // DEEP, room.sums)
            for row in range(count):
                high, low = room.bytes.sums[2 * row], room.bytes.sums[2 * row + 1]
                for lane in range(min(LANES, width - block * LANES)):
                    # Apart: of 521 places that weigh alike, the sum of both is more than 32 bits hold.
                    upper = np.float32(np.int32(room.sums[2 * row, lane] - high)) * BYTE
                    lower = np.float32(np.int32(room.sums[2 * row + 1, lane] - low))
                    column = head * width + block * LANES + lane
                    room.mixed[first + row, column] = (upper + lower) * room.bytes.scales[2 * row]


@compiled
def weigh(room: Room, row: int, shared: int, own: int, end: int, whole: int, scales: Floats) -> None:
    """From how alike a row's query is to the keys, how much it takes of each place's value, in two bytes."""
    weights = room.weights[row]
    for number in range(shared, own):
        weights[number] = NEVER
    highest = NEVER
    for number in range(end):
        highest = max(highest, weights[number])
    total = np.float32(0)
    for number in range(end):
        weight = exp(weights[number] - highest)
        total += weight
        weights[number] = weight * scales[number]
    step = scale(weights[:end]) / BYTE
    inverse = ONE / step
    high, low = room.bytes.values[2 * row], room.bytes.values[2 * row + 1]
    highs, lows = np.int32(0), np.int32(0)
    for number in range(end):
        value = np.int32(weights[number] * inverse + HALF)
        upper = np.int32((value + 128) >> 8)
        lower = np.int32(value - (upper << 8))
        high[number], low[number] = upper, lower
        highs, lows = np.int32(highs + upper), np.int32(lows + lower)
    high[end:whole] = 0
    low[end:whole] = 0
    room.bytes.scales[2 * row] = step / total
    room.bytes.sums[2 * row], room.bytes.sums[2 * row + 1] = highs * ZERO, lows * ZERO


@compiled
def scratch(rows: int, width: int) -> Quantised:
    """Room for quantised rows, filled up to what one pass works on."""
    shape = (-(-rows // MOST) * MOST, -(-width // DEEP) * DEEP)
    return Quantised(np.zeros(shape, np.int8), np.empty(shape[0], np.float32), np.empty(shape[0], np.int32))


@compiled
def room_for(network: Network, rows: int) -> Room:
    """Room for so many rows."""
    width, inner, context = network.embedding.shape[1], network.up.scales.shape[1], rounded(len(network.positions))
    return Room(
        np.empty((rows, width), np.float32),
        np.empty((rows, width), np.float32),
        np.empty((rows, network.qkv.scales.shape[1]), np.float32),
        np.empty((rows, network.out.scales.shape[1]), np.float32),
        np.empty((rows, inner), np.float32),
        scratch(rows, width),
        scratch(rows, inner),
        scratch(FEW, width // network.heads),
        np.empty((FEW, context), np.float32),
        scratch(2 * FEW, context),
        np.empty((MOST, LANES), np.int32),
    )


@compiled
def normalise(room: Room, count: int, norm: Norm, layer: int) -> None:
    """The rows through a norm, quantised."""
    for row in range(count):
        normed(room.x[row], norm.weight[layer], norm.bias[layer], room.mixed[row])
        quantise(room.mixed[row], row, room.narrow)


@compiled
def project(network: Network, layer: int, rows: Rows, chosen: Ints, room: Room) -> None:
    """The rows' queries, keys and values; the slots keep the latter two."""
    width = network.embedding.shape[1]
    normalise(room, len(chosen), network.attention_norm, layer)
    linear(room.narrow, len(chosen), network.qkv, layer, room.qkv, room.sums)
    for row in range(len(chosen)):
        slot = memory(network, rows.slots[chosen[row]], layer)
        both = room.qkv[row, width : 3 * width]
        keep(slot, rows.places[chosen[row]], both[:width], both[width:])


@compiled
def look(network: Network, layer: int, rows: Rows, chosen: Ints, room: Room) -> None:
    """Attention: add what each row finds in its slot."""
    row = 0
    while row < len(chosen):
        end = row + 1
        while end < min(row + FEW, len(chosen)) and rows.slots[chosen[end]] == rows.slots[chosen[row]]:
            end += 1
        attend(memory(network, rows.slots[chosen[row]], layer), rows, chosen[row:end], row, room)
        row = end
    for row in range(len(chosen)):
        quantise(room.mixed[row], row, room.narrow)
    linear(room.narrow, len(chosen), network.out, layer, room.out, room.sums)
    for row in range(len(chosen)):
        add(room.out[row], room.x[row])


@compiled
def think(network: Network, layer: int, count: int, room: Room) -> None:
    """The two matrices behind attention: add what they make of each row."""
    normalise(room, count, network.norm, layer)
    linear(room.narrow, count, network.up, layer, room.up, room.sums)
    for row in range(count):
        line = room.up[row]
        for column in range(len(line)):
            line[column] = gelu(line[column])
        quantise(line, row, room.wide)
    linear(room.wide, count, network.down, layer, room.out, room.sums)
    for row in range(count):
        add(room.out[row], room.x[row])


@compiled
def add(more: Floats, to: Floats) -> None:
    """Add a row to another, which may be shorter."""
    for column in range(len(to)):
        to[column] += more[column]


@compiled
def copy(row: Floats, to: Floats) -> None:
    """Move a row."""
    for column in range(len(row)):
        to[column] = row[column]


@compiled
def asked(wanted: Ints, chosen: Ints, room: Room) -> Ints:
    """The rows whose scores are wanted, moved to the front."""
    count = 0
    for row in range(len(chosen)):
        if wanted[chosen[row]] >= 0:
            chosen[count] = chosen[row]
            copy(room.x[row], room.x[count])
            copy(room.qkv[row], room.qkv[count])
            count += 1
    return chosen[:count]


@kept
def read(network: Network, rows: Rows, scores: Floats, thread: int, threads: int) -> None:
    """All layers over every so many parts, from the thread's first: each waits only for one that a thread has begun."""
    layers = len(network.qkv.blocks)
    for number in range(thread, len(rows.follows), threads):
        chosen = np.arange(rows.bounds[number], rows.bounds[number + 1])
        room = room_for(network, len(chosen))
        for row in range(len(chosen)):
            copy(network.embedding[rows.ids[chosen[row]]], room.x[row])
            add(network.positions[rows.positions[chosen[row]]], room.x[row])
        for layer in range(layers):
            project(network, layer, rows, chosen, room)
            while rows.follows[number] and published(rows.done[number - 1 :].ctypes) <= layer:
                pass
            publish(rows.done[number:].ctypes, layer + 1)
            if layer == layers - 1:  # behind its keys and values, only what is asked for is computed
                chosen = asked(rows.wanted, chosen, room)
            look(network, layer, rows, chosen, room)
            think(network, layer, len(chosen), room)
        if len(chosen):
            normalise(room, len(chosen), network.last_norm, 0)
            linear(room.narrow, len(chosen), network.head, 0, scores[rows.wanted[chosen[0]] :], room.sums)
