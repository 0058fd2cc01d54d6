"""Where a line of Python stops making sense: before what cannot follow, and where only something unwritten could.

Pure. It knows operands and operators, and no grammar: two operands side by side, or an end that promises one more, are
what a small model's lines go wrong by. Not covered: what is wrong in any other way, and expressions of several lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from keyword import kwlist
from typing import Literal

from jupyter_codecompose.brackets import is_code, scan

LANGUAGES = frozenset(("python", "python3", "ipython"))
TOKEN = re.compile(
    r"""(?P<string>[rRbBuUfFtT]{0,2}(?P<quote>'''|\"\"\"|'|\"))|(?P<name>[^\W\d]\w*)|(?P<operand>\.?\d[\w.]*|\.\.\.)
    |(?P<comment>\#)|(?P<closer>[)\]}])|(?P<operator>\S)""",
    re.VERBOSE,
)
JOINING = frozenset(("and", "or", "not", "in", "is", "if", "else", "for", "as", "from", "import", "async"))
"""Keywords that may stand behind an operand."""
VALUES = frozenset(("True", "False", "None"))
SOFT = frozenset(("match", "case", "type", "print", "exec"))
"""How a line may begin with two words."""
SHELL = re.compile(r"(?:^|=)\s*[%!?]")
UNFINISHED = re.compile(r"(?:[-+*/@%&|^~<>,]|[:!=]?=|(?<![\w.])(?:if|elif|while|assert))\Z")
"""What something must follow, where no bracket is open."""
PROMISING = re.compile(r"(?:\\|(?<![\w.])(?:not|lambda|await))\Z")
"""What something must follow, on the same line in brackets too; and so it must a dot that ends no number."""
OPENER = re.compile(r"(?<=[-+*/@%&|^<>])\s*[(\[{]\Z")
WORD = re.compile(r"(?<![\w.])[a-z]+\Z")
BEGUN = frozenset(
    word[:end] for word in ("not", "lambda", "await", "if", "elif", "while", "assert") for end in range(1, len(word))
)
STAR = re.compile(r"\bimport\s*\*\Z")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a sign or a string of a line, from `at` to `end`."""

    sort: Literal["string", "name", "operand", "closer", "operator"]
    text: str
    at: int
    end: int

    @property
    def is_operand(self) -> bool:
        """Whether an operator, a bracket or an end must follow."""
        return self.sort in ("string", "operand", "closer") or (self.sort == "name" and not is_keyword(self.text))

    def may_follow(self, before: Token) -> bool:
        """Whether it may stand right behind an operand."""
        if self.sort == "string":
            return before.sort == "string"
        return self.text in JOINING or (self.sort in ("closer", "operator") and self.text != "{")


def is_keyword(name: str) -> bool:
    """Whether a name is a keyword that is no value."""
    return name in kwlist and name not in VALUES


def tokens(line: str) -> Iterator[Token]:
    """The tokens of a line that begins outside of any string, up to its comment, or a string that has no end."""
    found = TOKEN.search(line)
    while found and found.lastgroup != "comment":
        sort, end = found.lastgroup, found.end()
        if sort == "string":
            closed = re.compile(rf"(?:\\.|[^\\])*?{found['quote']}").match(line, end)
            end = closed.end() if closed else len(line)
        yield Token(sort, line[found.start() : end], found.start(), end)  # type: ignore[arg-type]
        found = TOKEN.search(line, end)


def misfit(line: str, least: int) -> Token | None:
    """The first token of a line that stands behind its first `least` characters and cannot follow the one before."""
    if SHELL.search(line):
        return None
    before: Token | None = None
    for token in tokens(line):
        soft = before and before.text in SOFT and not line[: before.at].strip()
        if before and before.is_operand and token.at >= least and not soft and not token.may_follow(before):
            return token
        before = token
    return None


def promised(line: str, *, inside: bool) -> int:
    """How many characters at the end of a line must be followed, by what is not there; `inside` of brackets another
    line may follow most of them."""
    *_, before, last = (None, None, *tokens(line))
    if last and last.text == "." and last.end == len(line):
        return 1
    found = OPENER.search(line) or PROMISING.search(line) or (None if inside else UNFINISHED.search(line))
    if found or inside:
        return len(found[0]) if found else 0
    joins = before and before.is_operand and last.end == len(line) and last.text in JOINING
    return len(last.text) if joins else 0


def _continued(text: str) -> str:
    """The lines above the last one of a text that a backslash adds it to."""
    begins = ends = text.rfind("\n") + 1
    while text.endswith("\\\n", 0, begins):
        begins = text.rfind("\n", 0, begins - 1) + 1
    return text[begins:ends]


class Sense:
    """The text up to a cursor, for what is written behind it."""

    def __init__(self, left: str) -> None:
        self._line = left.rpartition("\n")[2]
        self._begins = scan(left[: len(left) - len(self._line)])
        self._above = _continued(left)

    def before(self, text: str, whole: bool) -> tuple[str, bool]:
        """`text` up to where it stops making sense, and whether no more is to come. Until it is `whole`, a word that
        may become one that fits is held back, and so is what must be followed."""
        state, at, left, above = self._begins, 0, self._line, self._above
        for line in text.split("\n"):
            wrong = misfit(left + line, len(left)) if is_code(state) and not SHELL.search(above) else None
            if wrong:
                grows = wrong.sort == "name" and at + wrong.end - len(left) == len(text)
                return self.finished(text[: at + wrong.at - len(left)]), whole or not grows
            state = scan(left + line + "\n", state)
            above = _continued(f"{above}{left}{line}\n")
            at, left = at + len(line) + 1, ""
        return self.finished(text if whole else self._settled(text)), whole

    def finished(self, text: str) -> str:
        """A text without what must be followed at its end; where brackets are open, another line may do so."""
        shorter = self._shorter(text)
        while len(shorter) < len(text):
            text, shorter = shorter, self._shorter(shorter)
        return text

    def _settled(self, text: str) -> str:
        """A text without a word or sign at its end that may become one that must be followed."""
        if text.endswith((":", "!")):
            return text[:-1]
        word = WORD.search((self._line + text).rpartition("\n")[2])
        return text[: max(len(text) - len(word[0]), 0)] if word and word[0] in BEGUN else text

    def _shorter(self, text: str) -> str:
        """A text without the last sign of it, if that must be followed."""
        kept = text.rstrip()
        state, line = scan(self._line + kept, self._begins), (self._line + kept).rpartition("\n")[2]
        shell = SHELL.search(_continued(f"{self._above}{self._line}{kept}") + line)
        if not is_code(state) or shell or STAR.search(line):
            return text
        more = promised(line, inside=bool(state.stack))
        return kept[: max(len(kept) - more, 0)] if more else text
