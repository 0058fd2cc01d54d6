"""What the layouts of all families share: how a text is cut to a budget, and how a fact or a file's kind is written.

Pure; no torch, no I/O. Which special tokens stand where is each family's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from model_server.wire import Cell, Fact, Parts

BEFORE_SHARE = 0.7
HEADER_TOKENS = 48
FACTS_SHARE = 0.2
STEP = 128
CHARACTERS = 16
"""The most characters of a text that are tokenised for each token that may be kept: more than most tokens have."""
TEMPLATE = "a chat template"
"""How `Family.chat` names it."""
EXTENSIONS = {
    "python": "py",
    "r": "r",
    "julia": "jl",
    "javascript": "js",
    "typescript": "ts",
    "rust": "rs",
    "cpp": "cpp",
}


class Encoder(Protocol):
    """What a layout needs of a tokenizer."""

    def encode(self, text: str) -> Sequence[int]:
        """Ids of plain text; special tokens in it are text."""

    def special(self, token: str) -> int:
        """Id of a special token."""


class Family(Protocol):
    """A model family's layout."""

    @property
    def name(self) -> str:
        """As shown to people."""

    @property
    def marks(self) -> tuple[str, ...]:
        """Special tokens by which a tokenizer shows that its model belongs here."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The `model_type`s of its networks, where another family has the same marks; none where it is any."""

    @property
    def chat(self) -> tuple[str, ...]:
        """What its tokenizers show where the model was tuned to answer instead: a token that ends every text, or
        `TEMPLATE`."""

    @property
    def ends(self) -> tuple[str, ...]:
        """Special tokens that end a suggestion, the one that the model was taught first."""

    @property
    def stops(self) -> tuple[str, ...]:
        """Plain text that ends a suggestion and is no part of it."""

    @property
    def licence(self) -> str:
        """What its published weights' licence forbids, for people; '' where it forbids nothing."""

    @property
    def by_line(self) -> bool:
        """Whether text may be tokenised line by line with the same result."""

    def layout(self, parts: Parts, encoder: Encoder, budget: int) -> list[int]:
        """Ids of the prompt, at most `budget`. The header and what stands next to the cursor are never lost."""


def describe(fact: Fact) -> str:
    """One line of text about a name, in Python's own words wherever it has them."""
    if fact.type == "module":
        plain = fact.module in ("", fact.name)
        return f"import {fact.name}" if plain else f"import {fact.module} as {fact.name}"
    if fact.type == "function":
        return f"def {fact.name}{fact.signature}"
    if fact.type == "type":
        return f"class {fact.name}{fact.signature}"
    members = ", ".join(repr(member) for member in fact.members)
    return f"{fact.name}: {fact.type}[{members}]" if members else f"{fact.name}: {fact.type}"


def is_notebook(parts: Parts) -> bool:
    """Whether the parts come from a notebook: it has a kernel, or its file's name says so."""
    return bool(parts.header.kernel) or parts.header.path.endswith(".ipynb")


def near_start(text: str, budget: int) -> str:
    """As much of a text's start as may fill a budget of tokens."""
    return text[: max(budget, 0) * CHARACTERS]


def near_end(text: str, budget: int) -> str:
    """As much of a text's end as may fill a budget of tokens; the cut moves in steps, as in `keep_end`."""
    most = max(budget, 0) * CHARACTERS
    step = most // 4 + 1
    return text if len(text) <= most else text[-(-(len(text) - most) // step) * step :]


def cells_near_end(cells: Sequence[Cell], budget: int) -> Sequence[Cell]:
    """The last cells, as much of their text as `near_end` keeps; the first of them may have lost its beginning."""
    whole = "".join(cell.text for cell in cells)
    left = len(near_end(whole, budget))
    if left == len(whole):
        return cells
    kept: list[Cell] = []
    for cell in reversed(cells):
        if left <= 0:
            break
        kept.append(Cell(cell.kind, cell.text[-left:]))
        left -= len(cell.text)
    return kept[::-1]


def keep_start(ids: Sequence[int], budget: int) -> list[int]:
    """The first `budget` ids."""
    return list(ids[: max(budget, 0)])


def keep_end(ids: Sequence[int], budget: int) -> list[int]:
    """The last ids, at most `budget`; the cut moves in steps, so that a longer text mostly starts at the same id."""
    if budget <= 0:
        return []
    excess = len(ids) - budget
    if excess <= 0:
        return list(ids)
    if budget <= STEP:
        return list(ids[excess:])
    return list(ids[-(-excess // STEP) * STEP :])


def share(before: int, after: int, room: int) -> tuple[int, int]:
    """Tokens for what stands before and after: 70 to 30, and what one side leaves over goes to the other."""
    for_before = min(before, max(room - after, int(room * BEFORE_SHARE)))
    return for_before, min(after, room - for_before)
