"""A small reader of brackets and quotes, good enough to tell what is still open at a cursor.

Pure. It follows the strings, comments and brackets of Python, and of most languages that a notebook holds; a string
with one quote ends with its line, so that a stray apostrophe cannot lead it astray for longer. It knows no scopes. Of a
long text the end alone is read again at each key; where that may begin is found once for the text above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from jupyter_codecompose.languages import PYTHON, Language

PAIRS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = frozenset(PAIRS.values())
STEP = 500
REMEMBERED = 32


@dataclass(frozen=True)
class State:
    """`stack`: closers still owed, innermost last. `quote`: what ends the open string, or ''.

    `orphans`: the closers that were seen and closed nothing.
    """

    stack: str = ""
    quote: str = ""
    in_comment: bool = False
    orphans: str = ""


START = State()


def scan(text: str, state: State = START, language: Language = PYTHON) -> State:
    """The state after `text`."""
    for _, _, after in steps(text, state, language):
        state = after
    return state


def unclosed(text: str, language: Language = PYTHON) -> tuple[State, int]:
    """The state after `text`, and where in it the open string or comment begins: at its end if none is."""
    state, begins = START, len(text)
    for at, _, after in steps(text, START, language):
        if is_code(state) and not is_code(after):
            begins = at
        state = after
    return state, len(text) if is_code(state) else begins


def recent(text: str, least: int, language: Language = PYTHON) -> str:
    """The end of a text, `least` characters or some more, that reads by itself as it does in the whole: it begins with
    a line that stands in no string or comment, and in no bracket, unless that was opened far above."""
    above = max(len(text) - least, 0) // STEP * STEP
    plain, outside = _begins(text[:above], language)
    return text[plain if above - plain <= least else outside :]


def code(text: str, language: Language = PYTHON) -> str:
    """A text without its strings and comments."""
    return _pieces(language).sub(lambda piece: piece[0] if len(piece[0]) == 1 else "", text)


@lru_cache(REMEMBERED)
def _begins(text: str, language: Language) -> tuple[int, int]:
    """Where the last line begins that stands in no string, comment or bracket, and the last in no string or comment."""
    stack, plain, outside = "", 0, 0
    for piece in _pieces(language).finditer(text):
        token = piece[0]
        if token == "\n":  # noqa: S105
            outside = piece.end()
            plain = plain if stack else outside
        elif token in PAIRS:
            stack += PAIRS[token]
        elif stack.endswith(token):
            stack = stack[:-1]
    return plain, outside


def is_code(state: State) -> bool:
    """Whether what comes next is neither in a string nor in a comment."""
    return not (state.quote or state.in_comment)


def steps(text: str, state: State = START, language: Language = PYTHON) -> Iterator[tuple[int, str, State]]:
    """Each token that matters: where it stands, itself, and the state after it."""
    found = _tokens(state.quote, state.in_comment, language).search(text)
    while found:
        state = _after(state, found[0], language.comment)
        yield found.start(), found[0], state
        found = _tokens(state.quote, state.in_comment, language).search(text, found.end())


@cache
def _tokens(quote: str, in_comment: bool, language: Language) -> re.Pattern[str]:
    """What can change the state: in a comment, in a string, or in plain code."""
    if in_comment:
        return re.compile(r"\n")
    if quote:
        return re.compile(rf"\\.|{quote}" + ("|\n" if len(quote) == 1 else ""), re.DOTALL)
    marks = [re.escape(language.comment)] if language.comment else []
    return re.compile(
        "|".join([*(3 * mark for mark in language.quotes), *marks, rf"[{language.quotes}()\[\]{{}}:,;\n]"])
    )


@cache
def _pieces(language: Language) -> re.Pattern[str]:
    """A string or comment as far as it goes, a bracket, or the end of a line."""
    threes = [rf"{mark * 3}(?:[^{mark}\\]|\\.|{mark}(?!{mark * 2}))*+(?:{mark * 3})?" for mark in language.quotes]
    ones = [rf"{mark}(?:[^{mark}\\\n]|\\.)*+{mark}?" for mark in language.quotes]
    comments = [rf"{re.escape(language.comment)}[^\n]*"] if language.comment else []
    return re.compile("|".join([*threes, *ones, *comments, r"[()\[\]{}\n]"]), re.DOTALL)


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
        return State(stack[:-1], orphans=orphans) if stack.endswith(token) else State(stack, orphans=orphans + token)
    return state
