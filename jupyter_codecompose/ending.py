"""Where a suggestion ends by its own shape: at its height, with the scope and brackets at the cursor, at another cell.

Pure, but for remembering what it has read of a text that grows. It reads line by line, and knows neither characters
that must not be shown nor what stands above and below.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from jupyter_codecompose.brackets import State, is_code, scan, steps
from jupyter_codecompose.languages import Language
from jupyter_codecompose.repetition import repeats_string, repeats_tokens
from jupyter_codecompose.scope import END, first_line, indentation, least_indentation

CELLS = ("# %%", "#%%", "# In[", "# In [", "<cell>", "```")
"""How a line begins that begins another cell."""


class Ending:
    """Where a suggestion of at most `height` lines between `left` and `right` ends."""

    def __init__(self, left: str, right: str, language: Language, height: int) -> None:
        self._language = language
        self._height = height
        self._state = scan(left, language=language)
        above, _, self._line = left.rpartition("\n")
        self._rest, _, self._below = right.partition("\n")
        self._least = least_indentation(above, self._line, language)
        self._depth = self._state.stack.count("}")
        owed = scan(right, State(quote=self._state.quote), language).orphans[::-1]
        pairs = zip(self._state.stack, owed, strict=False)
        self._floor = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
        self._states, self._at = [self._state], 0

    def before(self, text: str, whole: bool) -> tuple[str, bool]:
        """`text` up to the end, and whether no more is to come; each call's text continues the one before."""
        lines, at = text.split("\n"), self._at
        for number in range(len(self._states) - 1, len(lines)):
            line, state, last = lines[number], self._states[number], number == len(lines) - 1
            if last and not whole and self._may_be_over(line, number, state):
                return text[: max(at - 1, 0)], False
            if self._is_over(lines, number, state):
                return text[: max(at - 1, 0)], True
            left = "" if number else self._line
            end, certain = self._end_in(line, state, left, complete=whole or not last)
            if end < len(line):
                return text[: at + end], certain
            at += len(line) + 1
            if not last:
                self._states.append(scan(line + "\n", state, self._language))
                self._at = at
        return text, whole

    def _is_over(self, lines: Sequence[str], number: int, state: State) -> bool:
        """Whether the suggestion ends before a line."""
        line = lines[number]
        if number == self._height or (self._begins_line(number) and self._is_cell(line, state)):
            return True
        if not number or not line.strip() or state.quote:
            return False
        return self._closed(lines, number, state) or (not state.stack and self._left_by(lines, number))

    def _closed(self, lines: Sequence[str], number: int, state: State) -> bool:
        """Whether braces have ended the scope at the cursor, or one that the suggestion itself has begun."""
        if self._language.scope != "braces":
            return False
        depth = state.stack.count("}")
        own = depth == self._depth and not lines[number - 1].strip() and self._before(lines, number).endswith("}")
        return depth < self._depth or own

    def _left_by(self, lines: Sequence[str], number: int) -> bool:
        """Whether a line is indented less than the scope, or a new thought behind a blank line of the cell."""
        line, above = lines[number], lines[number - 1] if number > 1 else self._line + lines[0]
        if indentation(line) >= self._least:
            return indentation(line) == 0 and not above.strip()
        before = self._before(lines, number)
        ended = bool(before) and indentation(before) < self._least
        stands = first_line(self._below)
        return ended or not self._ends(line) or (bool(END.match(stands)) and indentation(stands) == indentation(line))

    def _before(self, lines: Sequence[str], number: int) -> str:
        """The last line before another that is not blank, of the suggestion's own."""
        return next((line for line in reversed(lines[1:number]) if line.strip()), "")

    def _ends(self, line: str) -> bool:
        return self._language.scope == "end" and bool(END.match(line))

    def _begins_line(self, number: int) -> bool:
        return bool(number) or not self._line.strip()

    def _is_cell(self, line: str, state: State) -> bool:
        return is_code(state) and not self._language.prose and line.lstrip().startswith(CELLS)

    def _may_be_over(self, line: str, number: int, state: State) -> bool:
        """Whether the suggestion may have to end before a line that is still written."""
        if not line.strip() or not is_code(state):
            return False
        cell = not self._language.prose and any(cell.startswith(line.lstrip()) for cell in CELLS)
        outside = number > 0 and self._language.scope == "end" and indentation(line) < self._least
        return (cell and self._begins_line(number)) or (outside and "end".startswith(line.strip()))

    def _end_in(self, line: str, state: State, left: str, *, complete: bool) -> tuple[int, bool]:
        """Where in a line behind `left` the suggestion ends (where it goes on, at its end); whether that is certain."""
        end = self._closer_in(line, state)
        complete = complete or end < len(line)
        twice = repeats_string(left + line[:end], complete=complete)
        if twice:
            return max(twice[0] - len(left), 0), twice[1]
        return repeats_tokens(line[:end], complete=complete) or (end, True)

    def _closer_in(self, line: str, state: State) -> int:
        """Where a closer stands that closes nothing, or that already stands behind the cursor."""
        follows = self._rest.lstrip()[:1]
        for at, token, after in steps(line, state, self._language):
            orphan = after.orphans != state.orphans or len(after.stack) < self._floor
            level = len(after.stack) == len(self._state.stack) and is_code(state)
            separator = token in (":", ",", ";") and token == follows and level
            unquotes = bool(self._state.quote) and token == self._state.quote and token in self._rest
            if orphan or separator or unquotes:
                return at
            state = after
        return len(line)
