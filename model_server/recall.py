"""How the cursor's line may go on, by what the notebook and the memory hold: candidates, and the evidence for each.

Pure text; no network. A candidate is the rest of a line: of a notebook's line that has the characters before the
cursor too, of one that stands between the same neighbours there or in the person's other code, or of a line that is
common in the corpus.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import log, log1p

from model_server.memory import NO_PAGES, Lines, Memory, Pages, Weights
from model_server.wire import Cell, Parts

LINES_ABOVE, LINES_BELOW = 600, 300
"""How far from the cursor the notebook is read: what bounds the time of a keystroke."""
LONGEST = 160
MOST_MATCHES = 600
MOST_COMMON = 10
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
NAME = re.compile(r"[A-Za-z_]\w*")
CALL = re.compile(r"(?:[\w, .]+=\s*)?([A-Za-z_][\w.]*[(\[])")
KNOWN = frozenset(keyword.kwlist) | frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a candidate; each field is worth the weight of its name."""

    previous: float = 0.0
    following: float = 0.0
    times: float = 0.0
    below: float = 0.0
    match: float = 0.0
    share: float = 0.0
    whole: float = 0.0
    common: float = 0.0
    documents: float = 0.0
    portion: float = 0.0
    unknown: float = 0.0
    repeats: float = 0.0
    unbalanced: float = 0.0
    length: float = 0.0
    short: float = 0.0

    def with_sight(self, sight: Evidence) -> Evidence:
        """The better of two sights in the notebook, counted once more."""
        return replace(
            self,
            previous=max(self.previous, sight.previous),
            following=max(self.following, sight.following),
            times=self.times + 1,
            below=max(self.below, sight.below),
            match=max(self.match, sight.match),
            share=max(self.share, sight.share),
            whole=max(self.whole, sight.whole),
        )


