"""How each family of models lays out a cursor in a document: parts in, token ids out. Pure; no torch, no I/O.

A family knows its special tokens, the order of its parts, and what to cut when there are too many tokens. What stands
before and after the cursor is tokenised apart, so that no token crosses the cursor. Sources: the bundled layout is
this project's own; InCoder's is that of Fried et al. 2022 (arXiv 2204.05999) and its published code; the others, which
know no notebooks, are in `published.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from math import inf

from model_server.layout import (
    EXTENSIONS,
    FACTS_SHARE,
    HEADER_TOKENS,
    Encoder,
    Family,
    cells_near_end,
    describe,
    is_notebook,
    keep_end,
    keep_start,
    near_end,
    near_start,
    share,
)
from model_server.published import PUBLISHED
from model_server.wire import Cell, Fact, Header, Parts

ORDINARY = 2_500
"""As near as so many tokens may reach, 40,000 characters, a text is tokenised whatever its budget: that is all of a
notebook, of which each cut then falls where it always did."""


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
    kinds: tuple[str, ...] = ()
    chat: tuple[str, ...] = ()
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
        opening += self._facts(parts.facts, encoder, int(room * FACTS_SHARE))
        room = max(budget - len(opening) - 2, 0)
        near = max(room, ORDINARY)
        lower = (Cell(cell.kind, near_start(cell.text, near)) for cell in parts.after)
        after = self._cells(lower, encoder, room, opened=True)
        before = self._cells(cells_near_end(parts.before, near), encoder, opened=False)
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

    def _facts(self, facts: Iterable[Fact], encoder: Encoder, budget: int) -> list[int]:
        """Ids of the facts that come first, at most `budget`."""
        ids: list[int] = []
        for fact in facts:
            if len(ids) >= budget:
                break
            ids += encoder.encode(near_start(describe(fact) + "\n", ORDINARY))
        return keep_start([encoder.special("<|facts|>"), *ids] if ids else [], budget)

    def _cells(self, cells: Iterable[Cell], encoder: Encoder, most: float = inf, *, opened: bool) -> list[int]:
        """Ids of cells, each opened by its kind's token, up to the cell where there are `most`; `opened` leaves out the
        first one's token."""
        ids: list[int] = []
        for number, cell in enumerate(cells):
            if len(ids) >= most:
                break
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
    kinds: tuple[str, ...] = ()
    chat: tuple[str, ...] = ()

    def layout(self, parts: Parts, encoder: Encoder, budget: int) -> list[int]:
        """See `Family.layout`."""
        opening = [encoder.special("<|endoftext|>"), *self._opening(parts, encoder)]
        before = encoder.encode(near_end(self._before(parts.before, notebook=is_notebook(parts)), budget))
        after = encoder.encode(near_start(self._after(parts.after, notebook=is_notebook(parts)), budget))
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


def tagged(cell: Cell) -> str:
    """A cell in InCoder's tags; outputs were not in its training data and are left out."""
    if cell.kind == "output":
        return ""
    tag = "cell" if cell.kind == "code" else "text"
    return f"<{tag}>\n{cell.text}\n</{tag}>\n"


BUNDLED = Bundled()
INCODER = InCoder()
FAMILIES: tuple[Family, ...] = (BUNDLED, INCODER, *PUBLISHED)
NAMES = ", ".join(family.name for family in FAMILIES)


def family_of(has_token: Callable[[str], bool], kind: str = "", shown: Collection[str] = ()) -> Family:
    """The family whose marks a tokenizer has; `kind` is the network's `model_type`, and `shown` what else the tokenizer
    shows (see `Family.chat`). Raises ValueError naming the supported families."""
    for family in FAMILIES:
        if all(has_token(mark) for mark in family.marks) and (not family.kinds or kind in family.kinds):
            return checked(family, shown)
    raise ValueError(f"this model has no fill-in-the-middle tokens that are known here; supported families: {NAMES}")


def checked(family: Family, shown: Collection[str]) -> Family:
    """The family, unless the model was tuned to answer: such a one writes on past the gap (CodeGemma's report, arXiv
    2406.11409, table 2: two to six times as long). Raises ValueError."""
    if any(sign in shown for sign in family.chat):
        raise ValueError(
            f"this is an instruction-tuned version of a {family.name} model, which writes on past the gap: take "
            f"its base version; supported families: {NAMES}"
        )
    return family
