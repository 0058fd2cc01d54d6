"""What is known of dicts, arrays, tensors and tables beyond their types: names, dtypes and shapes, but no values."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from jupyter_codecompose.probe.slots import (
    all_shown,
    belongs,
    bodies_of,
    derives,
    entry_of,
    flat,
    found,
    is_class,
    is_plain,
    name_of,
    public,
    shown,
    word,
)

COLUMNS = 2_000
KEYS = 60
NUMBERED = ("RangeIndex", "DatetimeIndex", "TimedeltaIndex", "PeriodIndex", "IntervalIndex")
"""The pandas indexes that hold no names."""
PARTS = (("numpy", "ndarray"), ("pandas", "DataFrame"), ("pandas", "Series"))
"""Types that are known anyway, so that it costs nothing to tell of which an instance's parts are."""
ARRAYS: dict[int, tuple[Any, bool]] = {}
DTYPES: dict[int, tuple[Any, str]] = {}
"""What one look has found of types of arrays, and of dtypes or their types; each is held: no other can have its id."""

Described = dict[str, Any]


class Readers:
    """The known classes that are loaded, and how the values of each are read."""

    def __init__(self) -> None:
        known = [(found(module, name), read) for module, name, read in KNOWN]
        self._readers = {id(kind): read for kind, read in [*known, (dict, keys)]}

    def of(self, kind: type) -> list[Callable[[Any], Described]]:
        """What reads the values of a type, if that is known here."""
        read = self._readers.get(id(kind)) or (heirs_keys if derives(kind, dict) else None)
        return [partial(guarded, read)] if read else []


def guarded(read: Callable[[Any], Described], value: Any) -> Described:
    """What is read of a value, or that there may be more to it, where another version of its library is not read so."""
    try:
        return read(value)
    except Exception:  # noqa: BLE001
        return {"open": True}


def keys(mapping: dict[Any, Any]) -> Described:
    """The keys of a small dict of strings; those of a large one are data, not a shape."""
    if dict.__len__(mapping) > KEYS:
        return {"complete": False}
    return members(list(dict.keys(mapping)))


def heirs_keys(mapping: dict[Any, Any]) -> Described:
    """The keys of a dict of another class: they are all only where it finds no others."""
    kind = type(mapping)
    if bodies_of(kind) is None:
        return {}
    told = keys(mapping)
    same = entry_of(kind, "__getitem__") is dict.__dict__["__getitem__"] and entry_of(kind, "__missing__") is None
    return told if same else {**told, "complete": False}


def bunch(value: Any) -> Described:
    """What scikit-learn's functions give: a dict whose keys are attributes too."""
    told = keys(value)
    return {**told, "dotted": True, "open": not told["complete"], **parts_in(flat(value))}


def parts_in(names: dict[str, Any]) -> Described:
    """Which of some names stand for a table or an array, and the names of what these offer."""
    kinds = {id(found(module, name)): f"{module}.{name}" for module, name in PARTS}
    parts = {name: kinds[id(type(value))] for name, value in names.items() if id(type(value)) in kinds and public(name)}
    return {"parts": parts} if parts else {}


def members(names: list[Any]) -> Described:
    """Those of some names that can be sent, and whether these are all."""
    return {"members": all_shown(names[:KEYS]), "complete": len(names) <= KEYS and is_plain(names)}


def columns(names: list[Any], dtypes: list[str]) -> Described:
    """The first columns of a table that can be sent, with their dtypes."""
    first = names[:COLUMNS]
    kept = all_shown(first)
    if kept is not first:
        dtypes = [dtype for name, dtype in zip(first, dtypes, strict=False) if shown(name)]
    complete = len(names) <= COLUMNS and (kept is first or is_plain(names))
    return {"members": kept, "dtypes": dtypes[: len(kept)], "complete": complete}


def array(value: Any) -> Described:
    """A numpy array; its members are the fields of a structured one."""
    fields = members(list(value.dtype.names or ()))
    return {"shape": list(value.shape), "dtype": dtype_of(value), **fields}


def tensor(value: Any) -> Described:
    """A torch tensor, where nobody has asked to be told of every operation on one."""
    modes = found("torch._C", "_len_torch_function_stack")
    if modes is found or modes():
        return {}
    return {"shape": [size for size in value.shape if type(size) is int], "dtype": str(value.dtype)}


