"""What a cursor asks for: nothing, the rest of a line, or a block.

Pure. Looks only at the text on both sides of the cursor, and at whether a person asked. CodeCompose's rules (Dunay et
al. 2024, arXiv 2402.04141): nothing where code stands to the right, closers apart; a block at the end of the innermost
scope or on a line that opens one, so that no code below is moved about; else one line.
"""

from __future__ import annotations

import re
from enum import Enum
from unicodedata import category

from jupyter_codecompose.brackets import PAIRS, State, steps, unclosed
from jupyter_codecompose.languages import Language
from jupyter_codecompose.languages import language as language_of
from jupyter_codecompose.neighbours import CLOSING
from jupyter_codecompose.notebook import Notebook
from jupyter_codecompose.scope import at_end, last_line, opens
from jupyter_codecompose.window import around

DIRECTIVE = re.compile(r"(?:type|noqa|pylint|fmt|mypy|pyright|ruff|isort|yapf|pragma|eslint)\b|%%")
PLAIN_WORD = re.compile(r"""["'(`“「]?[^\W_][\w'’/&%、，。：；-]*["')`”」]?[.,:;!?…！？।،؛؟]*""")
UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Letters of scripts that put no blanks between words: Thai, Lao, Burmese, Khmer, Japanese and Chinese."""
SEVERAL = 3
JOINERS = "\u200c\u200d"
PREFIX = re.compile(r"[A-Za-z]{0,2}\Z")
QUERY = re.compile(
    r"""\s*(?:(?-i:SELECT|WITH|INSERT|UPDATE|DELETE|CREATE)\b
    | select\b.*\bfrom\b | with\s+\S+\s+as\b | insert\s+into\b | update\s+\S+\s+set\b | delete\s+from\b
    | create\s+(?:\w+\s+){0,3}?(?:table|view|index|schema|database|function)\s+\S+\s*(?:\(|\bas\b|\bon\b)
    )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""How a query begins: by a word that nobody writes so in prose, or by two that belong together."""
SUBSCRIPTED = re.compile(r"[\w)\]]")


class Intent(Enum):
    """`BELOW` is a block that begins on the line below a comment."""

    SILENT = "silent"
    LINE = "line"
    BLOCK = "block"
    BELOW = "below"


def intent(notebook: Notebook, *, invoked: bool) -> Intent:
    """What to suggest at the notebook's cursor; `invoked` when a person asked for it, and not the page in a pause."""
    rest = notebook.right.partition("\n")[0]
    if is_word(rest[:1]):
        return Intent.SILENT
    if invoked:
        return Intent.LINE if rest.strip() else Intent.BLOCK
    empty = not (notebook.left.strip() or notebook.right.strip() or notebook.above or notebook.below)
    if notebook.prose or empty:
        return Intent.SILENT
    language = language_of(notebook.language)
    return _unasked(*around(notebook.left, notebook.right, language), language)


def lead(left: str) -> str:
    """What comes before a suggestion that begins on the line below."""
    line = left.rpartition("\n")[2]
    return "\n" + line[: len(line) - len(line.lstrip())]


def is_word(char: str) -> bool:
    """Whether `char` could stand inside a name."""
    return char.isalnum() or char == "_"


def _unasked(left: str, right: str, language: Language) -> Intent:
    rest = right.partition("\n")[0]
    state, begins = unclosed(left, language)
    if state.in_comment:
        return Intent.BELOW if _is_task(left, begins, right, language) else Intent.SILENT
    if not CLOSING.fullmatch(_code(rest, state, language)):
        return Intent.SILENT
    if state.quote:
        return Intent.LINE if _is_value(left, begins, state, language) else Intent.SILENT
    if rest.strip() or not language.scope:
        return Intent.LINE
    return (
        Intent.BLOCK
        if _opens_here(left, right, language) or at_end(left, right, state.stack, language)
        else Intent.LINE
    )


def _code(rest: str, state: State, language: Language) -> str:
    """The rest of a line without the comment in it."""
    return rest.partition(language.comment)[0] if language.comment and not state.quote else rest


def _opens_here(left: str, right: str, language: Language) -> bool:
    """The line opens a scope, or is empty and the first one below such a line or a comment."""
    if left.rpartition("\n")[2].strip():
        return opens(left, language)
    above = last_line(left).strip()
    commented = bool(above) and bool(language.comment) and above.startswith(language.comment)
    return opens(left.rstrip(), language) or (commented and _is_free(right))


def _is_task(left: str, begins: int, right: str, language: Language) -> bool:
    """Whether a comment says in plain words what comes below it, and nothing is there yet."""
    words = left[begins + len(language.comment) :].strip(" #/-").split()
    alone = not left[:begins].rpartition("\n")[2].strip() and not right.partition("\n")[0].strip()
    plain = bool(words) and all(map(_is_plain, words)) and not DIRECTIVE.match(words[0])
    several = len(words) > 1 or len(UNSPACED.findall("".join(words))) >= SEVERAL
    return alone and plain and several and _is_free(right)


def _is_plain(word: str) -> bool:
    """Whether a word is one of plain text. Marks are part of the letters that they stand on."""
    return bool(PLAIN_WORD.fullmatch(word if word.isascii() else "".join(filter(_is_no_mark, word))))


def _is_no_mark(char: str) -> bool:
    return not (category(char).startswith("M") or char in JOINERS)


def _is_free(right: str) -> bool:
    """Whether the line below is empty, or missing."""
    return not right.partition("\n")[2].partition("\n")[0].strip()


def _is_value(left: str, begins: int, state: State, language: Language) -> bool:
    """Whether an open string is a key, a name or a query, or code stands in it; words for people are left alone."""
    text = left[begins + len(state.quote) :]
    prefix = PREFIX.search(left, max(begins - 2, 0), begins)
    braced = text.replace("{{", "")
    if prefix and "f" in prefix[0].lower() and braced.rfind("{") > braced.rfind("}"):
        return True
    return not re.search(r"\s", text) or bool(QUERY.match(text)) or _is_subscript(left[:begins], state, language)


def _is_subscript(left: str, state: State, language: Language) -> bool:
    """Whether a string behind `left` is in a subscript, perhaps in lists in it; not in another list."""
    if not state.stack.endswith("]"):
        return False
    opened: list[int] = []
    for at, token, after in steps(left, language=language):
        if token in PAIRS and len(after.stack) > len(opened):
            opened.append(at)
        del opened[len(after.stack) :]
    lists = len(state.stack) - len(state.stack.rstrip("]"))
    return any(SUBSCRIPTED.fullmatch(left[at - 1 : at]) for at in opened[-lists:])
