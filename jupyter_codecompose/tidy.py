"""What of a worker's text may be shown: safe characters, up to where the suggestion ends.

Pure. `settled` decides over the whole text so far, and shows only what no further character can take back; so a text
fed in pieces comes out as the same text fed at once. It chooses where to stop, and never what to write.
"""

from __future__ import annotations

import re

from jupyter_codecompose.brackets import State, comment_mark, scan, steps
from jupyter_codecompose.unfinished import before_secret

MAX_CHARACTERS = 8_000
MAX_LINES = 10
LOOK_BACK = 6_000

SENTINELS = (
    "<|mask:",
    "<|endofmask|>",
    "<|endoftext|>",
    "<|fim_",
    "<|file_sep",
    "<|repo_name",
    "<fim_",
    "<fim-",
    "<file_sep>",
    "<｜",
    "▁<",
)
"""How the special tokens of the families begin that nobody would type; a server may write them out as text."""
SENTINEL = re.compile("|".join(map(re.escape, SENTINELS)))
UNDECIDED = re.compile(r"[\\\"'/]+\Z")
TRAILING = re.compile(r"[ \t]+(?=\n)")
UNSAFE = dict.fromkeys(
    [
        *(code for code in [*range(0x20), *range(0x7F, 0xA0)] if chr(code) not in "\t\n"),
        0x061C,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x206A),
        0xFEFF,
        *range(0xD800, 0xE000),
        *range(0xE0000, 0xE0080),
    ]
)


class Tidy:
    """One suggestion's text on its way to the page. `done` once nothing after it can be shown."""

    def __init__(self, left: str, right: str, *, block: bool, language: str = "python") -> None:
        self.done = False
        self._rules = _Rules(left, right, block=block, comment=comment_mark(language))
        self._raw = ""
        self._shown = 0

    def feed(self, text: str) -> str:
        """More text from the worker → what may now be shown of it."""
        self._raw += "" if self.done else text
        return self._advance(final=False)

    def close(self) -> str:
        """The worker has ended → what remains to be shown."""
        return self._advance(final=True)

    def _advance(self, *, final: bool) -> str:
        if self.done:
            return ""
        visible, self.done = self._rules.settled(self._raw, final=final)
        piece, self._shown = visible[self._shown :], max(self._shown, len(visible))
        return piece


class _Rules:
    """Where a suggestion between `left` and `right` ends.

    Each rule takes a text and whether it is whole (nothing follows), and gives both back, the text perhaps cut.
    """

    def __init__(self, left: str, right: str, *, block: bool, comment: str) -> None:
        if len(left) > LOOK_BACK:
            left = left[-LOOK_BACK:].partition("\n")[2] or left[-LOOK_BACK:]
        self._block = block
        self._comment = comment
        self._state = scan(left, comment=comment)
        above, _, self._line = left.rpartition("\n")
        self._rest, _, below = right[:LOOK_BACK].partition("\n")
        self._below = "" if self._rest.strip() else below.lstrip().partition("\n")[0].strip()
        self._indent = _least_indent(above, self._line)
        owed = scan(right[:LOOK_BACK], State(quote=self._state.quote), comment).orphans
        self._floor = min(owed, len(self._state.stack))

    def settled(self, raw: str, *, final: bool) -> tuple[str, bool]:
        """The part of `raw` that is certain, and whether it is all that there will be."""
        text, whole = _clean(raw, final)
        if self._line.strip() and self._line[-1] in " \t":
            text = text.lstrip(" \t")
        text, whole = self._end_of_scope(text, whole) if self._block else _end_of_line(text, whole)
        text, whole = self._end_of_brackets(text, whole)
        text, whole = self._before_repeat(text if whole else UNDECIDED.sub("", text), whole)
        text, whole = before_secret(self._line, text, whole)
        return text.rstrip(), whole

    def _end_of_brackets(self, text: str, whole: bool) -> tuple[str, bool]:
        """Stops before a closer that closes nothing, or that already stands after the cursor."""
        certain = text if whole else UNDECIDED.sub("", text)
        state, follows = self._state, self._rest.lstrip()[:1]
        for at, token, after in steps(certain, state, self._comment):
            orphan = after.orphans > state.orphans or len(after.stack) < self._floor
            level = len(after.stack) == len(self._state.stack) and not (state.quote or state.in_comment)
            separator = token in (":", ",", ";") and token == follows and level
            unquotes = bool(self._state.quote) and token == self._state.quote and token in self._rest
            if orphan or separator or unquotes:
                return text[:at], True
            state = after
        return text, whole

    def _end_of_scope(self, text: str, whole: bool) -> tuple[str, bool]:
        """Stops before a line that is indented less than the scope at the cursor, and after ten lines."""
        state, at, blank_before = self._state, 0, False
        for number, line in enumerate(text.split("\n")):
            if number == MAX_LINES:
                return text[: at - 1], True
            blank = not line.strip()
            if number and not blank and not (state.stack or state.quote):
                indent = _indent(line)
                if indent < self._indent or (indent == 0 and blank_before):
                    return text[: at - 1], True
            state = scan(line + "\n", state, self._comment)
            at += len(line) + 1
            blank_before = blank
        return text, whole

    def _before_repeat(self, text: str, whole: bool) -> tuple[str, bool]:
        """Stops before a line that is the very line below the cursor; holds one back while it may still become it."""
        at, lines = 0, text.split("\n")
        for number, line in enumerate(lines):
            full = (line if number else self._line + line).strip()
            complete = whole or number < len(lines) - 1
            if self._below and full and (full == self._below if complete else self._below.startswith(full)):
                return text[: max(at - 1, 0)], complete
            at += len(line) + 1
        return text, whole


def _clean(raw: str, final: bool) -> tuple[str, bool]:
    """Newlines made one, unsafe characters dropped, cut at a sentinel; the head of a possible sentinel is held back."""
    whole = final or len(raw) >= MAX_CHARACTERS
    raw = raw[:MAX_CHARACTERS]
    if raw.endswith("\r") and not whole:
        raw = raw[:-1]
    text = re.sub("\r\n|[\r\u2028\u2029]", "\n", raw).translate(UNSAFE)
    found = SENTINEL.search(text)
    if found:
        text, whole = text[: found.start()], True
    elif not whole:
        held = max((n for s in SENTINELS for n in range(1, len(s)) if text.endswith(s[:n])), default=0)
        text = text[: len(text) - held]
    return TRAILING.sub("", text), whole


def _end_of_line(text: str, whole: bool) -> tuple[str, bool]:
    line, newline, _ = text.partition("\n")
    return line, whole or bool(newline)


def _least_indent(above: str, line: str) -> int:
    """How far a line must be indented to belong to the scope at the end of `line`."""
    if line.strip():
        return _indent(line) + _opens(line)
    last = above.rstrip().rpartition("\n")[2]
    return _indent(last) + 1 if _opens(last) else len(line.expandtabs(4))


def _opens(line: str) -> bool:
    return line.rstrip().endswith((":", "{"))


def _indent(line: str) -> int:
    line = line.expandtabs(4)
    return len(line) - len(line.lstrip())
