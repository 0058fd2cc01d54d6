"""What stands around a suggestion already: the line above, the rest of its own line, the line below.

Pure. A suggestion ends before it writes one of them again; a closer alone is no line, brackets decide about it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jupyter_codecompose.scope import END, first_line, last_line

CLOSING = re.compile(r"""[\s)\]}"'`,;:]*""")
WORDS = re.compile(r"\w.*\w")
LONGEST_REST = 80


@dataclass(frozen=True)
class Neighbours:
    """`line` is the cursor's line up to it, `rest` what follows in it; `above` and `below` the next lines that are not
    blank, '' for none."""

    above: str
    line: str
    rest: str
    below: str

    def before(self, text: str, whole: bool) -> tuple[str, bool]:
        """`text` up to what stands there already, and whether no more is to come; what may become it is held back."""
        text, whole = self._before_rest(text, whole)
        at, lines = 0, text.split("\n")
        for number, line in enumerate(lines):
            complete = whole or number < len(lines) - 1
            full = line if number else self.line + line
            fresh = not text[:at].strip()
            if (fresh and self._is_above(full, complete)) or self._is_below(full, complete):
                return text[: max(at - 1, 0)], complete
            at += len(line) + 1
        return text, whole

    def _before_rest(self, text: str, whole: bool) -> tuple[str, bool]:
        """Stops where the text goes on as the rest of the line does."""
        rest = self.rest.strip()[:LONGEST_REST]
        if CLOSING.fullmatch(rest):
            return text, whole
        found = text.find(rest)
        if found >= 0:
            return text[:found], True
        held = 0 if whole else next((n for n in range(len(rest) - 1, 0, -1) if text.endswith(rest[:n])), 0)
        return text[: len(text) - held], whole

    def _is_above(self, line: str, complete: bool) -> bool:
        """Whether a line is the one above, or may become it."""
        if not line.strip() or not WORDS.search(self.above) or END.match(self.above):
            return False
        return line.rstrip() == self.above if complete else self.above.startswith(line)

    def _is_below(self, line: str, complete: bool) -> bool:
        """Whether a line is the one below, or may become it; of a word that closes scopes the place counts too."""
        if not line.strip() or not WORDS.search(self.below):
            return False
        below = self.below if END.match(self.below) else self.below.strip()
        full = line.rstrip() if END.match(self.below) else line.strip()
        return below in (full, full + self.rest.strip()) if complete else below.startswith(full)


def neighbours(left: str, right: str) -> Neighbours:
    """What stands around a cursor between `left` and `right`."""
    above, _, line = left.rpartition("\n")
    rest, _, below = right.partition("\n")
    return Neighbours(last_line(above), line, rest, first_line(below).rstrip())
