"""Which continuations exist, by the kernel's facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose.grounding import allowed
from model_server.wire import Fact

FACTS = (
    Fact("weather", "DataFrame", "pandas", ("date", "temp_max", "temp_min", "wind")),
    Fact("odd", "DataFrame", "pandas", ("it's", "a\nb", "naïve 🚀", "plain", "x" * 400)),
    Fact("n", "int"),
)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ('weather["', ('date"]', 'temp_max"]', 'temp_min"]', 'wind"]')),
        ("x = weather['temp_", ("max']", "min']")),
        ('weather[["date", "temp_max", "', ('temp_min"', 'wind"')),
        ('weather["date"].max() - weather["w', ('ind"]',)),
        ("odd['", ("naïve 🚀']", "plain']")),
        ('weather["new', ()),
        ("weather[", ()),
        ("weather.", ()),
        ('weather["date"]', ()),
        ('my.weather["', ()),
        ('other["', ()),
        ('n["', ()),
        ("", ()),
    ],
)
def test_only_real_columns_may_follow(left: str, expected: tuple[str, ...]) -> None:
    assert allowed(left, FACTS) == expected


@given(st.text(max_size=80))
def test_any_text_is_safe(left: str) -> None:
    assert all(rest[-1] in "\"']" for rest in allowed("weather['" + left, FACTS))


def test_it_is_quick_on_hostile_text() -> None:
    assert allowed("weather[" * 300 + "'a'," * 300, FACTS) == ()
