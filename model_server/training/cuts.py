"""Where a cursor stands in a cell, and what is hidden behind it: chosen on characters, never on tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

TRIGGER = re.compile(r"[(=.,\[:{ ]")
CLOSERS = re.compile(r"[)\]}:,]+$")
MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Cut:
    """A cell split in three: `before + target + after` is the cell exactly."""

    before: str
    target: str
    after: str


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
    """A cut in the line that holds character `near`: usually to the line's end, sometimes short of its closers, to the
    end of the block, or of the cell. None where that line is blank."""
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
        last = len(lines) if kind > 0.97 else block_end(lines, number)
        end = end_of_line(lines, min(last, number + MOST_LINES))
        end = start + len(text[start:end].rstrip())
    return Cut(text[:start], text[start:end], text[end:])


def end_of_line(lines: list[str], count: int) -> int:
    """The character at which the first `count` lines end."""
    return sum(len(above) + 1 for above in lines[:count]) - 1
