"""What a function or a class is called with, by the code objects of plain Python functions."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_codecompose.probe.compiled import compiled_in
from jupyter_codecompose.probe.slots import (
    Function,
    Module,
    Type,
    entry_of,
    flat,
    found,
    is_plain,
    module_body_of,
    own_of,
    word,
)

SIGNATURE = 200
WRAPPED = 8
VARARGS, VARKEYWORDS = 4, 8
Method = type(found.__get__(0))
Cached, Dispatched = found("functools", "_lru_cache_wrapper"), type(found("numpy", "sum"))
PANDAS = ("pandas.core.frame", "pandas.core.series", "pandas.core.generic", "pandas.core.base")
CHECKED = (
    *("all", "any", "argmax", "argmin", "clip", "cummax", "cummin", "cumprod", "cumsum", "idxmax", "idxmin", "kurt"),
    *("max", "mean", "median", "min", "prod", "round", "sem", "skew", "std", "sum", "var"),
)
"""Methods of pandas that take any keywords, for numpy to pass what it always passes, and refuse all others."""


def constructor(kind: type) -> str:
    """The signature of a class, where Python code says so."""
    init = entry_of(kind, "__init__")
    return signature(init, skip=1) if type(init) is Function else ""


def signature(function: Any, skip: int = 0) -> str:
    """`(a, b=1, *rest, c)`, from the code object; a default that is no short literal is shown as `…`."""
    for _ in range(WRAPPED):
        inner = flat(function.__dict__).get("__wrapped__")
        if type(inner) is not Function:
            break
        function = inner
    code = function.__code__
    if not is_plain(code.co_varnames):
        return ""
    text = "(" + ", ".join(parameters(code, skip, function.__defaults__, function.__kwdefaults__)) + ")"
    return text if len(text) <= SIGNATURE else text[: SIGNATURE - 2] + "…)"


def parameters(code: Any, skip: int, defaults: Any, named: Any) -> list[str]:
    """The parameters as they are written, after the first `skip`."""
    names, count = code.co_varnames, code.co_argcount
    last = count + code.co_kwonlyargcount
    defaults = defaults if type(defaults) is tuple else ()
    named = flat(named) if type(named) is dict else {}
    rest = [names[last]] if code.co_flags & VARARGS else []
    texts = []
    for at in range(skip, count):
        back = count - at
        texts.append(names[at] + ("=" + literal(defaults[-back]) if back <= len(defaults) else ""))
        if at + 1 == code.co_posonlyargcount:
            texts.append("/")
    if rest or last > count:
        texts.append("*" + "".join(rest))
    texts += [name + ("=" + literal(named[name]) if name in named else "") for name in names[count:last]]
    if code.co_flags & VARKEYWORDS:
        texts.append("**" + names[last + len(rest)])
    return texts


def literal(value: Any) -> str:
    """A default as it would be written, if it is short and its type is exactly a plain one."""
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return repr(value)
    if kind is int and -(10**9) < value < 10**9:
        return repr(value)
    if kind is str and len(value) <= 16 and value.isprintable():
        return repr(value)
    return "…"


def made_with(kind: type) -> list[str] | None:
    """The keywords that a class takes; None where anything but plain functions has a say in it."""
    if entry_of(type(kind), "__call__") is not Type.__dict__["__call__"]:
        return None
    makers = (entry_of(kind, "__new__"), object.__new__), (entry_of(kind, "__init__"), object.__init__)
    own = [maker for maker, inherited in makers if maker is not inherited]
    if len(own) != 1:
        return None if own else []
    return keywords(own[0].__func__ if type(own[0]) is staticmethod else own[0], skip=1)


def keywords(called: Any, skip: int = 0) -> list[str] | None:
    """The names that a callable takes as keywords, without its first `skip` parameters; None where that is not known.

    A wrapper that hands on whatever keywords it gets takes its own names and those of what it wraps.
    """
    if type(called) is Method:
        called, skip = called.__func__, skip + 1
    names: list[str] = []
    for _ in range(WRAPPED):
        function = called if type(called) is Function else behind(called)
        if type(function) is not Function:
            return compiled_in(called, skip) if not names else None
        if not is_plain(function.__code__.co_varnames):
            return None
        code, body = function.__code__, flat(function.__dict__)
        first = min(max(skip, code.co_posonlyargcount), code.co_argcount)
        names += code.co_varnames[first : code.co_argcount + code.co_kwonlyargcount]
        wrapped = body.get("__wrapped__")
        if "__signature__" in body and not is_checked(wrapped):
            return signed(body["__signature__"], skip)
        if not code.co_flags & VARKEYWORDS or is_checked(function):
            return list(dict.fromkeys(names))
        called = wrapped
    return None


def is_checked(function: Any) -> bool:
    """Whether a function is one of pandas' that refuse what they do not name."""
    if type(function) is not Function or word(function.__code__.co_name) not in CHECKED:
        return False
    modules = [holder for name in PANDAS if type(holder := sys.modules.get(name)) is Module]
    return any(function.__globals__ is module_body_of(module) for module in modules)


def signed(signature: Any, skip: int) -> list[str] | None:
    """The keywords that an `inspect.Signature` has, where that is what a function says of itself."""
    if type(signature) is not found("inspect", "Signature"):
        return None
    kinds = [(parameter._name, parameter._kind) for parameter in signature._parameters.values()]
    named = [found("inspect", f"_{kind}") for kind in ("POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY")]
    if any(kind is found("inspect", "_VAR_KEYWORD") for _, kind in kinds):
        return None
    return [name for name, kind in kinds[skip:] if any(kind is one for one in named) and type(name) is str]


def behind(called: Any) -> Any:
    """The Python function that a cached function, or one that numpy dispatches, stands for."""
    return (own_of(called) or {}).get("__wrapped__") if is_stand_in(type(called)) else None


def is_stand_in(kind: type) -> bool:
    return kind is Cached or kind is Dispatched
