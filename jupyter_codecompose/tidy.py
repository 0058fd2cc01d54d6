"""What of a worker's text may be shown: safe characters, up to where the suggestion ends.

Pure. `settled` decides over the whole text so far, and shows only what no further character can take back; so a text
fed in pieces comes out as the same text fed at once. It chooses where to begin and to stop, and never what to write.
"""

from __future__ import annotations

import re

from jupyter_codecompose.brackets import scan
from jupyter_codecompose.characters import safe
from jupyter_codecompose.ending import Ending
from jupyter_codecompose.languages import language as language_of
from jupyter_codecompose.neighbours import neighbours
from jupyter_codecompose.repetition import repeats_lines
from jupyter_codecompose.scope import indentation, last_line, opens
from jupyter_codecompose.sense import LANGUAGES, Sense
from jupyter_codecompose.sentinels import before_sentinel
from jupyter_codecompose.unfinished import before_secret
from jupyter_codecompose.window import around

MAX_CHARACTERS = 2_000
MOST_LINES = 6

UNDECIDED = re.compile(r"[\\\"'/]+\Z")
TRAILING = re.compile(r"[ \t]+(?=\n)")
FENCE = re.compile(r"\s*```[^\n`]*(?P<end>\n|\Z)")
PAGE = re.compile(r"\s*<(?:!doctype|html|\?xml)\b", re.IGNORECASE)
"""How what is no completion at all begins: a page of a server on the way."""
PAGE_HEAD = re.compile(r"\s*<[!?\w]{0,8}\Z")


class Tidy:
    """One suggestion's text on its way to the page. `done` once nothing after it can be shown.

    A block has at most `most_lines` lines; anything else has one.
    """

    def __init__(
        self,
        left: str,
        right: str,
        *,
        block: bool,
        language: str = "python",
        most_lines: int = MOST_LINES,
    ) -> None:
        self.done = False
        self._rules = _Rules(left, right, language, most_lines if block else 1)
        self._raw = ""
        self._shown = 0

    def feed(self, text: str) -> str:
        """More text from the worker → what may now be shown of it."""
        self._raw += "" if self.done else text[: MAX_CHARACTERS + 1 - len(self._raw)]
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
    """Where a suggestion between `left` and `right` begins and ends.

    Each rule takes a text and whether it is whole (nothing follows), and gives both back, the text perhaps cut.
    """

    def __init__(self, left: str, right: str, name: str, height: int) -> None:
        self._language = language_of(name)
        left, right = around(left, right, self._language)
        self._line = left.rpartition("\n")[2]
        self._is_indented = self._indented(left)
        self._ending = Ending(left, right, self._language, height)
        self._neighbours = neighbours(left, right)
        self._sense = Sense(left) if name in LANGUAGES else None

    def settled(self, raw: str, *, final: bool) -> tuple[str, bool]:
        """The part of `raw` that is certain, and whether it is all that there will be."""
        text, whole = _clean(raw, final)
        text, whole = self._begun(text, whole)
        text, whole = self._ending.before(text if whole else UNDECIDED.sub("", text), whole)
        text, whole = self._neighbours.before(text, whole)
        text, whole = self._sense.before(text, whole) if self._sense else (text, whole)
        text, whole = self._before_repetition(text, whole)
        text, whole = before_secret(self._line, text, whole)
        return text.rstrip(), whole

    def _begun(self, text: str, whole: bool) -> tuple[str, bool]:
        """Without a fence that is opened, and without the indentation where it stands already."""
        if not (self._language.prose or self._line.strip()):
            if PAGE.match(text) or (PAGE_HEAD.match(text) and not whole):
                return "", whole or bool(PAGE.match(text))
            fence = FENCE.match(text)
            text = text[fence.end() :] if fence else text
        return text.lstrip(" \t") if self._is_indented else text, whole

    def _before_repetition(self, text: str, whole: bool) -> tuple[str, bool]:
        """Stops where lines begin to repeat."""
        first, *more = text.split("\n")
        found = repeats_lines([self._line + first, *more], complete=whole) if more else None
        return ("\n".join([first, *more][: found[0]]), found[1]) if found else (text, whole)

    def _indented(self, left: str) -> bool:
        """Whether the line is as far indented as can be: a blank follows a word, or the line above goes no further."""
        if self._line.strip():
            return self._line[-1] in " \t"
        above = left.rstrip()
        if not above or scan(left, language=self._language).quote:
            return False
        column, least = len(self._line.expandtabs(4)), indentation(last_line(above))
        return column > least or (column == least and column > 0 and not opens(above, self._language))


def _clean(raw: str, final: bool) -> tuple[str, bool]:
    """Newlines made one, unsafe characters dropped, cut at a sentinel."""
    whole = final or len(raw) > MAX_CHARACTERS
    raw = raw[:MAX_CHARACTERS]
    text, whole = before_sentinel(safe(raw.removesuffix("\r") if not whole else raw), whole)
    return TRAILING.sub("", text), whole
