"""What of a cell's output tells about the code that follows: a frame's header, an error's last lines, a short result.

Pure text. The page sends plain text, bounded; pictures, HTML and progress bars are none.
"""

from __future__ import annotations

import re

CHARACTERS = 240
ERROR_LINES = 2

TRACEBACK = re.compile(r"^(?:Traceback \(most recent call last\)|-{40,}$)", re.MULTILINE)
ROW = re.compile(r"\S+\s{2,}\S")
CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[^\S\n]+$", re.MULTILINE)


def shown(output: str) -> str:
    """The part of an output that is sent; '' for none."""
    lines = [line for line in CONTROL.sub("", output).split("\n") if line.strip()]
    if TRACEBACK.search(output):
        lines = lines[-ERROR_LINES:]
    elif is_frame(lines):
        lines = [lines[0].strip()]
    return shortened("\n".join(lines), CHARACTERS)


def is_frame(lines: list[str]) -> bool:
    """Whether lines are a table as pandas prints it: an indented header, and rows that begin with their index."""
    header, rows = lines[:1], lines[1:4]
    return bool(header and rows) and header[0][:1].isspace() and all(ROW.match(row) for row in rows)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters: whole lines where there are any, else the head of the only one."""
    if len(text) <= limit:
        return text
    head, newline, _ = text[: limit + 1].rpartition("\n")
    return head if newline else text[:limit]
