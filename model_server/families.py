"""How each family of models lays out a cursor in a document: parts in, token ids out. Pure; no torch, no I/O.

A family knows its special tokens, the order of its parts, and what to cut when there are too many tokens. What stands
before and after the cursor is tokenised apart, so that no token crosses the cursor. Sources: the bundled layout is
this project's own; InCoder's is that of Fried et al. 2022 (arXiv 2204.05999) and its published code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from model_server.wire import Cell, Fact, Header, Parts

BEFORE_SHARE = 0.7
HEADER_TOKENS = 48
FACTS_SHARE = 0.2
STEP = 128


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
    def ends(self) -> tuple[str, ...]:
        """Special tokens that end a suggestion."""

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


@dataclass(frozen=True, slots=True)
class Bundled:
    """The layout of models trained by this project: what is stable comes first, the cursor last.

    `<|endoftext|> <|file|>header <|facts|>facts <|after|>rest… <|before|>cells… cursor` → `target <|eom|>`
    """

    name: str = "codecompose"
    marks: tuple[str, ...] = ("<|after|>", "<|before|>", "<|eom|>")
    ends: tuple[str, ...] = ("<|eom|>", "<|code|>", "<|text|>", "<|output|>", "<|endoftext|>")
    stops: tuple[str, ...] = ()
    licence: str = ""
    by_line: bool = True
    special_tokens: tuple[str, ...] = (
        "<|endoftext|>",
        "<pad>",
        "<|eom|>",
        "<|file|>",
        "<|facts|>",
        "<|after|>",
        "<|before|>",
        "<|code|>",
        "<|text|>",
        "<|output|>",
    )

    def layout(self, parts: Parts, encoder: Encoder, budget: int) -> list[int]:
        """See `Family.layout`."""
        opening = [encoder.special("<|endoftext|>"), encoder.special("<|file|>")]
        opening += keep_start(encoder.encode(self.header(parts.header)), HEADER_TOKENS)
        room = budget - len(opening) - 2
        opening += keep_start(self._facts(parts.facts, encoder), int(room * FACTS_SHARE))
        room = max(budget - len(opening) - 2, 0)
        after = self._cells(parts.after, encoder, opened=True)
        before = self._cells(parts.before, encoder, opened=False)
        for_before, for_after = share(len(before), len(after), room)
        return [
            *opening,
            encoder.special("<|after|>"),
            *keep_start(after, for_after),
            encoder.special("<|before|>"),
            *keep_end(before, for_before),
        ]

    def header(self, header: Header) -> str:
        """The header's text."""
        return f"{header.language} {header.path}".strip()

    def _facts(self, facts: Iterable[Fact], encoder: Encoder) -> list[int]:
        ids: list[int] = []
        for fact in facts:
            ids += encoder.encode(describe(fact) + "\n")
        return [encoder.special("<|facts|>"), *ids] if ids else []

    def _cells(self, cells: Iterable[Cell], encoder: Encoder, *, opened: bool) -> list[int]:
        """Ids of cells, each opened by its kind's token; `opened` leaves out the first one's."""
        ids: list[int] = []
        for number, cell in enumerate(cells):
            if number or not opened:
                ids.append(encoder.special(OPENERS[cell.kind]))
            ids += encoder.encode(cell.text)
        return ids


OPENERS = {"code": "<|code|>", "markdown": "<|text|>", "output": "<|output|>"}


