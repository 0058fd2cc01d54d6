"""How much of a cell is looked at around the cursor, and where that begins.

Pure. What is left of the cursor is cut where it reads by itself as it does in the whole. The page cuts a very long cell
too, and anywhere: of Python it is then guessed whether it begins inside a string of several lines, by how much of it
would be code.
"""

from __future__ import annotations

import re
from functools import lru_cache

from jupyter_codecompose.brackets import code, recent
from jupyter_codecompose.languages import PYTHON, Language

LOOK_BACK = 6_000
PAGE_UNITS, PAGE_LEFT_UNITS = 24_000, 16_800
"""Of a longer cell the page sends so many UTF-16 units, and if its beginning is cut off, at least so many are left
of the cursor; one less on each side where a character would have been cut in two."""
GUESSED_BY = 8_000
OPENED = ("", '"""', "'''")
"""What a part of a cell may have begun with."""
WRITTEN = re.compile(
    r"^[ \t]*(?:(?:async )?def \w+\(|class \w+[(:]|import \w|from [\w.]+ import |@\w|return |[\w.\[\], ]+ [+*/-]?= )",
    re.MULTILINE,
)
"""How lines of code begin, and others seldom do."""


def around(left: str, right: str, language: Language) -> tuple[str, str]:
    """The two halves of a cell as far as they are looked at: `LOOK_BACK` characters of each, some more on the left."""
    if language is PYTHON and _units(left) >= PAGE_LEFT_UNITS - 1 and _units(left) + _units(right) >= PAGE_UNITS - 2:
        left = _opened(left)
    return recent(left, LOOK_BACK, language), right[:LOOK_BACK]


@lru_cache(4)
def _opened(left: str) -> str:
    """The left half of a cell whose beginning was cut off, behind the quotes that it likely began with."""
    return max((quotes + left for quotes in OPENED), key=lambda text: len(WRITTEN.findall(code(text[:GUESSED_BY]))))


def _units(text: str) -> int:
    """The UTF-16 units of a text."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
