"""Language causal masking: from a document and a seed to one training example.

The cut is chosen on characters, at line starts, after trigger characters and inside words; what stands before, the
target and what stands after are then tokenised apart, so that no token crosses the cursor. The prompt is laid out by
the same `Family.layout` that serves. (CodeCompose, arXiv 2305.12050; InCoder's causal masking chose spans of tokens.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from model_server.families import Bundled, Encoder
from model_server.tokens import Tokens
from model_server.training.corpus import Document
from model_server.wire import Cell, Fact, Header, Parts

TRIGGER = re.compile(r"[(=.,\[:{ ]")
CLOSERS = re.compile(r"[)\]}:,]+$")
NEIGHBOURHOOD = 7000
CUT_RATE = 0.12
FACTS_RATE = 0.65
FACT_DROPPED = 0.15
OUTPUTS_RATE = 0.3
MOST_FACTS = 32
MOST_TARGET = 96


@dataclass(frozen=True, slots=True)
class Cut:
    """A cell split in three: `before + target + after` is the cell exactly."""

    before: str
    target: str
    after: str


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of a prompt and of its target, the end token included."""

    prompt: list[int]
    target: list[int]


class CutEncoder:
    """Tokenises as if a cursor had stood in some of the lines, so that broken words are nothing new to the model."""

    def __init__(self, tokens: Tokens, random: Random) -> None:
        """Cut lines at the rate of this module, chosen by `random`."""
        self._tokens = tokens
        self._random = random

    def encode(self, text: str) -> Sequence[int]:
        """Ids of plain text, some of its lines tokenised in two pieces."""
        ids: list[int] = []
        for number, line in enumerate(text.split("\n")):
            piece = f"\n{line}" if number else line
            if len(line) > 3 and self._random.random() < CUT_RATE:
                at = self._random.randrange(2, len(piece))
                ids += self._tokens.encode(piece[:at])
                piece = piece[at:]
            ids += self._tokens.encode(piece)
        return ids

    def special(self, token: str) -> int:
        """Id of a special token."""
        return self._tokens.special(token)


def choose_column(line: str, random: Random) -> int:
    """Where in a line the cursor stands: its start, after a trigger character, or anywhere."""
    indent = len(line) - len(line.lstrip())
    kind = random.random()
    triggers = [match.end() for match in TRIGGER.finditer(line, indent) if line[match.end() :].strip()]
    if kind < 0.25 or len(line) - indent < 2:
        return indent
    if kind < 0.7 and triggers:
        return random.choice(triggers)
    return random.randrange(indent, len(line))


def block_end(lines: list[str], start: int) -> int:
    """The number of the first line after `start` that no longer belongs to its block, by indentation."""
    depth = len(lines[start]) - len(lines[start].lstrip())
    end = start + 1
    while end < len(lines) and lines[end].strip() and len(lines[end]) - len(lines[end].lstrip()) >= depth:
        end += 1
    return end


def choose_cut(text: str, near: int, random: Random) -> Cut | None:
    """A cut in the line that holds character `near`: usually to the line's end, sometimes short of its closers,
    sometimes to the end of the block. None where that line is blank."""
    lines = text.split("\n")
    number = text.count("\n", 0, near)
    line = lines[number].rstrip()
    if not line.strip():
        return None
    column = choose_column(line, random)
    start = sum(len(above) + 1 for above in lines[:number]) + column
    end = start + len(line) - column
    kind = random.random()
    if kind < 0.15 and (closers := CLOSERS.search(line)) and line[column : closers.start()].strip():
        end = start + closers.start() - column
    elif kind > 0.85:
        last = min(block_end(lines, number), number + 12)
        end = sum(len(above) + 1 for above in lines[:last]) - 1
        end = start + len(text[start:end].rstrip())
    return Cut(text[:start], text[start:end], text[end:])


def choose_facts(facts: Sequence[Fact], spare: Sequence[Fact], random: Random) -> tuple[Fact, ...]:
    """The facts shown: often none, some left out, some columns of other documents mixed in."""
    if random.random() > FACTS_RATE:
        return ()
    kept = [blur(fact, spare, random) for fact in facts if random.random() > FACT_DROPPED]
    return tuple(kept[-MOST_FACTS:])


def blur(fact: Fact, spare: Sequence[Fact], random: Random) -> Fact:
    """A frame's columns in another order, with some that its notebook never names."""
    if fact.type != "DataFrame":
        return fact
    others = random.choice(spare).members if spare else ()
    members = list(dict.fromkeys((*fact.members, *random.sample(others, min(len(others), random.randrange(9))))))
    random.shuffle(members)
    return Fact(fact.name, fact.type, fact.module, tuple(members))


def nearby(cells: Sequence[Cell], *, last: bool) -> tuple[Cell, ...]:
    """The cells next to the cursor, as many as a prompt can hold: the last ones, or the first ones."""
    kept: list[Cell] = []
    room = NEIGHBOURHOOD
    for cell in reversed(cells) if last else cells:
        if room <= 0:
            break
        text = cell.text[-room:] if last else cell.text[:room]
        kept.append(Cell(cell.kind, text))
        room -= len(text)
    return tuple(reversed(kept)) if last else tuple(kept)


def split(doc: Document, at: int, cut: Cut, random: Random) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Cells before and after the cursor in cell `at`; outputs are mostly left out."""
    outputs = random.random() < OUTPUTS_RATE
    earlier = [cell for cell in doc.cells[:at] if outputs or cell.kind != "output"]
    later = [cell for cell in doc.cells[at + 1 :] if cell.kind != "output"]
    before = nearby([*earlier, Cell("code", cut.before)], last=True)
    after = nearby([Cell("code", cut.after), *later], last=False)
    return before, after


def shown_header(header: Header, random: Random) -> Header:
    """The header, its path sometimes shortened to the file's name or left out."""
    kind = random.random()
    path = header.path if kind < 0.6 else header.path.rpartition("/")[2] if kind < 0.9 else ""
    return Header(header.language, header.kernel, path)


@dataclass(frozen=True, slots=True)
class LanguageCausalMasking:
    """The LCM objective over one tokenizer."""

    tokens: Tokens
    family: Bundled

    def example(
        self, doc: Document, at: int, near: int, facts: Sequence[Fact], spare: Sequence[Fact], room: int, random: Random
    ) -> Example | None:
        """An example of at most `room` tokens, cut near character `near` of cell `at`; None where there is no line."""
        cut = choose_cut(doc.cells[at].text, near, random)
        if cut is None:
            return None
        target = [*self.tokens.encode(cut.target)[: min(MOST_TARGET, room // 3)], self.tokens.special("<|eom|>")]
        before, after = split(doc, at, cut, random)
        header = shown_header(doc.header, random)
        parts = Parts(header, choose_facts(facts, spare, random), before, after)
        encoder: Encoder = CutEncoder(self.tokens, random)
        return Example(self.family.layout(parts, encoder, room - len(target)), target)
