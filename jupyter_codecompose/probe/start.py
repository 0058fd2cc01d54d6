"""How the other files come into a kernel and how a look with them begins and ends.

A kernel compiles them once, some at a time, and keeps the code, this file's first, in what IPython has for extensions
to keep things in. Code alone knows nobody and is no matter of the garbage collector's; functions are made anew for each
look and dropped after it.
"""

from __future__ import annotations

import gc
import json
import sys
from time import perf_counter
from typing import Any

COMPILING = 0.003
"""Seconds after which no further text is compiled in one question."""


class Answer:
    """What was seen, as IPython displays it: some JSON, with no repr of anything."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.text = json.dumps(told, separators=(",", ":"), check_circular=False)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text}


def keep(key: str, texts: tuple[str, ...]) -> Answer:
    """Compiles those of the texts that are not kept under `key` yet, while there is time; how many of them now are."""
    end = perf_counter() + COMPILING
    kept = meta()
    for text in texts[len(kept.get(key, ())) :]:
        code = compile(text, "<codecompose>", "exec", dont_inherit=True, optimize=2)
        kept[key] = (*kept.get(key, ()), code)
        if perf_counter() > end:
            break
    return Answer({"kept": len(kept[key])})


def start(key: str, asked: str) -> Answer:
    """What `look` tells, whose code is kept under `key`, of what it is `asked`: its arguments as JSON.

    No garbage is collected meanwhile: no finalizer is run, and what is made and dropped here does not bring the next
    collection nearer. What was loaded is dropped by hand, since its functions hold the dict that holds them.
    """
    begun = perf_counter()
    space: dict[str, Any] = {}
    collects = gc.isenabled()
    try:
        gc.disable()
        for code in meta()[key][1:]:
            exec(code, space)  # noqa: S102
        return Answer(space["look"](begun, *json.loads(asked)))
    finally:
        if collects:  # first: here no interrupt can come before it
            gc.enable()
        space.clear()


def meta() -> dict[str, Any]:
    """What IPython has for extensions to keep things in."""
    kept: dict[str, Any] = sys.modules["IPython.core.getipython"].get_ipython().meta
    return kept
