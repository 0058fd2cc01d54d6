"""Secrets masked: in markdown, outputs, paths and facts as well as in code, before a worker is told any of it.

Pure. What is a secret, and what is not caught, is said in `model_server.credentials`. A mask is `x`s, so that a string
stays a string and a name stays a name; it tells the kind of a secret and whether it was short or long, and nothing
else. Whole cells are masked, before anything cuts them; one whose text is as it was is not looked through again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from msgspec.structs import replace

from jupyter_codecompose.unfinished import being_typed
from jupyter_codecompose.wire import Cell, Snapshot
from model_server.credentials import ISSUERS, PREFIX, find
from model_server.shapes import Span
from model_server.wire import CompletionRequest, Fact

MASKS = {16: "x" * 8, 64: "x" * 16}
"""The mask of a secret of at most so many characters; none is so long that a key could be read in it."""
LONG_MASK = "x" * 32
BREAK = re.compile(r"(?:\\[nr]|\s)*")
SPACE = re.compile(r"\s")
LONGEST_WORD = 200
REMEMBERED = 8192


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without its secrets, and the family of each that stood there."""

    text: str
    families: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A snapshot without its secrets, and how many of each family stood there."""

    snapshot: Snapshot
    families: Counter[str]


@lru_cache(REMEMBERED)
def masked(text: str) -> Masked:
    """A text without its secrets. What is masked already stays as it is."""
    return without(text, find(text))


def page(snapshot: Snapshot) -> Page | None:
    """A snapshot without its secrets; None where the cursor stands in one: what is being typed there is told nobody."""
    here, cursor = snapshot.cells[snapshot.active], snapshot.cursor
    spans = find(here.source)
    if any(span.start <= cursor <= span.end for span in spans) or being_typed(here.source[:cursor]):
        return None
    left = without(here.source[:cursor], [span for span in spans if span.end <= cursor])
    own = _cell(here, without(here.source, spans))
    cleaned = [own if cell is here else clean(cell) for cell in snapshot.cells]
    path, language = masked(snapshot.path), masked(snapshot.language)
    cells = tuple(cell for cell, _ in cleaned)
    clear = replace(snapshot, cells=cells, cursor=len(left.text), path=path.text, language=language.text)
    families = chain(path.families, language.families, *(families for _, families in cleaned if families))
    return Page(clear, Counter(families))


@lru_cache(REMEMBERED)
def clean(cell: Cell) -> tuple[Cell, tuple[str, ...]]:
    """A cell without its secrets, and the family of each."""
    return _cell(cell, masked(cell.source))


def request(asked: CompletionRequest) -> CompletionRequest:
    """A request without the secrets in what is known beside the page: names, signatures, keys of dicts."""
    facts = asked.parts.facts if asked.parts else ()
    told = [text for fact in facts for text in (fact.name, fact.type, fact.module, fact.signature, *fact.members)]
    parts, allowed = asked.parts, _harmless(asked)
    if parts and masked("\n".join(told)).families:
        parts = replace(parts, facts=tuple(map(_fact, facts)))
    return asked if parts is asked.parts and allowed is asked.allowed else replace(asked, parts=parts, allowed=allowed)


def without(text: str, spans: Sequence[Span]) -> Masked:
    """`text` with a mask in place of each span."""
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], mask(text[span.start : span.end], span.family)]
        at = span.end
    return Masked("".join([*pieces, text[at:]]), tuple(span.family for span in spans))


def mask(secret: str, family: str) -> str:
    """What stands for a secret: its issuer's prefix is kept, and the line ends around a key."""
    size = next((mask for most, mask in MASKS.items() if len(secret) <= most), LONG_MASK)
    if family == "private-key":
        newline = BREAK.match(secret)
        return newline[0] + size + newline[0] if newline else size
    prefix = PREFIX.match(secret) if family in ISSUERS else None
    return prefix[0] + size if prefix else size


def _harmless(asked: CompletionRequest) -> tuple[str, ...]:
    """The ways to go on that give no secret away. Each is looked at behind what is typed of its word: the rest of a
    token no longer has a token's shape."""
    typed = SPACE.split(asked.parts.before[-1].text[-LONGEST_WORD:])[-1] if asked.parts and asked.parts.before else ""
    if not find("\n".join(typed + way for way in asked.allowed)):
        return asked.allowed
    return tuple(way for way in asked.allowed if all(span.end <= len(typed) for span in find(typed + way)))


def _cell(cell: Cell, source: Masked) -> tuple[Cell, tuple[str, ...]]:
    outputs = masked(cell.outputs)
    families = source.families + outputs.families
    return replace(cell, source=source.text, outputs=outputs.text) if families else cell, families


def _fact(fact: Fact) -> Fact:
    names = {field: masked(getattr(fact, field)).text for field in ("name", "type", "module", "signature")}
    return replace(fact, members=tuple(masked(member).text for member in fact.members), **names)
