"""The cases: every place in the notebooks where an attribute, a column or key, or a keyword argument is written.

Read with the standard library's tokenizer, and not with what is measured. Of each second name the first character has
been typed; of a keyword it always has, since otherwise anything may be what comes.
"""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

NOTEBOOKS = Path(__file__).parent / "notebooks"
UNCUT = ("import", "from", "def", "class", "@")
What = Literal["attribute", "column", "keyword"]


@dataclass(frozen=True, slots=True)
class Case:
    """A cursor in a notebook's cell: `left` is the cell up to it, `rest` the true rest of its line, which begins with
    the rest of `name`. `statement` is the cell's statement that it stands in, as far as a line tells."""

    what: What
    left: str
    rest: str
    name: str
    line: int


def cells(notebook: Path) -> list[str]:
    """The code cells of a notebook in the percent format."""
    return [cell.strip("\n") for cell in notebook.read_text("utf-8").split("# %%\n")[1:]]


def cases(cell: str) -> Iterator[Case]:
    """Every case of a cell."""
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(cell).readline) if token.string.strip()]
    lines = cell.split("\n")
    for at in range(1, len(tokens) - 1):
        what = kind(tokens, at)
        token = tokens[at]
        line = lines[token.start[0] - 1]
        if what and not line.lstrip().startswith(UNCUT):
            name = token.string.strip("\"'")
            begin = token.start[1] + (what == "column")
            cut = begin + min(1 if what == "keyword" else at % 2, len(name) - 1)
            above = "".join(f"{text}\n" for text in lines[: token.start[0] - 1])
            yield Case(what, above + line[:cut], line[cut:], name, token.start[0])


def kind(tokens: Sequence[tokenize.TokenInfo], at: int) -> What | None:
    """What is written at a token."""
    before, token, behind = tokens[at - 1], tokens[at], tokens[at + 1]
    if token.type == tokenize.NAME and before.string == ".":
        return "attribute"
    if token.type == tokenize.STRING and before.string in ("[", ",") and behind.string in ("]", ","):
        return "column" if subscript(tokens, at) else None
    if token.type == tokenize.NAME and before.string in ("(", ",") and behind.string == "=" and len(token.string) > 1:
        return "keyword"
    return None


def subscript(tokens: Sequence[tokenize.TokenInfo], at: int) -> bool:
    """Whether the string at a token is a subscript, or stands in a list that is one."""
    while at and (tokens[at].type == tokenize.STRING or tokens[at].string == ","):
        at -= 1
    if tokens[at].string != "[" or not at:
        return False
    if tokens[at - 1].string == "[":
        at -= 1
    owner = tokens[at - 1]
    named = owner.type == tokenize.NAME and not keyword.iskeyword(owner.string)
    return at > 0 and (named or owner.string in (")", "]"))
