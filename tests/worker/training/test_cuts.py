"""Cuts: a cell is given back exactly, whatever it holds."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from model_server.training.cuts import block_end, choose_cut

code = st.text(st.sampled_from("ab =(.,)[]:\n\t é"), min_size=1, max_size=80)


@given(code, st.data())
def test_a_cut_gives_the_cell_back_exactly(text: str, data: st.DataObject) -> None:
    near = data.draw(st.integers(0, len(text) - 1))
    cut = choose_cut(text, near, Random(data.draw(st.integers(0, 99))))
    if cut is None:
        assert not text.split("\n")[text.count("\n", 0, near)].strip()
    else:
        assert cut.before + cut.target + cut.after == text
        assert cut.target.strip()


def test_targets_end_at_the_line_the_block_or_the_cell() -> None:
    cell = "def f(x):\n    y = g(x)\n    return y\nz = f(1)\nprint(z)"
    targets = {cut.target for seed in range(400) if (cut := choose_cut(cell, 14, Random(seed)))}
    assert {"y = g(x)", "y = g(x", "y = g(x)\n    return y", "y = g(x)\n    return y\nz = f(1)\nprint(z)"} <= targets


def test_a_block_ends_where_a_line_stands_further_left() -> None:
    lines = ["for a in b:", "    c", "    d", "e", "", "f"]
    assert block_end(lines, 1) == 3
    assert block_end(lines, 0) == 4
