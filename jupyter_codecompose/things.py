"""What a path of names leads to, by a kernel's facts, and whether anything can be subscribed from it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jupyter_codecompose.facts import Kind, Variable
from jupyter_codecompose.results import FRAME, SERIES

BY_NUMBER, BY_LABEL = ("iat", "iloc"), ("at", "loc")
"""What a row of pandas' tables is subscribed from."""
TIME = re.compile(
    r"\d|\b(?:now|today|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)\b",
    re.IGNORECASE,
)
"""What there is in a text that may stand for a time, and so for a row of a table that is sorted by times."""
BY_TEXT = ("attrs", "str", "struct")
"""What of a column gives something for a text that is no row's name."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What a path leads to: a variable, a part of a module or (`column`) a column of a table whose rows have no names;
    or (`called`) an attribute of it."""

    variable: Variable | None
    kind: Kind | None
    called: str = ""
    column: bool = False


def has_no_member(thing: Thing, key: str) -> bool:
    """Whether a thing is one that nothing can be subscribed from, or nothing by a string that is no time."""
    variable, kind, called = thing.variable, thing.kind, thing.called
    table = kind is not None and kind.name in (FRAME, SERIES)
    numbered = thing.column or (variable is not None and table and _is_numbered(variable))
    if not called and numbered and (variable is None or variable.kind == SERIES):
        return not TIME.search(key)
    if not called:
        return variable is None or variable.type == "module" or (kind is not None and not kind.subscriptable)
    if kind is None or not kind.attributes or (variable and called in variable.own):
        return False
    if table and called in BY_LABEL:
        return numbered and not TIME.search(key)
    return kind.has_no_members(called) or (table and called in BY_NUMBER) or (thing.column and called not in BY_TEXT)


def _is_numbered(variable: Variable) -> bool:
    """Whether the rows of a table of pandas' are known to have numbers or times, and no names."""
    return bool(variable.item) or (variable.kind == SERIES and not variable.open)
