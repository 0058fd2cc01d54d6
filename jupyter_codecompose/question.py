"""The one question that a Python kernel is asked, as text that it evaluates, and the reading of its answer.

The text is that of the files in `probe`, without their imports of each other, in the order in which they build on one
another. What the question is sent by, and when, is not known here.
"""

from __future__ import annotations

import marshal
import re
import sys
from binascii import b2a_base64
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from jupyter_codecompose.facts import Kind, Name, Names, Namespace, Variable

KINDS = 1_000
"""The most kinds that are kept of one kernel."""
OWN_IMPORT = re.compile(r"^from jupyter_codecompose\.probe\.\w+ import (?:\(.*?\)|[^\n]*)\n", re.MULTILINE | re.DOTALL)


def _text(name: str) -> str:
    return OWN_IMPORT.sub("", (files("jupyter_codecompose") / "probe" / f"{name}.py").read_text("utf-8"))


TEXTS = tuple(_text(name) for name in ("slots", "compiled", "calls", "data", "offers", "kinds", "names", "look"))
PYTHON = f"{sys.implementation.cache_tag} {sys.hexversion}"


@cache
def compiled() -> str:
    """The texts as this version of Python compiles them; a kernel of the same saves itself most of the time."""
    codes = [compile(text, "<codecompose>", "exec", optimize=2) for text in TEXTS]
    return b2a_base64(marshal.dumps(codes), newline=False).decode()


class Marked(Kind, frozen=True):
    """A kind as it is told of, with the number that says whether it still is as it was."""

    mark: int = 0


class Answer(msgspec.Struct, frozen=True):
    """What a kernel says: `kinds` are new or changed, those named in `same` are as they were told of before."""

    variables: tuple[Variable, ...]
    complete: bool
    python: Name
    hidden: Names
    kinds: tuple[Marked, ...]
    same: Names


class PutAside(Exception):
    """The kernel did not get to the question: it may be asked again."""


class Questions:
    """What was learnt of one kernel's kinds, and so what it need not be asked again."""

    def __init__(self) -> None:
        self._kinds: dict[str, Marked] = {}
        self._python = ""

    def next(self) -> str:
        """An expression for a kernel to evaluate."""
        parts = [part for kind in self._kinds.values() for part in kind.modules.values()]
        known = dict.fromkeys(parts, 0) | {name: kind.mark for name, kind in self._kinds.items()}
        load = "b['__import__']('marshal').loads(b['__import__']('binascii').a2b_base64({!r}))".format
        texts = load(compiled()) if self._python == PYTHON else repr(TEXTS)
        run = f"[b['exec'](text, d) for text in {texts}]"
        return f"(lambda d, b: ({run}, d['look']({known!r}))[1])({{}}, (lambda: 0).__builtins__)"

    def read(self, content: dict[str, Any]) -> Namespace:
        """The namespace in an execute reply; an empty one if the kernel could not answer."""
        told = content.get("user_expressions", {}).get("facts", {})
        if content.get("status") == "aborted" or told.get("ename") == "KeyboardInterrupt":
            raise PutAside
        try:
            answer = msgspec.json.decode(told["data"]["text/plain"], type=Answer)
        except (KeyError, TypeError, msgspec.MsgspecError):
            return Namespace()
        same = [self._kinds[name] for name in answer.same if name in self._kinds]
        self._python = answer.python
        self._keep(answer.kinds)
        return Namespace(answer.variables, (*same, *answer.kinds), answer.complete, answer.hidden)

    def _keep(self, kinds: tuple[Marked, ...]) -> None:
        self._kinds |= {kind.name: kind for kind in kinds}
        if len(self._kinds) > KINDS:
            self._kinds = {}
