"""Language causal masking: the cursor is chosen on characters, and no token crosses it.

The cut is at a line's start, after a trigger character or inside a word; what stands before, the target and what
stands after are then tokenised apart. The prompt is laid out by the same `Family.layout` that serves, metadata first.
(CodeCompose, arXiv 2305.12050.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from model_server.corpus.documents import Document, nearby
from model_server.layout import Encoder
from model_server.tokens import Tokens
from model_server.training.cuts import Cut, choose_cut
from model_server.training.objective import Example, Place
from model_server.wire import Cell, Fact, Header, Parts

CUT_RATE = 0.12
FACTS_RATE = 0.65
FACT_DROPPED = 0.15
OUTPUTS_RATE = 0.3
MOST_FACTS = 32
MOST_TARGET = 96
TARGET_WEIGHT = 3.0


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
    """The LCM objective over one tokenizer, in its family's layout. Every token is learnt but the sentinels around the
    gap; those of the target count three times."""

    tokens: Tokens
    name: str = "lcm"

    def example(self, place: Place, room: int, random: Random) -> Example | None:
        """See `Objective.example`. None where the line is blank."""
        doc, tokens = place.document, self.tokens
        cut = choose_cut(doc.cells[place.cell].text, place.near, random)
        if cut is None:
            return None
        end = tokens.special(tokens.family.ends[0])
        target = [*tokens.encode(cut.target)[: min(MOST_TARGET, room // 3)], end]
        before, after = split(doc, place.cell, cut, random)
        facts = choose_facts(place.facts, place.spare, random)
        parts = Parts(shown_header(doc.header, random), facts, before, after)
        encoder: Encoder = CutEncoder(tokens, random)
        prompt = tokens.family.layout(parts, encoder, room - len(target))
        sentinels = {tokens.special(mark) for mark in tokens.family.marks}
        weights = [0.0 if token in sentinels else 1.0 for token in prompt[1:]]
        return Example(prompt + target, [0.0, *weights] + [TARGET_WEIGHT] * len(target))
