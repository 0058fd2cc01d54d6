"""Facts read from a notebook's own code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.families import describe
from model_server.training.harvest import harvest


def after(*sources: str) -> list[str]:
    """The facts, as text, once these cells have run."""
    return [describe(fact) for fact in harvest([*sources, ""])[-1]]


@pytest.mark.parametrize(
    ("source", "facts"),
    [
        ("import numpy as np\nimport os.path", ["import numpy as np", "import os"]),
        ("from sklearn.svm import SVC, l1_min_c", ["class SVC", "def l1_min_c"]),
        ("def fit(x, y=1, *rest, deep=None, **more): ...", ["def fit(x, y=1, *rest, deep=None, **more)"]),
        ("def f(a, *, b=[1]): ...", ["def f(a, *, b=…)"]),
        ("class Net(Base):\n    def __init__(self, size): ...", ["class Net(size)"]),
        ("x = 1\ny = [1]\nz = {'a': 1, 'b': 2}", ["x: int", "y: list", "z: dict['a', 'b']"]),
        (
            "df = pd.read_csv('a.csv')\nm = df['mass']\nd = df.dropna()",
            ["df: DataFrame['mass']", "m: Series", "d: DataFrame"],
        ),
        ("model = LinearRegression().fit(a, b)", ["model: LinearRegression"]),
        ("a = np.zeros(3)\nb = unknown(a)", ["a: ndarray"]),
        ("%matplotlib inline\n!pip install x\nx = 1", ["x: int"]),
        ("x = (", []),
        ("x = 1\nx = 'a'", ["x: str"]),
    ],
)
def test_what_a_cell_binds(source: str, facts: list[str]) -> None:
    assert after(source) == facts


def test_a_column_is_known_once_it_is_made() -> None:
    cells = ["df = pd.read_csv('a.csv')", "df['new'] = df['old'] * 2", "df.head()"]
    before = [[fact.members for fact in facts] for facts in harvest(cells)]
    assert before == [[], [("old",)], [("new", "old")]]


@given(st.text(max_size=60))
def test_any_source_is_read_without_an_error(source: str) -> None:
    assert len(harvest([source])) == 1
