"""Another project's cases of what a completion filter should let through, as far as they are at hand.

`CONFORMANCE_CASES` names a JSON file: a list of objects with `filename`, `input` (`<|fim|>` for the cursor),
`model_output` and `expected` (null: nothing). Where this project differs on purpose, `DIFFERENT` says why.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jupyter_codecompose.notebook import Notebook
from jupyter_codecompose.tidy import MAX_CHARACTERS, Tidy
from jupyter_codecompose.triggers import Intent, intent

CURSOR = "<|fim|>"
LANGUAGES = {
    "c": "c",
    "clj": "clojure",
    "cpp": "cpp",
    "cs": "csharp",
    "css": "css",
    "dart": "dart",
    "fs": "fsharp",
    "go": "go",
    "hs": "haskell",
    "html": "html",
    "java": "java",
    "jl": "julia",
    "js": "javascript",
    "kt": "kotlin",
    "md": "markdown",
    "php": "php",
    "py": "python",
    "r": "r",
    "rb": "ruby",
    "rs": "rust",
    "scala": "scala",
    "sol": "solidity",
    "sql": "sql",
    "svelte": "svelte",
    "ts": "typescript",
    "tsx": "typescript",
    "vue": "vue",
}
HEIGHT = 20
DIFFERENT = {
    "Should autocomplete CSS pseudoclass": (";", "", "the semicolon stands behind the cursor already"),
    "Should autocomplete a Rust function implementation inside a struct": (
        "",
        "\n}",
        "the last brace closes the function; the one below the cursor is the block's around it",
    ),
}
"""By description: what is shown here at the end in place of what, and why."""


def cases() -> list[dict[str, str]]:
    path = os.environ.get("CONFORMANCE_CASES")
    found = json.loads(Path(path).read_text("utf-8")) if path else []
    assert isinstance(found, list)
    return found


def shown(case: dict[str, str], pieces: int) -> str:
    """What a person who asked is shown."""
    left, _, right = case["input"].partition(CURSOR)
    language = LANGUAGES.get(case["filename"].rpartition(".")[2].lower(), "")
    notebook = Notebook(language=language, above=(), left=left, right=right, below=(), prose=False)
    wanted = intent(notebook, invoked=True)
    assert wanted is not Intent.SILENT
    tidy = Tidy(left, right, block=wanted is Intent.BLOCK, language=language, most_lines=HEIGHT)
    text = case["model_output"]
    return "".join(tidy.feed(text[at : at + pieces]) for at in range(0, len(text), pieces)) + tidy.close()


@pytest.mark.skipif(not os.environ.get("CONFORMANCE_CASES"), reason="CONFORMANCE_CASES names no file of cases")
@pytest.mark.parametrize("pieces", [1, 5, MAX_CHARACTERS])
def test_what_is_shown(pieces: int, subtests: pytest.Subtests) -> None:
    for case in cases():
        with subtests.test(case["description"]):
            theirs, ours, _ = DIFFERENT.get(case["description"], ("", "", ""))
            assert shown(case, pieces) == (case["expected"] or "").removesuffix(theirs) + ours
