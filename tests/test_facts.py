"""What follows from what a kernel has told."""

from __future__ import annotations

import pytest

from jupyter_codecompose.facts import Kind, Namespace, Variable
from model_server.wire import Fact

FRAME = Kind("pandas.DataFrame", ("groupby", "head"), open=False, parameters={"head": ("n",)})
AREA = Kind("__main__.Area", ("grow",), open=False, parameters={"grow": ("by",), "__call__": ("x",)})
NUMPY = Kind("numpy", ("linalg", "mean"), open=True, modules={"linalg": "numpy.linalg"})
DF = Variable(
    "df", "DataFrame", "pandas", "pandas.DataFrame", ("region", "unit price"), dotted=True, dtypes=("string", "int64")
)
CUT = Variable("cut", "DataFrame", "pandas", "pandas.DataFrame", ("region",), complete=False, dotted=True, open=True)
AREA_1 = Variable("area", "Area", "__main__", "__main__.Area", own=("side", "hook"))
LIST = Variable("rows", "list", "builtins", "builtins.list")
KEYS = Variable("config", "dict", "builtins", "builtins.dict", ("path",))
F = Variable("f", "function", "__main__", "builtins.function", signature="(a, *, b=1)", parameters=("a", "b"))
NP = Variable("np", "module", "numpy", "numpy")
KNOWN = Namespace(
    variables=(LIST, DF, CUT, AREA_1, KEYS, F, NP),
    kinds=(FRAME, AREA, NUMPY, Kind("builtins.dict", ("items",), open=False), Kind("builtins", ("print",), open=False)),
    complete=True,
    hidden=("In",),
)


@pytest.mark.parametrize(
    ("variable", "member", "lacks"),
    [
        (DF, "region", False),
        (DF, "regoin", True),
        (DF, "a\nb", False),
        (DF, "x" * 300, False),
        (DF, "", False),
        (CUT, "regoin", False),
        (KEYS, "paht", True),
    ],
)
def test_members(variable: Variable, member: str, lacks: bool) -> None:
    assert variable.lacks(member) is lacks


@pytest.mark.parametrize(
    ("variable", "attribute", "lacks"),
    [
        (DF, "groupby", False),
        (DF, "region", False),
        (DF, "gruopby", True),
        (DF, "_mgr", False),
        (CUT, "gruopby", False),
        (AREA_1, "side", False),
        (AREA_1, "grwo", True),
        (KEYS, "path", True),
        (NP, "maen", False),
        (LIST, "apend", False),
    ],
)
def test_attributes(variable: Variable, attribute: str, lacks: bool) -> None:
    assert KNOWN.lacks_attribute(variable, attribute) is lacks


def test_what_stands_after_a_dot() -> None:
    assert KNOWN.attributes(DF) == ("region", "groupby", "head")
    assert KNOWN.attributes(AREA_1) == ("side", "hook", "grow")
    assert KNOWN.attributes(LIST) == ()


@pytest.mark.parametrize(
    ("name", "lacks"), [("df", False), ("fd", True), ("print", False), ("In", False), ("_", False)]
)
def test_names(name: str, lacks: bool) -> None:
    assert KNOWN.lacks(name) is lacks
    assert not Namespace(KNOWN.variables, KNOWN.kinds).lacks(name)
    assert not Namespace(KNOWN.variables, complete=True).lacks(name)


def test_keywords() -> None:
    assert KNOWN.keywords(F) == ("a", "b")
    assert KNOWN.keywords(DF, "head") == ("n",)
    assert KNOWN.keywords(DF, "groupby") is None
    assert KNOWN.keywords(AREA_1) == ("x",)
    assert KNOWN.keywords(AREA_1, "hook") is None
    assert KNOWN.keywords(LIST, "append") is None


def test_what_nothing_can_be_subscribed_from() -> None:
    kind = Kind("k", ("a", "b", "c"), False, {"a": ()}, unsubscriptable=("b",))
    assert [kind.has_no_members(name) for name in "abc"] == [True, True, False]


def test_what_anything_offers() -> None:
    assert {"head", "linspace", "area"} >= KNOWN.all_attributes - {
        name for kind in KNOWN.kinds for name in kind.attributes
    }
    assert {name for kind in KNOWN.kinds for name in kind.attributes} == KNOWN.all_attributes


def test_what_is_looked_up() -> None:
    assert KNOWN.variable("df") is DF
    assert KNOWN.variable("fd") is None
    assert KNOWN.kind_of(NP) is NUMPY
    assert KNOWN.kind("numpy.linalg") is None


def test_what_a_model_reads() -> None:
    assert KNOWN.facts[0] == Fact("rows", "list", "builtins")
    assert KNOWN.facts[1] == Fact("df", "DataFrame", "pandas", ("region", "unit price"))
    assert KNOWN.facts[5].signature == "(a, *, b=1)"
    wide = Variable("w" * 100, "int")
    many = Variable("wide", "DataFrame", members=(*(f"c{n}" for n in range(500)), "x" * 90))
    assert [len(fact.members) for fact in Namespace((wide, many)).facts] == [60]


def test_of_very_many_names_a_model_reads_those_that_are_more_than_numbers() -> None:
    numbers = tuple(Variable(f"n_{n}", "int", "builtins") for n in range(1000))
    facts = Namespace((DF, *numbers)).facts
    assert len(facts) == 200
    assert [facts[0].name, facts[-1].name] == ["df", "n_999"]
