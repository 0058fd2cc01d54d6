"""Names read off lines: tolerant, and right where the code is plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose.names import names


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("x = 1", {"x"}),
        ("a, (b, *c) = f()", {"a", "b", "c"}),
        ("total: float = 0", {"total"}),
        ("import pandas as pd, os.path", {"pd", "os"}),
        ("from a.b import c as d, e", {"d", "e"}),
        ("def f(a, b=1):\n    y = a", {"f", "y"}),
        ("async def g():", {"g"}),
        ("class Model(nn.Module):", {"Model"}),
        ("for row in rows:", {"row"}),
        ("with open(path) as handle:", {"handle"}),
        ("y <- c(1, 2)", {"y"}),
        ("df['a'] = 1\ndf.b = 2", set()),
        ("x == 1", set()),
        ("print(x)", set()),
        ("%matplotlib inline\n!ls", set()),
        ("x = (1,\n", {"x"}),
    ],
)
def test_what_a_cell_binds(text: str, bound: set[str]) -> None:
    assert names(text).binds == bound


@given(st.text(max_size=400))
def test_any_text_has_names(text: str) -> None:
    found = names(text)
    assert all(name.isidentifier() for name in found.binds if name in found.words)
