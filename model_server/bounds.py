"""Where a suggestion of several lines ends early: at the end of a line once its time is over, and where the block that
it began in ends. Pure: text and seconds in, text out.
"""

from __future__ import annotations


class Bounds:
    """Watches a text that is written piece by piece."""

    def __init__(self, indent: int, seconds: float) -> None:
        """A line that is indented by less than `indent` blanks, and whatever comes after `seconds` and the end of a
        line, is no longer part of the text; 0 bounds nothing."""
        self._indent, self._seconds = indent, seconds
        self._blanks: int | None = None

    def push(self, text: str, seconds: float) -> tuple[str, bool]:
        """What of a piece that came `seconds` after the first one still belongs to the text, and whether it ends."""
        for at, character in enumerate(text):
            if character == "\n":
                if 0 < self._seconds < seconds:
                    return text[: at + 1], True
                self._blanks = 0
            elif self._blanks is not None:
                if character not in " \t":
                    if self._blanks < self._indent:
                        return text[:at], True
                    self._blanks = None
                else:
                    self._blanks += 1
        return text, False
