"""Where a text of Python can be cut so that each part is read by itself, and read again only when it changes.

Pure. It knows lines, brackets and strings. A part that begins within some is given them back at its head.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from jupyter_codecompose.brackets import PAIRS, START, State, is_code, scan
from jupyter_codecompose.leaves import plain

REMEMBERED = 64
LONGEST = 800
"""A statement of more characters is read in parts."""
CONTINUED = re.compile(r"(?:else|elif|except|finally)\b|[)\]}]")
BREAKS = re.compile(r"(?:def|class|import|try|while|with|return|del|pass|global|assert|nonlocal)\b")
"""Words that begin a statement whatever brackets are open, as parso reads them."""
OPENERS = {closer: opener for opener, closer in PAIRS.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """Where a line begins, within what brackets and string; `free`: it goes on with no other line; `first`: a statement
    that is not indented begins there."""

    at: int
    state: State = START
    free: bool = True
    first: bool = True

    @property
    def head(self) -> str:
        """What a text that begins here needs before it, to be read as it was; indented, since its statement may be."""
        opened = "".join(OPENERS[closer] for closer in self.state.stack)
        return f" {opened}{self.state.quote}" if opened or self.state.quote else ""


def begins(line: str) -> bool:
    """Whether a line that goes on with no other begins a statement that is not indented."""
    return bool(line[:1].strip()) and not CONTINUED.match(line)


@lru_cache(REMEMBERED)
def lines(text: str) -> tuple[Line, ...]:
    """The lines of a text, also the empty one behind its last newline."""
    found: list[Line] = []
    state, at, joined = START, 0, False
    for line in plain(text).split("\n"):
        if is_code(state) and BREAKS.match(line):
            state = START
        free = is_code(state) and not state.stack and not joined
        found.append(Line(at, State(state.stack, state.quote), free, free and begins(line) and line[0] != "#"))
        state, joined = scan(line + "\n", state), line.endswith("\\")
        at += len(line) + 1
    return tuple(found)


@lru_cache(REMEMBERED)
def passages(text: str, least: int = 0) -> tuple[str, ...]:
    """The statements of a text, so many together that they have `least` characters, and the parts of long ones."""
    found: list[str] = []
    begun = Line(0)
    for line in lines(text)[1:]:
        size = line.at - begun.at
        if size >= LONGEST or (line.first and size >= least):
            found.append(begun.head + text[begun.at : line.at])
            begun = line
    return (*found, begun.head + text[begun.at :])
