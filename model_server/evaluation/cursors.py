"""Hidden lines of documents: cursors put where people ask, with the rest of the line as the truth."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from model_server.corpus.documents import Document, nearby
from model_server.evaluation.cases import Case
from model_server.wire import Cell, Parts

TRIGGERS = "(=.,[: "
AT_START = 0.4
SHORTEST, LONGEST = 4, 80
UNASKED = ("%", "!", "@", "import ", "from ", "library(", "using ", "'", '"', "//", "/*", "--")
"""How lines begin where nobody waits for a suggestion, or where any would do."""


def cursors(documents: Sequence[Document], most: int, random: Random) -> list[Case]:
    """At most `most` hidden lines, from every document alike."""
    if not documents:
        return []
    found = (cursor(random.choice(documents), random) for _ in range(most * 8))
    distinct = {(case.group, case.parts.header.path, case.target): case for case in found if case}
    return list(distinct.values())[:most]


def cursor(doc: Document, random: Random) -> Case | None:
    """A cursor at a random place of a document, or None where that is no place to ask."""
    numbers = [number for number, cell in enumerate(doc.cells) if cell.kind == "code"]
    at = random.choice(numbers) if numbers else 0
    lines = doc.cells[at].text.split("\n")
    number = random.randrange(len(lines))
    line = lines[number].rstrip()
    start = len(line) - len(line.lstrip())
    if "#" in line or line.lstrip().startswith(UNASKED):
        return None
    column = start if random.random() < AT_START else after_trigger(line, start, random)
    if not SHORTEST <= len(line) - column <= LONGEST:
        return None
    trigger = line[column - 1] if column > start else "line-start"
    before = Cell("code", "\n".join((*lines[:number], line[:column])))
    after = Cell("code", "".join("\n" + below for below in lines[number + 1 :]))
    later = [cell for cell in doc.cells[at + 1 :] if cell.kind != "output"]
    parts = Parts(doc.header, (), nearby([*doc.cells[:at], before], last=True), nearby([after, *later], last=False))
    return Case(f"{doc.header.language} {doc.kind}s", trigger, False, parts, line[column:])


def after_trigger(line: str, start: int, random: Random) -> int:
    """A column after a trigger character, each kind of them alike; the line's end where it has none."""
    columns = [at for at in range(start + 1, len(line)) if line[at - 1] in TRIGGERS]
    if not columns:
        return len(line)
    kind = random.choice(sorted({line[at - 1] for at in columns}))
    return random.choice([at for at in columns if line[at - 1] == kind])
