"""What is told of tables, arrays and dicts: never a value."""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
import xarray as xr
from sklearn.utils import Bunch

from jupyter_codecompose.probe.data import Readers


def described(value: object) -> dict[str, Any]:
    """What is told of a value beyond its type."""
    (read,) = Readers().of(type(value)) or [lambda value: {}]
    return read(value)


def test_a_frame() -> None:
    frame = pd.DataFrame({"region": ["a"], "units": [2], "day": pd.to_datetime(["2020-01-01"])})
    frame["kind"] = pd.Categorical(["x"])
    assert described(frame.set_index("region")) == {
        "members": ["units", "day", "kind"],
        "complete": True,
        "dtypes": ["int64", "datetime64[us]", "category"],
        "index": ["region"],
        "shape": [1, 3],
        "dotted": True,
        "open": False,
        "item": "",
    }


def test_dtypes() -> None:
    names = ["Int64", "Int32", "Int64", "float32", "boolean", "string", "category", "datetime64[ns, UTC]", "int8"]
    frame = pd.DataFrame({str(n): pd.Series([1], dtype=name) for n, name in enumerate(names)})
    told = ["Int64", "Int32", "Int64", "float32", "Boolean", "string", "category", "DatetimeTZ", "int8"]
    assert described(frame)["dtypes"] == told


@pytest.mark.parametrize(
    ("frame", "item"),
    [
        (pd.DataFrame({"a": [1], "b": [2]}), "pandas.Series"),
        (pd.DataFrame({"a": [1]}, index=["label"]), ""),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ""),
        (pd.DataFrame([[1]], columns=[0]), ""),
        (pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, "label")])), ""),
        (pd.DataFrame({"a": [1]}, index=pd.date_range("2020", periods=1)), "pandas.Series"),
    ],
    ids=range(6),
)
def test_what_a_column_is(frame: Any, item: str) -> None:
    assert described(frame).get("item", "") == item


@pytest.mark.parametrize(
    ("columns", "members", "complete"),
    [
        (["region", "units", "units"], ["region", "units", "units"], True),
        (["it's", 'a "b"', "naïve 🚀"], ["it's", 'a "b"', "naïve 🚀"], True),
        (["a\n", "b", "c" * 10_000], ["b"], True),
        (["a", 1, "b"], ["a", "b"], False),
        ([0, 1, 2], [], False),
        (pd.MultiIndex.from_tuples([("a", "b"), ("a", "c"), ("d", "e")]), [], False),
    ],
    ids=range(6),
)
def test_columns(columns: Any, members: list[str], complete: bool) -> None:
    told = described(pd.DataFrame([[1, 2, 3]], columns=columns))
    assert told.get("members", []) == members
    assert told.get("complete", False) == complete
    assert len(told.get("dtypes", [])) == len(members)


def test_five_thousand_columns() -> None:
    frame = pd.DataFrame(np.zeros((3, 5000)), columns=[f"column {n}" for n in range(5000)])
    began = perf_counter()
    told = described(frame)
    assert perf_counter() - began < 0.5
    assert (len(told["members"]), told["complete"], told["open"]) == (2000, False, True)
    assert told["shape"] == [3, 5000]


class Odd(pd.api.extensions.ExtensionDtype):  # type: ignore[misc]
    """A dtype of a user."""

    type = object
    name = "odd"


class OddArray(pd.api.extensions.ExtensionArray):  # type: ignore[misc]
    """An array of a user, which notices when it is asked."""

    asked = 0

    @property
    def dtype(self) -> Any:
        OddArray.asked += 1
        return Odd()

    def __len__(self) -> int:
        return 1

    def copy(self) -> OddArray:
        return self


def test_a_users_own_arrays_are_not_asked() -> None:
    frame = pd.DataFrame({"a": [1]})
    frame["b"] = OddArray()
    OddArray.asked = 0
    assert described(frame)["dtypes"] == ["int64", ""]
    assert OddArray.asked == 0


