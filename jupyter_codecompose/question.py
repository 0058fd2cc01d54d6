"""The questions that a Python kernel is asked, as texts that it evaluates, and the reading of its answers.

First it is to compile the files in `probe`, without their imports of each other, in the order in which they build on
one another; it keeps what it has compiled. Then it is asked what it knows. What a question is sent by, and when, is not
known here.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from importlib.resources import files
from typing import Any

import msgspec

from jupyter_codecompose.facts import Kind, Names, Namespace, Variable

LOOKS = 400
"""The most questions in a row."""
RETOLD = 2
"""How often names are asked for again that there was no time for: once, the machine may have been busy."""
KINDS = 1_000
"""The most kinds that are kept of one kernel."""
OWN_IMPORT = re.compile(r"^from jupyter_codecompose\.probe\.\w+ import (?:\(.*?\)|[^\n]*)\n", re.MULTILINE | re.DOTALL)


def _text(name: str) -> str:
    return OWN_IMPORT.sub("", (files("jupyter_codecompose") / "probe" / f"{name}.py").read_text("utf-8"))


FILES = ("start", "slots", "compiled", "calls", "data", "offers", "kinds", "names", "look")
TEXTS = tuple(map(_text, FILES))
KEY = f"codecompose {sha256(''.join(TEXTS).encode()).hexdigest()[:16]}"
"""What the code is kept under: another version of these files has another one."""
CODE = f"b['__import__']('sys').modules['IPython.core.getipython'].get_ipython().meta[{KEY!r}][0]"


def _run(code: str, call: str) -> str:
    """An expression that runs some code in a dict of its own, with Python's own builtins, and then a call there."""
    return f"(lambda b, d: (b['exec']({code}, d), d{call})[1])((lambda: 0).__builtins__, {{}})"


COMPILE = _run(repr(TEXTS[0]), f"['keep']({KEY!r}, {TEXTS!r})")


class Marked(Kind, frozen=True):
    """A kind as it is told of, with the number that says whether it still is as it was, and how many of its names have
    been gone through if these are not all."""

    mark: int = 0
    gone: int = 0


class Kept(msgspec.Struct, frozen=True):
    """How many of the files a kernel has compiled."""

    kept: int


class Seen(msgspec.Struct, frozen=True):
    """The names that a kernel has; `late`: there was no time for all."""

    variables: tuple[Variable, ...] = ()
    complete: bool = False
    late: bool = False
    hidden: Names = ()


class Answer(msgspec.Struct, frozen=True):
    """What a kernel says: its `names`, unless it was asked again; `kinds` are new, changed or told further, those named
    in `same` are as they were told of before; `more`: there was no time for some."""

    names: Seen | None
    kinds: tuple[Marked, ...]
    same: Names
    more: bool


class PutAside(Exception):
    """The kernel did not get to the question: it may be asked again."""


Ask = Callable[[str], Awaitable[dict[str, Any]]]
"""Has a kernel evaluate an expression; gives the content of its reply."""


class Questions:
    """What was learnt of one kernel's kinds, and so what it need not be asked again. `more`: there is more to learn."""

    def __init__(self) -> None:
        self._kept = 0
        self._seen = Seen()
        self._retold = 0
        self._kinds: dict[str, Marked] = {}
        self.more = True

    async def put(self, ask: Ask, again: bool = False) -> Namespace:
        """What a kernel tells; first it compiles what it is asked with, in several steps.

        It is asked `again` where nothing has run since it last told its names: then it only tells more of their kinds,
        if there was time for all names. Raises as `read`.
        """
        self._retold = self._retold if again else 0
        while not self._prepared:
            known = self.read(await ask(self.next()))
            if not self.more:
                return known
        return self.read(await ask(self.next(again)))

    async def put_all(self, ask: Ask) -> Namespace:
        """What a kernel tells that nobody waits for. Raises as `read`."""
        known = await self.put(ask)
        for _ in range(LOOKS):
            if not self.more:
                break
            known = await self.put(ask, again=True)
        return known

    def next(self, again: bool = False) -> str:
        """An expression for a kernel to evaluate."""
        if not self._prepared:
            return COMPILE
        parts = [part for kind in self._kinds.values() for part in kind.modules.values()]
        known = dict.fromkeys(parts, 0) | {name: kind.mark for name, kind in self._kinds.items()}
        gone = {name: kind.gone for name, kind in self._kinds.items() if kind.gone}
        asked = msgspec.json.encode((known, gone, again and not self._late)).decode()
        return _run(CODE, f"['start']({KEY!r}, {asked!r})")

    def read(self, content: dict[str, Any]) -> Namespace:
        """The namespace in an execute reply; an empty one if the kernel could not answer. Raises `PutAside`."""
        told = content.get("user_expressions", {}).get("facts", {})
        if content.get("status") == "aborted" or told.get("ename") == "KeyboardInterrupt":
            raise PutAside
        try:
            return self._told(told["data"]["text/plain"])
        except (KeyError, TypeError, ValueError):
            self._kept, self.more = 0, False
            return Namespace()

    @property
    def _late(self) -> bool:
        """Whether there was no time for all names, and may be now."""
        return self._seen.late and self._retold <= RETOLD

    @property
    def _prepared(self) -> bool:
        """Whether the kernel has compiled all."""
        return self._kept == len(TEXTS)

    def _told(self, text: str) -> Namespace:
        """The namespace in an answer. Raises ValueError where it is none."""
        if not self._prepared:
            kept = msgspec.json.decode(text, type=Kept).kept
            if not self._kept < kept <= len(TEXTS):
                raise ValueError
            self._kept, self.more = kept, True
            return Namespace()
        answer = msgspec.json.decode(text, type=Answer)
        same = [self._kinds[name] for name in answer.same if name in self._kinds]
        kinds = [self._joined(kind) for kind in answer.kinds]
        self._keep(kinds)
        if answer.names:
            self._seen, self._retold = answer.names, self._retold + 1
        self.more = answer.more or self._late
        return Namespace(self._seen.variables, (*same, *kinds), self._seen.complete, self._seen.hidden)

    def _joined(self, kind: Marked) -> Marked:
        """A kind with what was told of it before, where it was only told further."""
        before = self._kinds.get(kind.name)
        if before is None or not before.gone or before.mark != kind.mark:
            return kind
        parameters = before.parameters | kind.parameters
        unsubscriptable = (*before.unsubscriptable, *kind.unsubscriptable)
        return msgspec.structs.replace(kind, parameters=parameters, unsubscriptable=unsubscriptable)

    def _keep(self, kinds: list[Marked]) -> None:
        self._kinds |= {kind.name: kind for kind in kinds}
        if len(self._kinds) > KINDS:
            self._kinds = {}
