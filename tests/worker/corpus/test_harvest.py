"""Facts read from a notebook's own code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.corpus.harvest import harvest
from model_server.layout import describe


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


HEAD = "   mass  island\n0  3.75  Biscoe"
NAMED_INDEX = f"            day_type     bus\n{'date':28}\n2001-01-01         U  297192"


def printed(source: str, output: str) -> list[str]:
    """The facts, as text, once a cell has run and printed."""
    return [describe(fact) for fact in harvest([source, ""], [output])[-1]]


@pytest.mark.parametrize(
    "source",
    ["df", "df.head()", "df.tail(3)", "df.sample()", "print(df.head())", "display(df)", "x()\ndf.head()", "%time\ndf"],
)
def test_a_printed_head_gives_the_columns(source: str) -> None:
    assert printed(source, HEAD) == ["df: DataFrame['mass', 'island']"]


@pytest.mark.parametrize(
    "source", ["df.columns", "list(df.columns)", "df.columns.tolist()", "print(df.columns.values)"]
)
@pytest.mark.parametrize("output", ["Index(['a b', \"it's\"],\n      dtype='object')", "['a b', \"it's\", 'cut of"])
def test_a_printed_list_of_columns_gives_them(source: str, output: str) -> None:
    (known,) = harvest([source, ""], [output])[-1]
    assert known.members == ("a b", "it's")


@pytest.mark.parametrize(
    ("output", "members"),
    [
        ("  unique_id  ds      y\n0        H1   1  605.0", ("unique_id", "ds", "y")),
        ("   a longname\n0  1        x\n1  2       yy", ("a", "longname")),
        (
            "   sepal length (cm)  sepal width (cm)\n0                5.1               3.5",
            ("sepal length (cm)", "sepal width (cm)"),
        ),
        ("   a b    c\n0  1 x    y\n1    x    y", ("c",)),
        ("   mass  island\n0  3.75  Bis", ("mass", "island")),
        ("   mass  island  \\\n0  3.75  Biscoe   \n1  3.80  Biscoe   ", ("mass", "island")),
        (NAMED_INDEX, ("day_type", "bus")),
        ("   mass  ...  island\n0  3.75  ...  Biscoe", ("mass", "island")),
    ],
)
def test_a_name_ends_where_its_values_end(output: str, members: tuple[str, ...]) -> None:
    (known,) = harvest(["df", ""], [output])[-1]
    assert known.members == members


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("s.head()", "0    1\n1    2\nName: x, dtype: int64"),
        ("df.head()", "   mass  island"),
        ("df.head()", "   0  1\n0  3  4"),
        ("df.head()", "     a        \\\n   min  max   \n0    1    2   "),
        ("df.head()", "  two words, then\n  two more"),
        ("df['a'].head()", HEAD),
        ("df.describe()", HEAD),
        ("print('x', df)", HEAD),
        ("labels", "['neg', 'pos']"),
        ("x = df.head()", HEAD),
        ("df.head()", ""),
    ],
)
def test_what_is_no_frame_gives_nothing(source: str, output: str) -> None:
    assert not any(fact.members for fact in harvest([source, ""], [output])[-1])


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("df = df.dropna().copy()", True),
        ("df['new'] = 1", True),
        ("df.plot()", True),
        ("df = other()", False),
        ("df.columns = names", False),
        ("df.drop(columns='mass', inplace=True)", False),
        ("del df['mass']", False),
        ("df, rest = halves()", False),
    ],
)
def test_printed_columns_are_forgotten_where_the_frame_may_have_others(change: str, kept: bool) -> None:
    facts = harvest(["df.head()", change, ""], [HEAD])[-1]
    assert ("island" in facts[0].members) == kept


def test_a_printed_column_is_known_from_the_next_cell_on_and_before_those_of_the_code() -> None:
    cells = ["df = pd.read_csv('a.csv')\ndf.head()", "df['mass'] + df['age']", ""]
    before = [[fact.members for fact in facts] for facts in harvest(cells, [HEAD])]
    assert before == [[], [("mass", "island", "age")], [("mass", "island", "age")]]


def test_outputs_may_be_fewer_or_more_than_cells() -> None:
    assert len(harvest(["a", "b"], ["x"])) == len(harvest(["a", "b"], ["x"] * 3)) == 2


@given(st.text(max_size=60), st.text(alphabet="ab \n0\\['],", max_size=60))
def test_any_output_is_read_without_an_error(source: str, output: str) -> None:
    for shows in ("df", "df.columns", source):
        assert len(harvest([shows, ""], [output])) == 2


@given(st.text(max_size=60))
def test_any_source_is_read_without_an_error(source: str) -> None:
    assert len(harvest([source])) == 1
