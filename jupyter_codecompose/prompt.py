"""A notebook's parts as text, for servers that are not our worker: laid out for a family, or as two sides. Pure.

Budgets are in tokens, which nobody here can count: three ASCII characters are taken for one token, and each other
character too, which is more than the tokenizers of code models make of most code. Special tokens that stand in the
notebook itself are broken up, since a server would take them for ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model_server.layout import FACTS_SHARE, Family, keep_end, keep_start, share
from model_server.scripts import after, before, comment_mark, facts, fitting, script_path
from model_server.wire import Cell, CompletionRequest, Parts

PIECE = re.compile(r"[\0-\x7f]{1,3}|.", re.DOTALL)
CONTROL = r"<[|｜][^|｜\s]{1,40}[|｜]>"
BEGINNINGS = ("<s>", "<bos>", "<|endoftext|>", "<｜begin▁of▁sentence｜>")
"""What tokenizers put before a text by themselves."""
SPARE_TOKENS = 32
NEAR, STEP = 4_000, 2_000
"""Characters before the cursor that are read last, and how far their beginning moves at a time. llama.cpp reads at most
1,536 tokens of an infill's prefix; were it the one to cut, the cut would move with each key."""


class Pieces:
    """An `Encoder` whose ids stand for pieces of text, each taken for a token."""

    def __init__(self, special: Iterable[str] = ()) -> None:
        """`special` are tokens that plain text may not hold."""
        self._pieces: list[str] = []
        self._special = re.compile("|".join([*map(re.escape, special), CONTROL]))

    def encode(self, text: str) -> Sequence[int]:
        """Ids of plain text."""
        return self._new(PIECE.findall(self._special.sub(_broken, text)))

    def special(self, token: str) -> int:
        """Id of a special token."""
        return self._new([token])[0]

    def text(self, ids: Iterable[int]) -> str:
        """What ids stand for."""
        return "".join(self._pieces[number] for number in ids)

    def _new(self, pieces: Sequence[str]) -> range:
        first = len(self._pieces)
        self._pieces += pieces
        return range(first, len(self._pieces))


@dataclass(frozen=True, slots=True)
class Sides:
    """A document as a script, facts at its top, cut at the cursor; what stands far `above` is apart."""

    path: str
    above: str
    before: str
    after: str


def rendered(family: Family, request: CompletionRequest, context: int) -> str:
    """The prompt of a family's model that reads and writes `context` tokens, without what begins each of its texts."""
    pieces = Pieces({*family.marks, *family.ends, *BEGINNINGS})
    ids = family.layout(_parts(request), pieces, _room(request, context))
    first = pieces.text(ids[:1])
    return pieces.text(ids[1:] if first in BEGINNINGS else ids)


def sides(request: CompletionRequest, context: int) -> Sides:
    """The two sides of the cursor, for a model that reads and writes `context` tokens."""
    parts, room, pieces = _parts(request), _room(request, context), Pieces(BEGINNINGS)
    mark = comment_mark(parts)
    known = fitting(list(facts(parts.facts, mark)), int(room * FACTS_SHARE), pieces)
    left, right = pieces.encode("".join(before(parts, mark))), pieces.encode(after(parts, mark))
    for_left, for_right = share(len(left), len(right), room - len(known))
    text = pieces.text([*known, *keep_end(left, for_left)])
    far = _far(text)
    return Sides(script_path(parts), text[:far], text[far:], pieces.text(keep_start(right, for_right)))


def _far(text: str) -> int:
    """How much of the text before the cursor is far from it: whole lines, in steps, so that it seldom changes."""
    excess = len(text) - NEAR
    if excess <= 0:
        return 0
    at = -(-excess // STEP) * STEP
    return text.find("\n", at) + 1 or at


def _parts(request: CompletionRequest) -> Parts:
    """The request's parts, or its prompt and suffix as such."""
    if request.parts:
        return request.parts
    return Parts(before=(Cell("code", request.prompt),), after=(Cell("code", request.suffix or ""),))


def _room(request: CompletionRequest, context: int) -> int:
    return max(context - request.max_tokens - SPARE_TOKENS, 0)


def _broken(token: re.Match[str]) -> str:
    return f"{token[0][0]} {token[0][1:]}"
