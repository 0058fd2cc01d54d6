"""Which of the names that may follow is the likeliest, by what people write and by what the notebook does.

Pure. What exists is not known here, and neither is what a model thinks: it is asked later, of the likeliest ones.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from heapq import nlargest
from math import log1p
from operator import itemgetter

from model_server.habits import STEM, Link, brackets, habits, links, parts

CALLED = {"DataFrame": "df", "Axes": "ax", "Figure": "fig", "ndarray": "X", "Series": "s"}
"""How people call what is of a type, where their own name for it tells nothing."""
MOST_FAR = 64
"""So many names are thought of that people write after anything with the same brackets at its end."""
LOOK_BACK, END = 2_000, "_end_"
OWN, POOLED, POOLED_LESS, ENOUGH = 0.6, 0.4, 0.1, 60
"""What the log of the documents is worth that write a name after this very thing, and after things of its kind: less
where there are enough of the first."""
FEW = 8
"""So many documents tell what the part of a package offers."""
ALIKE = 1.2
"""What a name is worth that is akin to one in the line."""
ASSIGNED = re.compile(r"(\w+)(?:[\"']\])?\s=\s")
NUMERIC = re.compile(r"[iuf]")
FOR_NUMBERS = frozenset(
    ("mean", "sum", "max", "min", "std", "median", "hist", "plot", "describe", "quantile", "corr", "round")
)
FOR_TEXTS = frozenset(("unique", "value_counts", "str", "nunique", "map", "tolist", "isin"))
ASKED = ("mean", "sum", "value_counts", "unique", "max", "min", "median", "std", "count", "nunique")
FOR_DATES = frozenset(("dt", "min", "max"))
"""What suits numbers, texts and dates; of what is `ASKED` of a column with nothing, more than of any other method."""
DOTTED = re.compile(r"\.([A-Za-z]\w*)")
QUOTED = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'")


class Line:
    """The line up to the cursor, and the text that it ends."""

    def __init__(self, text: str, typed: str) -> None:
        self.text = text[: len(text) - len(typed)]
        self.line = self.text[self.text.rfind("\n") + 1 :]
        self._words = frozenset(parts(self.line))
        self._assigned = parts(assigned(self.line))

    def like(self, name: str) -> bool:
        """Whether a name is akin to a word in the line, as `round` to `rounded`."""
        return any(akin(part, word) for part in parts(name) for word in self._words)

    def suits(self, attribute: str) -> float:
        """How much likelier an attribute is for what the line has, or assigns: about the log."""
        return max(ALIKE * self.like(attribute), habits().hint(self._assigned, attribute))

    def elsewhere(self, owner: str, column: str) -> float:
        """Whether the line has a column already: of the same thing it is not wanted again, of another one it is."""
        for quote in "\"'":
            literal = f"[{quote}{column}{quote}]"
            if literal in self.line:
                return -1.0 if f"{owner}{literal}" in self.line else 1.0
        return 0.0


def assigned(line: str) -> str:
    """The name or the key that a line gives a value; '' where it gives none."""
    found = ASSIGNED.search(line)
    return found[1] if found else ""


def akin(one: str, other: str) -> bool:
    """Whether two words begin alike, but for their endings, or one holds the other."""
    shorter = min(len(one), len(other))
    if one[:STEM] == other[:STEM]:
        return one[: max(shorter - 2, STEM)] == other[: max(shorter - 2, STEM)]
    return shorter > STEM and (one in other or other in one)


@lru_cache(4)
def link(text: str) -> Link | None:
    """What a name at the end of a text hangs on, or which call it is given to."""
    found = deque(links(text[-LOOK_BACK:] + END), maxlen=1)
    return found[0] if found and found[0].name.endswith(END) else None


def attributes(
    names: Iterable[str], link: Link, kind: Collection[str], line: Line, dtype: str = ""
) -> dict[str, float]:
    """What names after a dot are worth, of something that offers a `kind`'s names."""
    near, pooled = habits().attributes(link.before, first=link.first), of_kind(frozenset(kind))
    share = POOLED if sum(near.values()) < ENOUGH else POOLED_LESS
    fit = fitting(dtype)
    return {
        name: OWN * log1p(near.get(name, 0)) + share * log1p(pooled.get(name, 0.0)) + (name in fit) + line.suits(name)
        for name in names
    }


