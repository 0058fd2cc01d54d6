"""What of a language must be known to tell comments, strings and scopes apart: a table, and no grammar.

Pure. A language that is not in it is read with Python's comments and strings, and is given single lines only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Language:
    """What begins a comment ('' for nothing), what quotes a string, and what shows where a scope ends ('' for nothing);
    `prose`: text among which code stands in fences."""

    comment: str = "#"
    quotes: str = "\"'"
    scope: Literal["", "indent", "braces", "end"] = ""
    prose: bool = False


UNKNOWN = Language()
PYTHON = Language(scope="indent")
SLASHED = Language("//", scope="braces")
HASHED = Language(scope="braces")
MARKED = Language("", '"', prose=True)

LANGUAGES = {
    **dict.fromkeys(("python", "python3", "ipython", "cython", "sage"), PYTHON),
    **dict.fromkeys(("javascript", "typescript", "jsx", "tsx", "java", "scala", "kotlin", "groovy", "swift"), SLASHED),
    **dict.fromkeys(("c", "cpp", "c++", "csharp", "c#", "go", "dart", "php", "solidity"), SLASHED),
    **dict.fromkeys(("r", "perl", "powershell"), HASHED),
    **dict.fromkeys(("markdown", "html", "xml", "svelte", "vue"), MARKED),
    "rust": Language("//", '"', scope="braces"),
    "fsharp": Language("//", '"'),
    "css": Language("", scope="braces"),
    "julia": Language("#", '"', scope="end"),
    "ruby": Language(scope="end"),
    "lua": Language("--", scope="end"),
    "matlab": Language("%", '"', scope="end"),
    "octave": Language("%", '"', scope="end"),
    "sql": Language("--"),
    "haskell": Language("--", '"'),
    "clojure": Language(";", '"'),
    "latex": Language("%", "", prose=True),
}


def language(name: str) -> Language:
    """The language of a kernel, a file or a magic."""
    return LANGUAGES.get(name.lower(), UNKNOWN)