@dataclass(frozen=True, slots=True)
class InCoder:
    """InCoder's layout for one gap: `header before <|mask:0|> after <|mask:1|> <|mask:0|>` → `target <|endofmask|>`.

    The second sentinel keeps the model from taking the first for "the rest of the window"; it is left out where
    nothing stands after the cursor, as in the authors' evaluation. A sentinel ends a suggestion too: what follows
    it belongs to another gap.
    """

    name: str = "incoder"
    marks: tuple[str, ...] = ("<|mask:0|>", "<|mask:1|>", "<|endofmask|>")
    ends: tuple[str, ...] = ("<|endofmask|>", "<|endoftext|>", "<|mask:0|>", "<|mask:1|>")
    stops: tuple[str, ...] = ("\n</cell>", "<|/ file")
    licence: str = "InCoder's weights are licensed CC-BY-NC-4.0: not for commercial use"
    by_line: bool = False

    def layout(self, parts: Parts, encoder: Encoder, budget: int) -> list[int]:
        """See `Family.layout`."""
        opening = [encoder.special("<|endoftext|>"), *self._opening(parts, encoder)]
        before = encoder.encode(self._before(parts.before, notebook=is_notebook(parts)))
        after = encoder.encode(self._after(parts.after, notebook=is_notebook(parts)))
        room = max(budget - len(opening) - 3, 0)
        for_before, for_after = share(len(before), len(after), room)
        first, second = encoder.special("<|mask:0|>"), encoder.special("<|mask:1|>")
        closing = [second, first] if for_after else [first]
        return [*opening, *keep_end(before, for_before), first, *keep_start(after, for_after), *closing]

    def header(self, parts: Parts, *, named: bool = True) -> str:
        """InCoder's metadata line: the extension (with the kernel, for notebooks) and the file's name."""
        stem, _, extension = parts.header.path.rpartition("/")[2].rpartition(".")
        if is_notebook(parts):
            extension = f"ipynb:{parts.header.language}"
        name = f" filename={stem}.{extension.partition(':')[0]}" if stem and named else ""
        return f"<| file ext=.{extension or EXTENSIONS.get(parts.header.language, 'py')}{name} |>"

    def _opening(self, parts: Parts, encoder: Encoder) -> list[int]:
        """The header's ids; a name that would crowd out the text is left out."""
        named = encoder.encode(self.header(parts) + "\n")
        if len(named) <= HEADER_TOKENS:
            return list(named)
        return keep_start(encoder.encode(self.header(parts, named=False) + "\n"), HEADER_TOKENS)

    def _before(self, cells: Sequence[Cell], *, notebook: bool) -> str:
        if not notebook:
            return "".join(cell.text for cell in cells)
        whole = "".join(map(tagged, cells[:-1]))
        return whole + (f"<cell>\n{cells[-1].text}" if cells else "")

    def _after(self, cells: Sequence[Cell], *, notebook: bool) -> str:
        if not notebook:
            return "".join(cell.text for cell in cells)
        rest = f"{cells[0].text}\n</cell>\n" if cells else ""
        return rest + "".join(map(tagged, cells[1:]))


EXTENSIONS = {
    "python": "py",
    "r": "r",
    "julia": "jl",
    "javascript": "js",
    "typescript": "ts",
    "rust": "rs",
    "cpp": "cpp",
}


def is_notebook(parts: Parts) -> bool:
    """Whether the parts come from a notebook: it has a kernel, or its file's name says so."""
    return bool(parts.header.kernel) or parts.header.path.endswith(".ipynb")


def tagged(cell: Cell) -> str:
    """A cell in InCoder's tags; outputs were not in its training data and are left out."""
    if cell.kind == "output":
        return ""
    tag = "cell" if cell.kind == "code" else "text"
    return f"<{tag}>\n{cell.text}\n</{tag}>\n"


BUNDLED = Bundled()
INCODER = InCoder()
FAMILIES: tuple[Family, ...] = (BUNDLED, INCODER)


def family_of(has_token: Callable[[str], bool]) -> Family:
    """The family whose marks a tokenizer has. Raises ValueError naming the supported families."""
    for family in FAMILIES:
        if all(has_token(mark) for mark in family.marks):
            return family
    names = ", ".join(family.name for family in FAMILIES)
    raise ValueError(f"this model has no fill-in-the-middle tokens that are known here; supported families: {names}")