def usual(typed: str, link: Link, text: str, line: Line, *, known: bool) -> dict[str, float]:
    """What names are worth that people write after something that is not all known, or that the text has after a dot;
    where it is `known` what that is, only after this very thing."""
    near = {name: n for name, n in habits().attributes(link.before, first=link.first).items() if name.startswith(typed)}
    ends = habits().ends.get(brackets(link.before)[-2:], {})
    far = dict(nlargest(MOST_FAR, ((name, n) for name, n in ends.items() if name.startswith(typed)), key=itemgetter(1)))
    own = Counter(name for name in DOTTED.findall(text) if name.startswith(typed))
    same = Counter(re.findall(rf"\b{re.escape(link.before)}\.(\w+)", text)) if link.before.isidentifier() else {}
    its = 4.0 if link.before == "self" else 2.0
    if known:
        near, far, own = {}, {}, Counter({name: n for name, n in same.items() if name.startswith(typed)})
    return {
        name: OWN * log1p(3 * near.get(name, 0) + own[name])
        + 0.3 * log1p(far.get(name, 0))
        + its * log1p(same.get(name, 0))
        + line.suits(name)
        for name in {**near, **far, **own}
        if name != typed
    }


def keywords(names: Iterable[str], called: str) -> dict[str, float]:
    """What keywords are worth in a call of what is called so; an argument given by its place is worth 0."""
    near, far = habits().of_names("keyword", called), habits().all_keywords
    return {name: 1.2 * log1p(near.get(name, 0)) + 0.4 * log1p(far.get(name, 0)) + 0.9 for name in names}


def keyword_names(called: str) -> Collection[str]:
    """The keywords that people give to what is called so."""
    return habits().of_names("keyword", called)


def columns(
    names: Sequence[str], dtypes: Mapping[str, str], line: Line, owner: str, *, numeric: bool
) -> dict[str, float]:
    """What columns are worth, by what the cell does with them: those that it works with, and else the first ones."""
    used = Counter(one or other for one, other in QUOTED.findall(line.text))
    return {
        name: 0.6 * log1p(used[name])
        - 0.35 * log1p(at if not used[name] else 0)
        + line.elsewhere(owner, name)
        + ALIKE * line.like(name)
        + (numeric and bool(NUMERIC.match(dtypes.get(name, ""))))
        for at, name in enumerate(names)
    }


def words_in_quotes(text: str) -> list[str]:
    """The words that a text has in quotes, the last first."""
    found = (one or other for one, other in QUOTED.findall(text))
    return list(dict.fromkeys(word for word in reversed([*found]) if word.isidentifier()))[:MOST_FAR]


def fitting(dtype: str) -> Collection[str]:
    """The methods that suit the values of a column."""
    if NUMERIC.match(dtype):
        return FOR_NUMBERS
    return {"d": FOR_DATES, "o": FOR_TEXTS, "s": FOR_TEXTS, "c": FOR_TEXTS}.get(dtype[:1], ())


def is_written(name: str, part: str) -> bool:
    """Whether documents have an attribute anywhere; where they tell enough of a `part` of a package, whether they have
    it there."""
    near = habits().attributes(part, first=False) if part else {}
    return name in near if sum(near.values()) >= FEW else habits().has_attribute(name)


def is_attribute(name: str, before: str) -> bool:
    """Whether documents have an attribute after a word."""
    return name in habits().attributes(before, first=False)


def has_attributes(before: str) -> bool:
    """Whether documents have any attribute after a word."""
    return bool(habits().attributes(before, first=False))


def bare(before: str, name: str) -> bool:
    """Whether people mostly call a method with nothing."""
    return habits().mostly("bare call", before, name)


def last(before: str, name: str) -> bool:
    """Whether nothing mostly follows an attribute in its line or brackets."""
    return habits().mostly("last", before, name)


@lru_cache(64)
def of_kind(names: frozenset[str]) -> Mapping[str, float]:
    return habits().of_kind(names)
