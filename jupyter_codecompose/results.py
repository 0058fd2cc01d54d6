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

FRAME, SERIES, ARRAY = "pandas.DataFrame", "pandas.Series", "numpy.ndarray"
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
TABLES = (FRAME, SERIES, ARRAY)
"""What a calculation gives if there is one of it in it, the first before the others."""
SIGNS = frozenset(("+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "~", "@", "<", ">", "<=", ">=", "==", "!="))
"""The signs of calculations."""
DAYS, PERIOD = ("datetime.date", "datetime.datetime"), "datetime.timedelta"
"""The standard library's times."""
INDEX, TIMES = "pandas.Index", "pandas.DatetimeIndex"
PARTS = {FRAME: {"index": INDEX, "columns": INDEX}, SERIES: {"index": INDEX}}
"""What some of their attributes are."""
SLICES = ((FRAME, SERIES), (GROUPS, GROUP), (INDEX, TIMES))
"""What may be either of two, as far as is known here."""
REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Result:
    """What something likely is: the name of its kind, the names there, its columns or keys, and which attribute of it
    was named last.

    `made`: it is a class, and its call gives such a thing; `open`: it may offer more. `dtypes` are those of the
    members, `dtype` is that of a column, `parts` name the kinds of its attributes or keys, as far as they are known.
    """

    kind: str
    attributes: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    method: str = ""
    made: bool = False
    dtypes: tuple[str, ...] = ()
    dtype: str = ""
    open: bool = False
    parts: Mapping[str, str] = field(default_factory=dict)


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
        if row[at].sort != "name" or chain.after >= len(row) or row[chain.after].text != "=" or row[at].depth:
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
        if row[chain.root].sort == "name":
            found = self._root(row[chain.root].text, seen)
        else:
            found = self._calculated(row, chain.root, chain.steps[0].first, seen)
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
            parts=variable.parts,
        )
        return _grown(found, new)

    def _calculated(self, row: Sequence[Leaf], first: int, after: int, seen: frozenset[str]) -> Result | None:
        """What is calculated in brackets, that of tables and of the standard library's times."""
        depth = row[first].depth + 1
        inside = [chain for chain in chains(row) if first < chain.root < after and row[chain.root].depth == depth]
        operands = [self._walk(row, chain, chain.steps, seen) for chain in inside]
        own = [leaf for leaf in row[first + 1 : after] if leaf.depth == depth]
        signs = [leaf.text for leaf in own if leaf.text in SIGNS]
        plain = len(inside) == 1 and inside[0].root == first + 1 and inside[0].after == after - 1
        if plain or not signs or any(leaf.sort == "keyword" for leaf in own):
            return operands[0] if plain else None
        found = {operand.kind: operand for operand in reversed(operands) if operand and not operand.method}
        table = next((kind for kind in TABLES if kind in found), "")
        if table:
            return self._of(table, found[table]) or self._known(table)
        times = [operand.kind if operand else "" for operand in operands]
        return self._known(_time(times, signs)) if len(times) == 2 else None

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
        part = found.parts.get(name) or PARTS.get(found.kind, {}).get(name, "")
        if part and not found.method:
            return self._known(part) or replace(found, method=name)
        kind = self._namespace.kind(found.kind)
        module = self._namespace.kind(kind.modules.get(name, "")) if kind else None
        return Result(module.name, module.attributes) if module else replace(found, method=name)

    def _of(self, kind: str, found: Result) -> Result | None:
        """A kind, with the columns of what it comes from; only frames and groups of them have any."""
        if kind not in GIVEN:
            return None
        known = self._namespace.kind(kind)
        whole = kind in (FRAME, GROUPS) or (found.kind == FRAME and found.method in REDUCING)
        return Result(
            kind,
            known.attributes if known else (),
            found.members if whole else (),
            dtypes=found.dtypes if whole else (),
        )

    def _known(self, kind: str) -> Result | None:
        """A kind that has no columns, if it is told of."""
        known = self._namespace.kind(kind)
        return Result(kind, known.attributes, open=known.open) if known else None


def _time(kinds: Sequence[str], signs: Sequence[str]) -> str:
    """What two times give: a day less a day is a period, and a day more or less a period a day."""
    first, second = kinds
    if signs not in (["+"], ["-"]):
        return ""
    if second == PERIOD:
        return first if first in (*DAYS, PERIOD) else ""
    if first == PERIOD:
        return second if signs == ["+"] and second in DAYS else ""
    return PERIOD if signs == ["-"] and first == second and first in DAYS else ""


def _holds(row: Sequence[Leaf], step: Step, at: int) -> bool:
    """Whether the attribute or the literal at a leaf is what a step is about."""
    if step.mark == ".":
        return step.first + 1 == at
    return step.mark == "[" and any(leaf is row[at] for leaf, _ in keys(row, step))


def _grown(found: Result, members: Sequence[str]) -> Result:
    return replace(found, members=tuple(dict.fromkeys((*found.members, *members)))) if members else found