class Loud:
    """A value that notices when it is touched."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = object.__hash__


def test_labels_that_notice_are_not_touched() -> None:
    assert described(pd.DataFrame([[1, 2]], columns=pd.Index([Loud(), "b"], dtype=object)))["members"] == ["b"]
    assert described({Loud(): 1, "b": 2}) == {"members": ["b"], "complete": False}


@pytest.mark.parametrize(
    ("index", "opened"),
    [(None, False), (["a"], True), ([1.5], False), (pd.to_datetime(["2020"]), False), (pd.Categorical(["x"]), True)],
    ids=range(5),
)
def test_a_series_may_have_its_labels_for_attributes(index: Any, opened: bool) -> None:
    told = described(pd.Series(["secret"], index=index))
    assert (told["shape"], told["open"]) == ([1], opened)
    assert "secret" not in json.dumps(told)


def test_heirs_of_a_frame_are_not_asked() -> None:
    assert described(type("Heir", (pd.DataFrame,), {})({"a": [1]})) == {}


def test_dicts() -> None:
    assert described({"a": "secret", "b": 2}) == {"members": ["a", "b"], "complete": True}
    assert described({str(n): n for n in range(61)}) == {"complete": False}


class Loaded(dict[Any, Any]):
    """A dict of a user, which notices when it is asked."""

    def keys(self) -> Any:
        raise RuntimeError

    __len__ = __iter__ = __contains__ = keys  # type: ignore[assignment]


def test_heirs_of_a_dict_have_its_keys_and_some_may_find_others() -> None:
    assert described(OrderedDict(a=1)) == {"members": ["a"], "complete": True}
    assert described(defaultdict(int, a=1)) == {"members": ["a"], "complete": False}
    assert described(Loaded(a=1)) == {"members": ["a"], "complete": True}


def test_what_scikit_learns_functions_give_has_its_keys_after_a_dot() -> None:
    whole = {"members": ["data", "target"], "complete": True, "dotted": True, "open": False}
    assert described(Bunch(data=1, target=2)) == whole
    assert described(Bunch(data=np.zeros(1), frame=pd.DataFrame()))["parts"] == {
        "data": "numpy.ndarray",
        "frame": "pandas.DataFrame",
    }
    assert described(Bunch(**{f"k{n}": n for n in range(61)})) == {"complete": False, "dotted": True, "open": True}


def test_arrays() -> None:
    assert described(np.zeros((2, 3), "f4")) == {
        "shape": [2, 3],
        "dtype": "float32",
        "members": [],
        "complete": True,
    }
    assert described(np.zeros(2, [("x", "i4"), ("y", "f8")]))["members"] == ["x", "y"]


class Told(torch.overrides.TorchFunctionMode):
    """A user's mode, which is told of every operation on a tensor."""

    def __torch_function__(self, *args: Any, **named: Any) -> Any:
        raise RuntimeError


def test_tensors() -> None:
    tensor = torch.zeros(2, 3)
    assert described(tensor) == {"shape": [2, 3], "dtype": "torch.float32"}
    assert described(torch.nn.Parameter(tensor))["shape"] == [2, 3]
    with Told():
        assert described(tensor) == {}


def test_polars() -> None:
    frame = pl.DataFrame({"a": [1], "b": ["x"], "c": [[1.0]]})
    assert described(frame) == {
        "members": ["a", "b", "c"],
        "complete": True,
        "dtypes": ["Int64", "String", "List"],
        "shape": [1, 3],
        "item": "polars.Series",
    }
    assert described(frame["b"]) == {"shape": [1], "dtype": "String"}
    assert described(frame.lazy()) == {}


def test_xarray() -> None:
    data = xr.Dataset({"t": (("x", "y"), np.zeros((2, 3)))}, coords={"x": [1, 2]}, attrs={"title": "secret"})
    assert described(data) == {
        "members": ["t", "x", "y"],
        "complete": False,
        "index": ["x", "y"],
        "own": ["t", "x", "y", "title"],
    }
    assert described(data["t"]) == {
        "members": ["x", "y"],
        "complete": False,
        "index": ["x", "y"],
        "own": ["x", "y"],
        "shape": [2, 3],
        "dtype": "float64",
    }


def test_another_version_of_a_library_is_left_alone() -> None:
    frame = pd.DataFrame({"a": [1]})
    object.__delattr__(frame, "_mgr")
    assert described(frame) == {"open": True}
