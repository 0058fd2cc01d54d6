"""A small reader of brackets and quotes, good enough to tell what is still open at a cursor.

Pure. It follows the strings, comments and brackets of Python, and of most languages that a notebook holds; a string
with one quote ends with its line, so that a stray apostrophe cannot lead it astray for longer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

PAIRS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = frozenset(PAIRS.values())
SLASHED = frozenset({"javascript", "typescript", "java", "c", "cpp", "c++", "scala", "rust", "go", "kotlin"})


@dataclass(frozen=True)
class State:
    """`stack`: closers still owed, innermost last. `quote`: what ends the open string, or ''.

    `orphans`: how many closers were seen that closed nothing.
    """

    stack: str = ""
    quote: str = ""
    in_comment: bool = False
    orphans: int = 0


START = State()


def comment_mark(language: str) -> str:
    """What begins a comment in `language`."""
    return "//" if language.lower() in SLASHED else "#"


def scan(text: str, state: State = START, comment: str = "#") -> State:
    """The state after `text`."""
    for _, _, after in steps(text, state, comment):
        state = after
    return state


def steps(text: str, state: State = START, comment: str = "#") -> Iterator[tuple[int, str, State]]:
    """Each token that matters: where it stands, itself, and the state after it."""
    found = _tokens(state.quote, state.in_comment, comment).search(text)
    while found:
        state = _after(state, found[0], comment)
        yield found.start(), found[0], state
        found = _tokens(state.quote, state.in_comment, comment).search(text, found.end())


@cache
def _tokens(quote: str, in_comment: bool, comment: str) -> re.Pattern[str]:
    """What can change the state: in a comment, in a string, or in plain code."""
    if in_comment:
        return re.compile(r"\n")
    if quote:
        return re.compile(rf"\\.|{quote}" + ("|\n" if len(quote) == 1 else ""), re.DOTALL)
    return re.compile(r'"""|' + r"'''|[\"'()\[\]{}:,;\n]|" + re.escape(comment))


def _after(state: State, token: str, comment: str) -> State:
    stack, orphans = state.stack, state.orphans
    if state.in_comment or token == "\n":  # noqa: S105
        return State(stack, orphans=orphans)
    if state.quote:
        return State(stack, orphans=orphans) if token == state.quote else state
    if token == comment:
        return State(stack, in_comment=True, orphans=orphans)
    if token[0] in "\"'":
        return State(stack, quote=token, orphans=orphans)
    if token in PAIRS:
        return State(stack + PAIRS[token], orphans=orphans)
    if token in CLOSERS:
        return State(stack[:-1], orphans=orphans) if stack.endswith(token) else State(stack, orphans=orphans + 1)
    return state
