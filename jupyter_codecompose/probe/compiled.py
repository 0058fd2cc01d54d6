"""What a function that is not written in Python is called with: one of Python's own, or one compiled by Cython."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_codecompose.probe.slots import Getter, belongs, body_of, found, is_plain, name_of

TAKES_ANY = 8
Builtin, Descriptor, Code = type(len), type(str.join), type((lambda: 0).__code__)
CYTHON: dict[int, bool] = {}


def compiled_in(called: Any, skip: int) -> list[str] | None:
    """The keywords of a builtin function or method of Python itself, or of a function that Cython has compiled.

    Other libraries' texts are not always right, and Cython's count of what is positional only is not either.
    """
    kind = type(called)
    if kind is Builtin and found("builtins", called.__name__) is called:
        return written(called.__text_signature__)
    if kind is Descriptor and belongs(called.__objclass__, "builtins"):
        return written(called.__text_signature__)
    if not is_cython(kind):
        return None
    getter = body_of(kind).get("__code__")
    code = getter.__get__(called) if type(getter) is Getter else None
    if type(code) is not Code or code.co_flags & TAKES_ANY or not is_plain(code.co_varnames):
        return None
    return list(code.co_varnames[skip : code.co_argcount + code.co_kwonlyargcount])


def is_cython(kind: type) -> bool:
    """Whether the values of a type are functions that Cython has compiled: each version of it has a type of its own."""
    if name_of(kind) != "cython_function_or_method":
        return False
    if id(kind) not in CYTHON:
        modules = [name for name in sys.modules if type(name) is str and name.startswith("_cython_")]
        CYTHON[id(kind)] = any(found(module, name_of(kind)) is kind for module in modules)
    return CYTHON[id(kind)]


def written(text: Any) -> list[str] | None:
    """The keywords in a signature such as `($self, /, sep=None, maxsplit=-1)`."""
    if type(text) is not str or "**" in text:
        return None
    parts = [part.partition("=")[0].strip() for part in text[1:-1].split(",")]
    parts = parts[parts.index("/") + 1 :] if "/" in parts else parts
    names = [part for part in parts if part and part[0] not in "*$"]
    return names if all(map(str.isidentifier, names)) else None
