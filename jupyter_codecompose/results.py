"""What an expression at the cursor likely is, where nothing has run that proves it: `df.groupby("a")["b"].mean()`.

Pure. Good for offering names, and for no proof: a library may change what its methods give, and a cell its names. What
is a frame, a group of one or an instance is told by the kernel's facts; here is known what leads from one to another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from jupyter_codecompose.chains import Chain, Step, chains, keys
from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.leaves import Leaf, leaves

FRAME, SERIES = "pandas.DataFrame", "pandas.Series"
GROUPS, GROUP = "pandas.api.typing.DataFrameGroupBy", "pandas.api.typing.SeriesGroupBy"
KEEPING = frozenset(
    (
        *("abs", "assign", "astype", "bfill", "clip", "copy", "cummax", "cummin", "cumprod", "cumsum", "diff", "drop"),
        *("drop_duplicates", "dropna", "ffill", "fillna", "head", "interpolate", "isin", "isna", "isnull", "mask"),
        *("nlargest", "notna", "notnull", "nsmallest", "pct_change", "query", "rank", "rename", "replace"),
        *("reset_index", "round", "sample", "shift", "sort_index", "sort_values", "tail", "truncate", "where"),
    )
)
"""Methods of frames and series that give their like."""
REDUCING = frozenset(
    (
        *("all", "any", "count", "first", "last", "max", "mean", "median", "min", "nunique", "prod", "quantile"),
        *("sem", "skew", "std", "sum", "var"),
    )
)
"""Methods that give a number for each column."""
GIVEN = {
    FRAME: dict.fromkeys(KEEPING, FRAME) | dict.fromkeys(REDUCING, SERIES) | {"groupby": GROUPS},
    SERIES: dict.fromkeys((*KEEPING, "map", "apply", "value_counts", "mode"), SERIES) | {"groupby": GROUP},
    GROUPS: dict.fromkeys(REDUCING, FRAME) | {"size": SERIES},
    GROUP: dict.fromkeys((*KEEPING, *REDUCING), SERIES),
}
REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Result:
    """What something likely is: the name of its kind, the names there, its columns or keys, and which attribute of it
    was named last.

    `made`: it is a class, and its call gives such a thing; `open`: it may offer more. `dtypes` are those of the
    members, `dtype` is that of a column.
    """

    kind: str
    attributes: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    method: str = ""
    made: bool = False
    dtypes: tuple[str, ...] = ()
    dtype: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Bindings:
    """What a text makes its names from: the last chain that each is bound to alone, or None, with the leaves that it is
    of; and the columns that it gives them."""

    sources: Mapping[str, tuple[Sequence[Leaf], Chain | None]] = field(default_factory=dict)
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@lru_cache(REMEMBERED)
def bindings(text: str) -> Bindings:
    """The bindings of a text."""
    return bindings_of(leaves(text))


def bindings_of(row: Sequence[Leaf], before: int | None = None) -> Bindings:
    """The bindings in some leaves, up to a statement."""
    found = {chain.root: chain for chain in chains(row) if before is None or row[chain.root].statement < before}
    sources: dict[str, tuple[Sequence[Leaf], Chain | None]] = {}
    given: dict[str, tuple[str, ...]] = {}
    for at, chain in found.items():
        name = row[at].text
        if chain.after >= len(row) or row[chain.after].text != "=" or row[at].depth:
            continue
        source = found.get(chain.after + 1)
        alone = source is not None and (source.after >= len(row) or row[source.after].sort == "newline")
        if not chain.steps:
            sources[name], given[name] = (row, source if alone else None), ()
        elif len(chain.steps) == 1 and chain.steps[0].mark == "[":
            given[name] = (*given.get(name, ()), *(key for _, key in keys(row, chain.steps[0])))
    return Bindings(sources, given)


class Results:
    """What chains likely give, by a kernel's facts and by what the texts above bind."""

    def __init__(self, namespace: Namespace, texts: Iterable[Bindings], lost: Collection[str]) -> None:
        """`texts` are the last ones first; of the names that are `lost` the kernel's facts hold no more."""
        self._namespace = namespace
        self._texts = tuple(texts)
        self._lost = lost

    def before(self, row: Sequence[Leaf], at: int) -> Result | None:
        """What the attribute or the literal at a leaf is asked of; None where nobody knows."""
        for chain in chains(row):
            for number, step in enumerate(chain.steps):
                if _holds(row, step, at):
                    return self._walk(row, chain, chain.steps[:number], frozenset())
        return None

    def _walk(self, row: Sequence[Leaf], chain: Chain, steps: Sequence[Step], seen: frozenset[str]) -> Result | None:
        found = self._root(row[chain.root].text, seen)
        for step in steps:
            found = self._step(found, row, step) if found else None
        return found

    def _root(self, name: str, seen: frozenset[str]) -> Result | None:
        """What a name is: as the texts bind it, else as the kernel tells."""
        new: tuple[str, ...] = ()
        for text in self._texts:
            new = (*text.given.get(name, ()), *new)
            if name in text.sources and name not in seen:
                row, source = text.sources[name]
                found = self._walk(row, source, source.steps, seen | {name}) if source else None
                return _grown(found, new) if found else None
        variable = self._namespace.variable(name)
        if variable is None or name in self._lost:
            return None
        kind = self._namespace.kind_of(variable)
        found = Result(
            variable.kind,
            self._namespace.attributes(variable),
            variable.members,
            made=variable.type == "type",
            dtypes=variable.dtypes,
            open=(variable.open or kind is None or kind.open) and not variable.members,
        )
        return _grown(found, new)

    def _step(self, found: Result, row: Sequence[Leaf], step: Step) -> Result | None:
        if step.mark == ".":
            return self._attribute(found, row[step.first + 1].text)
        if step.mark == "(":
            if found.made:
                return replace(found, kind=found.kind.removeprefix("type[").removesuffix("]"), made=False)
            return self._of(GIVEN.get(found.kind, {}).get(found.method, ""), found)
        if found.method in ("loc", "iloc"):
            return replace(found, method="")
        single = bool(keys(row, step)) and row[step.first + 1].text != "["
        if not single:
            return self._of(found.kind, found)
        one = self._of({FRAME: SERIES, GROUPS: GROUP}.get(found.kind, ""), found)
        dtypes = dict(zip(found.members, found.dtypes, strict=False))
        return replace(one, dtype=dtypes.get(keys(row, step)[0][1], "")) if one else None

    def _attribute(self, found: Result, name: str) -> Result | None:
        if found.kind == FRAME and name in found.members:
            return self._of(SERIES, found)
        kind = self._namespace.kind(found.kind)
        part = self._namespace.kind(kind.modules.get(name, "")) if kind else None
        return Result(part.name, part.attributes) if part else replace(found, method=name)

    def _of(self, kind: str, found: Result) -> Result | None:
        """A kind, with the columns of what it comes from; only frames and groups of them have any."""
        if kind not in GIVEN:
            return None
        known = self._namespace.kind(kind)
        whole = kind in (FRAME, GROUPS)
        return Result(
            kind,
            known.attributes if known else (),
            found.members if whole else (),
            dtypes=found.dtypes if whole else (),
        )


def _holds(row: Sequence[Leaf], step: Step, at: int) -> bool:
    """Whether the attribute or the literal at a leaf is what a step is about."""
    if step.mark == ".":
        return step.first + 1 == at
    return step.mark == "[" and any(leaf is row[at] for leaf, _ in keys(row, step))


def _grown(found: Result, members: Sequence[str]) -> Result:
    return replace(found, members=tuple(dict.fromkeys((*found.members, *members)))) if members else found
