"""One request on the engine, as a generator of small steps: prompt ids in, pieces of text out.

Between two steps the loop may run other requests or drop this one. Nothing here knows of threads or HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from model_server.engine import Sampling, Slot
from model_server.lookup import Lookup
from model_server.memory import Memory
from model_server.rerank import best, opinions, wanted
from model_server.slots import Slots, common
from model_server.tokens import TextStream, Tokens
from model_server.wire import Cell, CompletionRequest, Explanation, Parts, PromptTokensDetails, Usage

PREFILL_CHUNK = 256
SMALLEST_PROMPT = 128
LONGEST_PERIOD, SHORTEST_REPETITION = 16, 12
GREEDY = Sampling()
GUESSES = 8
"""Room in a slot for tokens that are guessed and not kept: more than any engine checks at once."""
Reason = Literal["stop", "length"]


class TooLong(ValueError):
    """What was asked for does not fit in the model's context; the message says the numbers."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of the suggestion, whole characters only."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a request."""

    reason: Reason
    usage: Usage
    explanation: Explanation | None


class Stops:
    """Holds back text that may be the beginning of a stop string; says when one is whole."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        """`stops` are never part of the text that is given out."""
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""

    def push(self, text: str) -> tuple[str, bool]:
        """The text that is safe to give out, and whether a stop string was met."""
        self._held += text
        met = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if met:
            return self._held[: min(met)], True
        keep = max((overlap(self._held, stop) for stop in self._stops), default=0)
        out, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return out, False

    def rest(self) -> str:
        """What was held back, once nothing more comes."""
        return self._held


def overlap(text: str, stop: str) -> int:
    """The length of the longest end of `text` that `stop` begins with."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)


def prompt_ids(request: CompletionRequest, tokens: Tokens, context: int) -> list[int]:
    """The prompt in the family's layout, with room left for the answer. Raises TooLong."""
    budget = context - request.max_tokens - GUESSES
    if budget < SMALLEST_PROMPT:
        most = context - SMALLEST_PROMPT - GUESSES
        raise TooLong(
            f"max_tokens is {request.max_tokens}, but this model's context of {context} leaves at most {most}"
        )
    return tokens.family.layout(request.parts or plain(request), tokens, budget)


def plain(request: CompletionRequest) -> Parts:
    """OpenAI's `prompt` and `suffix` as parts."""
    after = (Cell("code", request.suffix),) if request.suffix else ()
    return Parts(before=(Cell("code", request.prompt),), after=after)


class Tree(dict[int, "Tree"]):
    """The ways in which a suggestion may begin, token by token. Where a way ends, the rest is free."""

    @classmethod
    def of(cls, ways: Iterable[Sequence[int]]) -> Tree:
        """The tree of some ways; one that begins another leaves the choice at its end to the longer one."""
        root = cls()
        for way in ways:
            node = root
            for token in way:
                node = node.setdefault(token, cls())
        return root


def stuck(written: Sequence[int]) -> bool:
    """Whether the last tokens only repeat: three times the same stretch or more, and a dozen tokens in all."""
    for period in range(1, LONGEST_PERIOD + 1):
        span = max(3 * period, SHORTEST_REPETITION)
        if len(written) >= span and written[-span + period :] == written[-span:-period]:
            return True
    return False


def read(slot: Slot, prompt: Sequence[int]) -> Iterator[None]:
    """Read what the slot does not hold yet, a chunk a step."""
    for start in range(len(slot.ids), len(prompt), PREFILL_CHUNK):
        slot.read(prompt[start : start + PREFILL_CHUNK])
        yield None


def sampled(slot: Slot, sampling: Sampling, ways: Tree) -> Iterator[int]:
    """Tokens for ever, each from the scores after the last; the first ones along `ways`."""
    while True:
        token = slot.pick(sampling, ways)
        yield token
        slot.read([token])
        ways = ways.get(token, Tree())


def greedy(slot: Slot, ways: Tree, guesses: int) -> Iterator[int]:
    """The same, greedily: guesses from the text itself are checked with each step, and the right ones kept."""
    token = slot.pick(GREEDY, ways)
    while ways := ways.get(token, Tree()):
        yield token
        slot.read([token])
        token = slot.pick(GREEDY, ways)
    lookup = Lookup(slot.ids, guesses)
    while True:
        yield token
        lookup.push(token)
        guess = lookup.guess()
        following = slot.check([token, *guess])
        right = common(guess, following)
        del slot.ids[len(slot.ids) - len(guess) + right :]
        for token in guess[:right]:
            yield token
            lookup.push(token)
        token = following[right]


def write(
    slot: Slot, tokens: Tokens, request: CompletionRequest, guesses: int
) -> Generator[Piece, None, tuple[Reason, int]]:
    """Write token by token until an end token, a stop string or `max_tokens`; gives why it ended, and the count."""
    if request.max_tokens == 0:
        return "length", 0
    ways = Tree.of(map(tokens.encode, request.allowed))
    sampling = Sampling(request.temperature, request.top_p, request.seed)
    text, stops = TextStream(tokens), Stops((*request.stops, *tokens.family.stops))
    chosen = sampled(slot, sampling, ways) if request.temperature else greedy(slot, ways, guesses)
    written: list[int] = []
    for said, token in enumerate(chosen, 1):
        if token in tokens.ends:
            yield Piece(stops.rest())
            return "stop", said - 1
        piece, met = stops.push(text.push(token))
        yield Piece(piece)
        if met:
            return "stop", said
        written.append(token)
        if said == request.max_tokens or stuck(written):
            yield Piece(stops.rest())
            return "length", said
    raise AssertionError("tokens never end by themselves")


def remembered(slot: Slot, tokens: Tokens, request: CompletionRequest, memory: Memory, room: int) -> list[int]:
    """The tokens of a line that is given from memory, instead of one that the network writes; often none."""
    if request.parts is None or not wanted(request):
        return []
    found = opinions(request.parts, slot, tokens, memory, room, request.max_tokens)
    line = best(found, memory.weights)
    return line.ids if line else []


def generate(
    request: CompletionRequest, owner: str, tokens: Tokens, slots: Slots, memory: Memory | None = None
) -> Iterator[Piece | Done | None]:
    """Serve one request, a step at a time; None and an empty piece are steps without text. Raises TooLong at first."""
    begun = time.perf_counter()
    prompt = prompt_ids(request, tokens, slots.engine.context)
    kept = slots.take(owner, prompt)
    reason: Reason
    try:
        reused, tokenised = len(kept.slot.ids), time.perf_counter()
        yield from read(kept.slot, prompt)
        prefilled = time.perf_counter()
        room = slots.engine.context - len(prompt)
        line = remembered(kept.slot, tokens, request, memory, room) if memory else []
        if line:
            yield Piece(tokens.decode(line))
            reason, said = "stop", len(line)
        else:
            reason, said = yield from write(kept.slot, tokens, request, slots.engine.guesses)
        ended = time.perf_counter()
    finally:
        slots.release(kept)
    usage = Usage(len(prompt), said, len(prompt) + said, PromptTokensDetails(reused))
    if not request.explain:
        yield Done(reason, usage, None)
        return
    steps = [(later - earlier) * 1000 for earlier, later in pairwise((begun, tokenised, prefilled, ended))]
    yield Done(reason, usage, Explanation(tokens.decode(prompt), *steps))
