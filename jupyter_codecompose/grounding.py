"""What of a suggestion may be shown, by the kernel's facts: it ends before a name that is proved not to exist.

Pure. A name is judged once it is whole, and one that is wrong once its statement is, since what follows may give it
its meaning; until then it is held back. So nothing is shown that is taken back later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_codecompose.brackets import unclosed
from jupyter_codecompose.claims import Claim, claims
from jupyter_codecompose.doubts import doubted
from jupyter_codecompose.evidence import Evidence
from jupyter_codecompose.leaves import Leaf, leaves
from jupyter_codecompose.place import LOOK_BACK, Place
from jupyter_codecompose.sense import Sense

PROMISING = re.compile(r"\b(?:return|yield|raise|assert|del|from|import|await)[ \t]*\Z")
"""Words behind which something must follow, and which say something else if nothing does."""
LAST = re.compile(r"(?<![\w.])(\w+)\.?\Z")
WORDS = re.compile(r"\w")
HELD = 40
"""A string that names stand in is shown when it is closed; one with so many characters is not waited for."""
PREFIX = re.compile(r"(?<!\w)[rRbBuUfFtT]{1,2}\Z")
BEGUN = re.compile(r"\.?\w+\Z|[^\w\s]+\Z")
"""A word (with the dot before it) or a sign that may go on; until it is whole it may also change what stands before it,
as `=` to `==`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """So many characters of a suggestion may be shown. Where a name is `wrong`, it could go on otherwise `at` a place,
    which for a column lies within its quotes."""

    shown: int
    wrong: Claim | None = None
    at: int = 0


def judge(place: Place, evidence: Evidence, text: str, *, final: bool) -> Verdict:
    """The verdict on a suggestion that is `text` so far."""
    settled = text if final else BEGUN.sub("", text)
    row = leaves(place.begun + settled + (place.rest if final else ""))
    around = place.around(row)
    end = place.cursor + len(text)
    own = sorted((claim for claim in claims(row) if claim.end > place.cursor and claim.at < end), key=_at)
    denied = (each for each in own if evidence.refutes(each, around) or doubted(each, evidence, place, row, around))
    wrong = next(denied, None)
    if wrong is None:
        opened = _opened(row, place.begun + settled) - place.cursor
        return Verdict(len(text if final else _tidied(settled[: max(opened, 0)], place, evidence, HELD)))
    whole = wrong.opened >= place.cursor and not evidence.has_parts(wrong, around)
    at = (wrong.opened if whole else wrong.at) - place.cursor
    tried = any(leaf.text == "try" and leaf.at < wrong.at for leaf in row)
    certain = final or (row[-1].statement > wrong.statement and not tried)
    kept = max(at + (wrong.what == "member" and not whole), 0)
    return Verdict(len(_tidied(text[: max(at, 0)], place, evidence)), wrong if certain else None, kept)


def _opened(row: Sequence[Leaf], text: str) -> int:
    """Where a string begins that has no end yet, with the brackets before it; the end of a text that has none."""
    for number, leaf in enumerate(row):
        if leaf.sort == "open":
            while number and row[number - 1].text == "[":
                number -= 1
            return row[number].at
    return len(text)


def _at(claim: Claim) -> int:
    return claim.at


def _tidied(text: str, place: Place, evidence: Evidence, most: int = LOOK_BACK) -> str:
    """What is left before a wrong name: nothing that seems whole and is not, no mere punctuation, no module alone, and
    no string without an end unless it is longer than `most`."""
    text = _unquoted(text, place, most)
    last = LAST.search(text)
    if last and evidence.type_of(last[1]) == "module":
        text = text[: last.start()]
    sense = Sense(place.begun)
    text = sense.finished(PROMISING.sub("", sense.finished(text))).rstrip()
    return text if WORDS.search(text) else ""


def _unquoted(text: str, place: Place, most: int) -> str:
    """A text without the string at its end that is still open; within one, without what is open in braces."""
    state, begins = unclosed(place.begun + text)
    if len(state.quote) != 1 or place.cursor + len(text) - begins > most:
        return text
    if begins >= place.cursor:
        return PREFIX.sub("", text[: begins - place.cursor])
    brace = text.rfind("{")
    return text[:brace] if brace > text.rfind("}") else text


class Grounding:
    """One suggestion's text on its way to the page. `wrong` is the name it ended at, `kept` the text before that."""

    def __init__(self, place: Place, evidence: Evidence) -> None:
        self.wrong: Claim | None = None
        self.kept = ""
        self._place = place
        self._evidence = evidence
        self._text = ""
        self._shown = 0

    def feed(self, text: str) -> str:
        """More text → what may now be shown of it."""
        self._text += text
        return self._advance(final=False) if text else ""

    def close(self) -> str:
        """Nothing follows → what remains to be shown."""
        return self._advance(final=True)

    def _advance(self, *, final: bool) -> str:
        if self.wrong:
            return ""
        verdict = judge(self._place, self._evidence, self._text, final=final)
        self.wrong, self.kept = verdict.wrong, self._text[: verdict.at]
        piece, self._shown = self._text[self._shown : verdict.shown], max(self._shown, verdict.shown)
        return piece
