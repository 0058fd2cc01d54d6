"""What a Python kernel knows of its names. This file is not imported: its text is run inside the user's kernel.

`look()` is called in a dict of its own, so nothing is left behind. It runs none of the user's code: types are read
through the slots of `type`, everything else only when a value's type *is* a known class, found among the modules
already loaded. So it never calls `repr`, `len`, `isinstance`, `getattr` or `hasattr` on a value it does not know,
never imports a module and never sends a value: names, types, column names, the string keys of small dicts, and
signatures are all that leaves.

Not covered: a user who has replaced parts of pandas or of the standard library itself.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, type-arg"
from __future__ import annotations

import sys
import time

SEEN = 2_000
NAMES = 200
MEMBERS = 60
CHARACTERS = 16_000
LONGEST = 80
SIGNATURE = 200
SECONDS = 0.02

Type = type
Module: type = type(sys)
Function = type(lambda: 0)
name_of = type.__dict__["__name__"].__get__
module_of = type.__dict__["__module__"].__get__
line_of = type.__dict__["__mro__"].__get__
body_of = type.__dict__["__dict__"].__get__
module_body_of = Module.__dict__["__dict__"].__get__


class Answer:
    """The facts as IPython displays them: plain JSON, with no repr of anything."""

    def __init__(self, facts):
        self.facts = facts

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"application/json": self.facts, "text/plain": ""}


def look():
    """The facts, as they were defined: of modules, callables and tables first of all, and of the newest other names."""
    shell = found("IPython.core.getipython", "get_ipython")()
    facts = list(enumerate(facts_of(shell.user_ns, shell.user_ns_hidden)))
    facts.sort(key=lambda numbered: numbered[1]["module"] == "builtins" and not numbered[1]["members"])
    room = CHARACTERS
    kept = []
    for numbered in facts[:NAMES]:
        room -= weight(numbered[1])
        if room < 0:
            break
        kept.append(numbered)
    kept.sort(key=lambda numbered: -numbered[0])
    return Answer([fact for _, fact in kept])


def facts_of(space: dict, hidden: dict) -> list[dict]:
    """The facts of the names a user has defined, the newest first, for as long as there is time."""
    end = time.perf_counter() + SECONDS
    facts = []
    for name in list(space)[: -SEEN - 1 : -1]:
        if time.perf_counter() > end:
            break
        if not shown(name) or name[0] == "_" or name not in space:
            continue
        value = space[name]
        if name not in hidden or hidden[name] is not value:
            facts.append(fact_of(name, value))
    return facts


def weight(fact):
    return sum(map(len, fact["members"])) + len(fact["name"]) + len(fact["signature"]) + 20


def fact_of(name, value):
    """One name's fact: its type, where that comes from, and what is known of it beyond."""
    kind = type(value)
    module = module_of(kind)
    fact = {"name": name, "type": name_of(kind), "module": word(module), "members": [], "signature": ""}
    if kind is Module:
        fact["module"] = word(module_body_of(value).get("__name__"))
    elif kind is Function:
        fact["module"] = word(value.__module__)
        fact["signature"] = signature(value)
    elif kind is dict:
        fact["members"] = keys(value)
    elif is_class(kind):
        fact["type"], fact["module"] = "type", word(module_of(value))
        fact["signature"] = constructor(value)
    elif kind is found("pandas", "DataFrame"):
        fact["members"] = columns(value)
    return fact


def columns(frame):
    """The first string columns of a pandas frame."""
    index = frame.columns
    if type(index) is not found("pandas", "Index"):
        return []
    return [column for column in index[:MEMBERS].tolist() if shown(column)]


def keys(mapping):
    """The keys of a small dict of strings; those of a large one are data, not a shape."""
    if len(mapping) > MEMBERS:
        return []
    return [key for key in list(mapping) if shown(key)]


def constructor(value):
    """What a class is called with, where Python code says so."""
    for base in line_of(value):
        init = body_of(base).get("__init__")
        if init is not None:
            return signature(init, skip=1) if type(init) is Function else ""
    return ""


def signature(function, skip=0):
    """`(a, b=1, *rest, c)`, from the code object; a default that is no short literal is shown as `…`."""
    for _ in range(8):
        inner = dict.get(function.__dict__, "__wrapped__")
        if type(inner) is not Function:
            break
        function = inner
    code = function.__code__
    names, count, flags = code.co_varnames, code.co_argcount, code.co_flags
    last = count + code.co_kwonlyargcount
    defaults = function.__defaults__ if type(function.__defaults__) is tuple else ()
    named = function.__kwdefaults__ if type(function.__kwdefaults__) is dict else {}
    rest = [names[last]] if flags & 4 else []
    texts = []
    for at in range(skip, count):
        back = count - at
        texts.append(names[at] + ("=" + literal(defaults[-back]) if back <= len(defaults) else ""))
        if at + 1 == code.co_posonlyargcount:
            texts.append("/")
    if rest or last > count:
        texts.append("*" + "".join(rest))
    texts += [name + ("=" + literal(named[name]) if name in named else "") for name in names[count:last]]
    if flags & 8:
        texts.append("**" + names[last + len(rest)])
    text = "(" + ", ".join(texts) + ")"
    return text if len(text) <= SIGNATURE else text[: SIGNATURE - 2] + "…)"


def literal(value):
    """A default as it would be written, if it is short and its type is exactly a plain one."""
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return repr(value)
    if kind is int and -(10**9) < value < 10**9:
        return repr(value)
    if kind is str and len(value) <= 16 and value.isprintable():
        return repr(value)
    return "…"


def found(module, name):
    """An attribute of a module that is already loaded, else something that no type is."""
    holder = sys.modules.get(module)
    return module_body_of(holder).get(name, found) if type(holder) is Module else found


def is_class(kind):
    return any(base is Type for base in line_of(kind))


def shown(text):
    return type(text) is str and 0 < len(text) <= LONGEST and text.isprintable()


def word(text):
    return text if shown(text) else ""
