"""One request, as a generator: it gives reads for the engine and is sent their scores; it gives text on the way.

Who drives it may put the reads of many requests into one step, cut a long one, or close it between two steps. Nothing
here knows of threads or HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from msgspec.structs import replace

from model_server.bounds import Bounds
from model_server.choice import chosen, lined
from model_server.engine import Branches, Engine, Front, Ids, Read, Sampling, Scores, Slot
from model_server.lookup import Lookup
from model_server.memory import Memory
from model_server.rerank import preferred, promising, wanted
from model_server.slots import Slots, common
from model_server.tokens import TextStream, Tokens
from model_server.ways import Ways
from model_server.wire import Cell, CompletionRequest, Explanation, Parts, PromptTokensDetails, Usage

SMALLEST_PROMPT = 128
LONGEST_PERIOD, SHORTEST_REPETITION = 16, 12
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


Steps = Generator[Read | Branches | Piece | Done, Scores, None]


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


def stuck(written: Sequence[int]) -> bool:
    """Whether the last tokens only repeat: three times the same stretch or more, and a dozen tokens in all."""
    for period in range(1, LONGEST_PERIOD + 1):
        span = max(3 * period, SHORTEST_REPETITION)
        if len(written) < span or written[-1] != written[-1 - period]:
            continue
        if written[-span + period :] == written[-span:-period]:
            return True
    return False


def following(
    slot: Slot, last: int, sampling: Sampling, among: Ids | tuple[()], guess: list[int]
) -> Generator[Read, Scores, list[int]]:
    """The tokens that are certain once `last` is read: one, and before it those that were guessed rightly."""
    scores = yield Read(slot, [last, *guess], every=bool(guess), guessed=len(guess))
    if not guess:
        return [scores.pick(sampling, among)]
    likeliest = scores.likeliest()
    right = common(guess, likeliest)
    del slot.ids[len(slot.ids) - len(likeliest) + right + 1 :]
    return likeliest[: right + 1]


def write(
    front: Front, tokens: Tokens, request: CompletionRequest, guesses: int
) -> Generator[Read | Piece, Scores, tuple[Reason, int]]:
    """Write until an end token, a stop string, `max_tokens`, or the end of the block or of the time; gives why it
    ended, and the count of tokens.

    Guesses from the text itself are checked with each step where the choice is greedy and free.
    """
    slot, sampling = front.slot, Sampling(request.temperature, request.top_p, request.seed)
    ways = Ways(request.allowed, tokens)
    lookup = Lookup(slot.ids, guesses if sampling.greedy else 0)
    text, stops = TextStream(tokens), Stops((*request.stops, *tokens.family.stops))
    bounds, begun = Bounds(request.indent, request.seconds), time.perf_counter()
    written: list[int] = []

    def bounded(piece: str) -> tuple[str, bool]:
        return bounds.push(piece, time.perf_counter() - begun)

    certain = [front.scores.pick(sampling, ways.among)]
    while True:
        for token in certain:
            if token in tokens.ends:
                yield Piece(bounded(stops.rest())[0])
                return "stop", len(written)
            written.append(token)
            lookup.push(token)
            piece, met = stops.push(text.push(token))
            piece, over = bounded(piece)
            yield Piece(piece)
            if met or over:
                return "stop", len(written)
            if len(written) == request.max_tokens or stuck(written):
                piece, over = bounded(stops.rest())
                yield Piece(piece)
                return "stop" if over else "length", len(written)
        ways.take(token)
        among = ways.among
        certain = yield from following(slot, token, sampling, among, [] if len(among) else lookup.guess())


def remembered(
    front: Front, tokens: Tokens, request: CompletionRequest, memory: Memory, room: int
) -> Generator[Branches, Scores, list[int]]:
    """The tokens of a line that is given from memory, instead of one that the network writes; often none."""
    if request.parts is None or not wanted(request):
        return []
    found = promising(request.parts, tokens, memory, room, request.max_tokens, lined(request.allowed))
    line = yield from preferred(found, front, tokens, memory.weights)
    return line.ids if line else []


def answer(
    front: Front, tokens: Tokens, request: CompletionRequest, engine: Engine, memory: Memory | None
) -> Generator[Read | Branches | Piece, Scores, tuple[Reason, int]]:
    """The suggestion after a prompt that was read: a line from memory, or what the network writes."""
    if request.max_tokens == 0:
        return "length", 0
    room = engine.context - len(front.slot.ids)
    line = (yield from remembered(front, tokens, request, memory, room)) if memory else []
    if line:
        yield Piece(tokens.decode(line))
        return "stop", len(line)
    way = yield from chosen(request.allowed, front, tokens, memory, room)
    return (yield from write(front, tokens, replace(request, allowed=way), engine.guesses))


def generate(
    request: CompletionRequest, owner: Hashable, tokens: Tokens, slots: Slots, memory: Memory | None = None
) -> Steps:
    """Serve one request. Raises TooLong at first."""
    begun = time.perf_counter()
    engine = slots.engine
    prompt = prompt_ids(request, tokens, engine.context)
    kept = slots.take(owner, prompt)
    try:
        slot, reused, tokenised = kept.slot, len(kept.slot.ids), time.perf_counter()
        scores = yield Read(slot, prompt[reused:])
        prefilled = time.perf_counter()
        reason, said = yield from answer(Front(slot, scores), tokens, request, engine, memory)
        ended = time.perf_counter()
    finally:
        slots.release(kept)
    usage = Usage(len(prompt), said, len(prompt) + said, PromptTokensDetails(reused))
    if not request.explain:
        yield Done(reason, usage, None)
        return
    steps = [(later - earlier) * 1000 for earlier, later in pairwise((begun, tokenised, prefilled, ended))]
    yield Done(reason, usage, Explanation(tokens.decode(prompt), *steps))


def alone(steps: Steps, engine: Engine) -> Iterator[Piece | Done]:
    """Drive one request by itself, each of its reads a step; what it says on the way."""
    try:
        step = next(steps)
        while True:
            if isinstance(step, Read | Branches):
                step = steps.send(engine.step([step])[0])
            else:
                yield step
                step = next(steps)
    except StopIteration:
        return
    finally:
        steps.close()
