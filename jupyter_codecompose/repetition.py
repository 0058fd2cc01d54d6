"""Where a text begins to go round in circles: lines, blocks of lines, and tokens and strings in a line. Pure.

A model that has lost its way writes the same again and again. People repeat themselves too: two like lines may stand
where no third follows, and the row of a table may hold one number some times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

WORD = re.compile(r"\w")
TOKEN = re.compile(r"\w+|[^\w\s]+")
STRING = re.compile(r"""(?P<value>:\s*)?(?P<text>(["'])(?:(?!\3)[^\\\n])+\3)""")
NEXT = re.compile(r"\s*,\s*")
LONGEST = 8
"""The most tokens of one turn in a line."""
SHORT, SHORT_TURNS, LONG_TURNS = 2, 8, 4


def repeats_lines(lines: Sequence[str], *, complete: bool) -> tuple[int, bool] | None:
    """How many lines stand before they repeat, and whether that is certain; None where they do not.

    A line repeats where it stands three times, a block where it stands twice; the last line may still grow unless it
    is `complete`.
    """
    last = len(lines) - 1
    for end in range(1, last + 1):
        for period in range(1, (end + 1) // 2 + 1):
            start = end - max(period, 2) + 1
            if start >= period and (end < last or complete) and _again(lines, start, end + 1, period):
                return start, True
    if complete:
        return None
    return next(((start, False) for start in range(1, last + 1) if _may_repeat(lines, start)), None)


def _again(lines: Sequence[str], start: int, end: int, period: int) -> bool:
    """Whether the lines from `start` to `end` are those before them, `period` lines higher, and say something."""
    again = all(lines[at] == lines[at - period] for at in range(start, end))
    return again and any(WORD.search(line) for line in lines[start:end])


def _may_repeat(lines: Sequence[str], start: int) -> bool:
    """Whether the lines from `start` on may become a repetition; the last of them is still written."""
    last = len(lines) - 1
    for period in range(1, start + 1):
        if last < start + max(period, 2):
            same = all(lines[at] == lines[at - period] for at in range(start, last))
            if same and lines[last - period].startswith(lines[last]):
                return True
    return False


def repeats_tokens(line: str, *, complete: bool) -> tuple[int, bool] | None:
    """Where in a line its tokens have begun to repeat (two turns may stand), and whether that is certain."""
    found = list(TOKEN.finditer(line))
    growing = -1 if complete or not found or found[-1].end() < len(line) else len(found) - 1
    runs = [0] * (LONGEST + 1)
    for at, token in enumerate(found):
        for period in range(1, min(LONGEST, at) + 1):
            before = found[at - period][0]
            same = before.startswith(token[0]) if at == growing else before == token[0]
            runs[period] = runs[period] + 1 if same else 0
            turns = SHORT_TURNS if period <= SHORT else LONG_TURNS
            if at != growing and runs[period] >= (turns - 1) * period:
                return found[at - runs[period] + 1 + period].start(), True
    held = [found[len(found) - run + period].start() for period, run in enumerate(runs) if period and run > period]
    return (min(held), False) if held and not complete else None


def repeats_string(line: str, *, complete: bool) -> tuple[int, bool] | None:
    """Where in a line a string ends that follows once more as the next item, and whether that is certain. What is given
    to a key may be the next key (`"type": "text", "text": …`)."""
    strings = [found for found in STRING.finditer(line) if not found["value"]]
    for one, other in pairwise(strings):
        if one["text"] == other["text"] and NEXT.fullmatch(line, one.end(), other.start()):
            return one.end(), True
    behind = NEXT.match(line, strings[-1].end()) if strings and not complete else None
    growing = behind and strings[-1]["text"].startswith(line[behind.end() :])
    return (strings[-1].end(), False) if growing else None