EVIDENCE: tuple[str, ...] = tuple(Evidence.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rest of the cursor's line, and how likely it is before the network was asked (log-odds)."""

    text: str
    evidence: Evidence
    prior: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The cursor's line up to the cursor, and the stripped lines around it, nearest cells last and first."""

    head: str
    above: list[str]
    below: list[str]
    previous: str
    following: str
    tail: str

    @classmethod
    def of(cls, parts: Parts) -> Surroundings:
        """The code around the cursor; the neighbours stand in the cursor's own cell."""
        before = parts.before[-1].text if parts.before else ""
        after = parts.after[0].text if parts.after else ""
        *own, head = before.split("\n")
        above = [*gather((*parts.further_before, *parts.before[:-1]), LINES_ABOVE, last=True), *own][-LINES_ABOVE:]
        tail, *rest = after.split("\n")
        further = gather((*parts.after[1:], *parts.further_after), LINES_BELOW, last=False)
        below = [*rest[:LINES_BELOW], *further][:LINES_BELOW]
        return cls(head.lstrip(), stripped(above), stripped(below), near(reversed(own)), near(iter(rest)), tail.strip())


def gather(cells: Sequence[Cell], most: int, *, last: bool) -> list[str]:
    """Lines of the code cells next to the cursor, at most about `most`."""
    chosen: list[list[str]] = []
    for cell in reversed(cells) if last else cells:
        if most <= 0:
            break
        if cell.kind == "code":
            lines = cell.text.split("\n")
            chosen.append(lines[-most:] if last else lines[:most])
            most -= len(lines)
    return [line for lines in (reversed(chosen) if last else chosen) for line in lines]


def stripped(lines: list[str]) -> list[str]:
    """Lines that can be copied: no blank ones, no comments, none that is too long."""
    texts = (line[: LONGEST + 1].strip() if len(line) > LONGEST else line.strip() for line in lines)
    return [text for text in texts if text and len(text) <= LONGEST and text[0] != "#"]


def near(lines: Iterator[str]) -> str:
    """The first line that is not blank, or none."""
    return next((line.strip() for line in lines if line.strip()), "")


def called(line: str) -> str:
    """What a line calls or subscribes first: `plt.plot(` of `ax = plt.plot(x)`."""
    found = CALL.match(line[:LONGEST])
    return found[1] if found else ""


def recall(parts: Parts, memory: Memory, most: int) -> list[Candidate]:
    """At most `most` candidates, the likeliest first."""
    around = Surroundings.of(parts)
    if len(around.head) > LONGEST:
        return []
    lines = memory.of(parts.header.language)
    pages = memory.pages.get(parts.header.language, NO_PAGES)
    found: dict[str, Evidence] = {}
    for rest, sight in seen(around, pages):
        found[rest] = found.get(rest, Evidence()).with_sight(sight)
    if around.head:
        common(around.head, lines, found)
    names = {*NAME.findall("\n".join((*around.above, *around.below, around.head))), *KNOWN}
    candidates = []
    for rest, sight in found.items():
        if text := short_of(rest, around.tail):
            evidence = finished(rest, sight, around, names, lines)
            candidates.append(Candidate(text, evidence, prior(evidence, memory.weights)))
    return sorted(candidates, key=lambda candidate: (-candidate.prior, candidate.text))[:most]


def seen(around: Surroundings, pages: Pages) -> Iterator[tuple[str, Evidence]]:
    """Rests that the notebook's own lines give, and those of the person's other code, a sight at a time."""
    yield from sights(around, around.above, 0.0)
    yield from sights(around, around.below, 1.0)
    yield from sights(around, pages.below(around.previous), 0.0)


def sights(around: Surroundings, lines: list[str], below: float) -> Iterator[tuple[str, Evidence]]:
    """The rests that some lines give: those after the same characters, or (on an empty line) between neighbours."""
    key = "".join(TOKEN.findall(around.head)[-2:])
    call, matches = called(around.previous), 0
    for number, line in enumerate(lines):
        if key and key not in line:
            continue
        above = lines[number - 1] if number else ""
        previous = float(bool(above) and above == around.previous)
        if not previous and call and called(above) == call:
            previous = 0.5
        under = lines[number + 1] if number + 1 < len(lines) else ""
        following = float(bool(under) and under == around.following)
        if not key:
            if previous or following:
                yield line, Evidence(previous, following, below=below)
            continue
        for end, same in ends(line, around.head, key):
            matches += 1
            if matches > MOST_MATCHES:
                return
            whole = same == len(around.head) == end
            share = same / len(around.head)
            yield line[end:], Evidence(previous, following, 0, below, min(same, 20) / 10, share, float(whole))


def ends(line: str, head: str, key: str) -> Iterator[tuple[int, int]]:
    """Where the last tokens of `head` end in a line that goes on, and how many characters are the same before."""
    at = line.find(key)
    while at >= 0:
        end, same = at + len(key), len(key)
        inside_word = at > 0 and in_word(key[0]) and in_word(line[at - 1])
        if len(line) - end >= 2 and not inside_word:
            while same < len(head) and end > same and line[end - same - 1] == head[-same - 1]:
                same += 1
            yield end, same
        at = line.find(key, at + 1)


def in_word(character: str) -> bool:
    """Whether a character may stand in a name."""
    return character.isalnum() or character == "_"


def common(head: str, lines: Lines, found: dict[str, Evidence]) -> None:
    """Add the corpus' commonest lines that begin with `head`."""
    begun, total = lines.beginning(head, MOST_COMMON)
    for line, count in begun:
        rest = line[len(head) :]
        found[rest] = replace(found.get(rest, Evidence()), common=1.0, portion=count / (total + 1))


def finished(rest: str, sight: Evidence, around: Surroundings, names: set[str], lines: Lines) -> Evidence:
    """The evidence with what the candidate's own text says."""
    line = around.head + rest
    return replace(
        sight,
        times=log1p(sight.times),
        documents=log(max(lines.count(line), 1)),
        unknown=float(min(sum(name not in names for name in NAME.findall(rest)), 4)),
        repeats=float((line == around.previous) + (line == around.following)),
        unbalanced=float(any(line.count(left) != line.count(right) for left, right in ("()", "[]"))),
        length=len(rest) / 20,
        short=float(len(rest) < 4),
    )


def short_of(rest: str, tail: str) -> str:
    """A candidate without what stands behind the cursor already; nothing where it does not end so."""
    return rest.removesuffix(tail) if rest.endswith(tail) else ""


def prior(evidence: Evidence, weights: Weights) -> float:
    """The evidence's worth."""
    worth: float = sum(getattr(evidence, name) * getattr(weights, name) for name in EVIDENCE)
    return worth