def frame(value: Any) -> Described:
    """A pandas frame: its first columns with their dtypes, and the names of its index. Where a column is taken from it,
    that is a plain series, unless there are two of a name or its index has labels, which may be attributes of it."""
    labels, index = value.columns, value.index
    known = index_of(index)
    if type(labels) is not found("pandas", "Index"):
        return {"open": not is_numbered(labels), **known}
    names = (labels if len(labels) <= COLUMNS else labels[: COLUMNS + 1]).tolist()
    told = columns(names, dtypes_of(value._mgr, len(names)))
    if known:
        known["shape"] = [*known["shape"], len(labels)]
    plain = told["complete"] and len({*names}) == len(names) and is_numbered(index)
    item = "pandas.Series" if plain and type(value) is found("pandas", "DataFrame") else ""
    return {**told, **known, "dotted": True, "open": len(names) > COLUMNS, "item": item}


def series(value: Any) -> Described:
    """A pandas series. The labels of its index are data: that some may be attributes is all that is said of them."""
    index = value.index
    dtype = dtype_of(value._mgr.blocks[0].values)
    return {**index_of(index), "dtype": dtype, "open": not is_numbered(index)}


def is_numbered(index: Any) -> bool:
    """Whether a pandas index holds numbers or times, and no names."""
    if type(index) is found("pandas", "Index"):
        return dtype_of(index._data) not in ("object", "string", "category", "")
    return any(type(index) is found("pandas", name) for name in NUMBERED)


def index_of(index: Any) -> Described:
    """The names and the length of an index that is pandas' own."""
    if not belongs(type(index), "pandas"):
        return {}
    return {"index": [name for name in index.names if shown(name)], "shape": [len(index)]}


def dtypes_of(manager: Any, count: int) -> list[str]:
    """The dtypes of a frame's first columns."""
    names = [dtype_of(block.values) for block in manager.blocks]
    return [names[number] for number in manager.blknos[:count].tolist()]


def dtype_of(values: Any) -> str:
    """The dtype of an array of numpy's, pandas' or geopandas' own; '' of any other."""
    kind = type(values)
    if id(kind) not in ARRAYS:
        ARRAYS[id(kind)] = kind, belongs(kind, "numpy", "pandas", "geopandas")
    if not ARRAYS[id(kind)][1]:
        return ""
    dtype = values.dtype
    named = DTYPES.get(id(type(dtype))) or DTYPES.get(id(dtype))
    if named is None:
        named = named_of(dtype)
        DTYPES[id(named[0])] = named
    return named[1]


def named_of(dtype: Any) -> tuple[Any, str]:
    """What has a name, and the name: a dtype of numpy's itself, but of all others their type."""
    kind = type(dtype)
    if derives(kind, found("numpy", "dtype")):
        return dtype, word(dtype.name)
    name = word(name_of(kind)).removesuffix("Dtype")
    return kind, {"Categorical": "category", "String": "string"}.get(name, name)


def polars_frame(value: Any) -> Described:
    """A polars frame: its columns with their dtypes."""
    schema = value.schema
    told = columns(list(schema), [polars_dtype(dtype) for dtype in schema.values()])
    return {**told, "shape": list(value.shape), "item": "polars.Series"}


def polars_series(value: Any) -> Described:
    return {"shape": list(value.shape), "dtype": polars_dtype(value.dtype)}


def polars_dtype(dtype: Any) -> str:
    """A dtype's name, whether it is given as a class or as an instance of it."""
    return word(name_of(dtype if is_class(type(dtype)) else type(dtype)))


def data_array(value: Any) -> Described:
    """An xarray array: its coordinates, and its dimensions as `index`."""
    variable = value._variable
    told = labelled([*value._coords, *variable._dims], variable._dims, variable._attrs)
    return {**array(variable._data), **told} if type(variable._data) is found("numpy", "ndarray") else told


def dataset(value: Any) -> Described:
    """An xarray dataset: its variables and coordinates, and its dimensions as `index`."""
    return labelled([*value._variables, *value._dims], value._dims, value._attrs)


def labelled(names: list[Any], dimensions: Any, attributes: Any) -> Described:
    """What an xarray object has under its own names. There are more, as `time.year`, so none is known to be absent."""
    unique = list(dict.fromkeys(name for name in names if type(name) is str))
    return {
        "members": [name for name in unique[:COLUMNS] if shown(name)],
        "complete": False,
        "index": [name for name in list(dimensions) if shown(name)],
        "own": [name for name in [*unique, *flat(attributes or {})] if public(name)],
    }


KNOWN = (
    ("pandas", "DataFrame", frame),
    ("geopandas", "GeoDataFrame", frame),
    ("pandas", "Series", series),
    ("geopandas", "GeoSeries", series),
    ("numpy", "ndarray", array),
    ("sklearn.utils", "Bunch", bunch),
    ("torch", "Tensor", tensor),
    ("torch.nn", "Parameter", tensor),
    ("polars", "DataFrame", polars_frame),
    ("polars", "Series", polars_series),
    ("xarray", "DataArray", data_array),
    ("xarray", "Dataset", dataset),
)
