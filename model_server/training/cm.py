"""InCoder's causal masking: a document is tokenised first, and spans of its tokens are moved behind it.

The number of spans is Poisson with mean 1, at least one; their ends are uniform over the tokens, given that they do
not overlap. The metadata stands first or, half of the time, last. Everything is learnt but the sentinels. It is here
to be measured against LCM. (InCoder, arXiv 2204.05999, section 2.1 and figure 6.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from model_server.corpus.documents import NEIGHBOURHOOD, Document
from model_server.families import INCODER, tagged
from model_server.tokens import Tokens
from model_server.training.objective import Example, Place
from model_server.wire import Parts

MOST_SPANS = 8
"""More than these come once in a million examples; a small tokenizer has no more sentinels."""
LEAST_BODY = 8


def poisson(mean: float, random: Random) -> int:
    """A Poisson number (Knuth's method)."""
    limit, count, product = math.exp(-mean), 0, random.random()
    while product > limit:
        count += 1
        product *= random.random()
    return count


def choose_spans(length: int, random: Random) -> list[tuple[int, int]]:
    """Spans `[start, end)` of a sequence of at least two tokens, in order, none empty, none overlapping another.

    Uniform ends that do not overlap are uniform points taken in pairs, so nothing has to be drawn twice.
    """
    wanted = 0
    while not wanted:
        wanted = min(poisson(1.0, random), MOST_SPANS, length // 2)
    ends = sorted(random.sample(range(length + 1), 2 * wanted))
    return list(zip(ends[::2], ends[1::2], strict=True))


def written(doc: Document, cell: int, near: int) -> tuple[str, int]:
    """A document as InCoder was shown it, and where a character of one of its cells stands in that."""
    if doc.kind != "notebook":
        return doc.cells[cell].text, near
    above = "".join(map(tagged, doc.cells[:cell]))
    return above + "".join(map(tagged, doc.cells[cell:])), len(above) + len("<cell>\n") + near


def window(length: int, at: int, size: int) -> slice:
    """`size` of `length` things around one of them, 70 % of them before it."""
    start = max(0, min(at - int(size * 0.7), length - size))
    return slice(start, start + size)


@dataclass(frozen=True, slots=True)
class CausalMasking:
    """The CM objective over one tokenizer of InCoder's family."""

    tokens: Tokens
    name: str = "cm"

    def example(self, place: Place, room: int, random: Random) -> Example | None:
        """See `Objective.example`."""
        header = self.tokens.encode(INCODER.header(Parts(place.document.header)) + "\n")
        text, at = written(place.document, place.cell, place.near)
        near = window(len(text), at, NEIGHBOURHOOD)
        body = self.tokens.encode(text[near])
        most = room - len(header) - 1 - 3 * MOST_SPANS
        if min(len(body), most) < LEAST_BODY:
            return None
        middle = len(body) * (at - near.start) // min(len(text), NEIGHBOURHOOD)
        return self._masked(header, body[window(len(body), middle, most)], random)

    def _masked(self, header: list[int], body: list[int], random: Random) -> Example:
        first = random.random() < 0.5
        ids, moved, reached = [self._mark("<|endoftext|>"), *(header if first else [])], [], 0
        for number, (start, end) in enumerate(choose_spans(len(body), random)):
            sentinel = self._mark(f"<|mask:{number}|>")
            ids += [*body[reached:start], sentinel]
            moved += [sentinel, *body[start:end], self._mark("<|endofmask|>")]
            reached = end
        ids += [*body[reached:], *([] if first else header), *moved]
        sentinels = {self._mark(f"<|mask:{number}|>") for number in range(MOST_SPANS)}
        return Example(ids, [0.0, *(0.0 if token in sentinels else 1.0 for token in ids[1:])])

    def _mark(self, token: str) -> int:
        return self.tokens.special(token)
