"""What language a cell is in, by the `%%magic` on its first line.

Pure. A magic that is not known is taken for another language: of what is no Python much would be cut off as wrong, and
Python that is taken for a text still gets its lines.
"""

from __future__ import annotations

import re

from jupyter_codecompose import languages

MAGIC = re.compile(r"[ \t\n]*%%(!|\w+)(.*)")
LANGUAGES = {
    **dict.fromkeys(("bash", "sh", "system", "sx", "!"), "bash"),
    **dict.fromkeys(("html", "svg"), "html"),
    **dict.fromkeys(("javascript", "js"), "javascript"),
    **dict.fromkeys(("sql", "bigquery"), "sql"),
    **{name: name for name in ("latex", "markdown", "perl", "ruby", "r", "julia")},
}
PYTHON = ("python", "python2", "python3", "pypy", "cython")
MEASURES = ("time", "timeit", "prun", "memit", "mprun", "lprun", "profile", "pyinstrument", "snakeviz", "scalene")
RUNS = (
    "capture",
    "debug",
    "skip",
    "px",
    "autopx",
    "spark",
    "pyspark",
    "local",
    "ipytest",
    "run_pytest",
    "manim",
    "wandb",
)
OWN = frozenset((*PYTHON, *MEASURES, *RUNS))
"""Below these stands what stands in the other cells."""
WRITING = frozenset(("writefile", "file"))
SUFFIXES = {
    **dict.fromkeys(("py", "pyi", "pyx"), "python"),
    **dict.fromkeys(("cpp", "cc", "hpp", "h"), "cpp"),
    **dict.fromkeys(("yaml", "yml"), "yaml"),
    **{name: name for name in ("r", "c", "go", "java", "sql", "css", "html", "xml", "json", "toml")},
    "sh": "bash",
    "js": "javascript",
    "ts": "typescript",
    "jl": "julia",
    "rs": "rust",
    "md": "markdown",
    "tex": "latex",
}


def cell_language(source: str, own: str) -> str:
    """The language of a cell, where that of the others is `own`; '' where it is another that is not known."""
    found = MAGIC.match(source)
    if not found:
        return own
    name, words = found[1].lower(), [word.strip("\"'") for word in found[2].split() if not word.startswith("-")]
    if name in WRITING:
        return SUFFIXES.get(words[-1].rpartition(".")[2].lower(), "") if words else ""
    if name == "script" and words:
        name = words[0].rpartition("/")[2]
    return own if name in OWN else LANGUAGES.get(name, "" if languages.language(own) is languages.PYTHON else own)
