"""Hidden lines: how often a checkpoint writes the rest of a line exactly as its author did.

    python -m model_server.training.evaluate --model runs/first --cases hidden_lines_dev.jsonl.xz

Every case goes through the path that serves (layout, engine, stop at the line's end), greedily, without kernel facts.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from model_server import arithmetic
from model_server.generation import Done, Piece, generate
from model_server.memory import Memory, beside
from model_server.slots import Slots
from model_server.tokens import Tokens
from model_server.training.corpus import notebook_cells, read_lines
from model_server.weights import resolve
from model_server.wire import Cell, CompletionRequest, Header, Parts
from model_server.xglm import XGLM

MOST_TOKENS = 48
MOST_CHARACTERS = 16_000


@dataclass(frozen=True, slots=True)
class Case:
    """A cursor whose line's rest is hidden."""

    group: str
    trigger: str
    in_train: bool
    parts: Parts
    target: str


@dataclass(frozen=True, slots=True)
class Score:
    """Exact matches of a group, with a 95 % Wilson interval, as shares of 1."""

    n: int
    matched: int

    @property
    def exact_match(self) -> float:
        """Share of exact matches."""
        return self.matched / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the share."""
        if not self.n:
            return 0.0, 1.0
        z, share = 1.96, self.exact_match
        middle = share + z * z / (2 * self.n)
        spread = z * math.sqrt(share * (1 - share) / self.n + z * z / (4 * self.n * self.n))
        scale = 1 + z * z / self.n
        return (middle - spread) / scale, (middle + spread) / scale


def case(raw: dict) -> Case:  # type: ignore[type-arg]
    """One line of a cases file."""
    kernel = raw["kernelspec"]["name"] if raw["kind"] == "notebook" else ""
    before = [*notebook_cells(raw["cells_before"]), Cell("code", raw["cell_prefix"][-MOST_CHARACTERS:])]
    after = [Cell("code", raw["cell_suffix"][:MOST_CHARACTERS]), *notebook_cells(raw["cells_after"])]
    parts = Parts(Header(raw["language"], kernel, raw["path"]), (), tuple(before), tuple(after))
    group = f"{raw['language']} {raw['kind']}s"
    return Case(group, raw["trigger"], raw["line_in_train"], parts, raw["target"])


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a `.jsonl` or `.jsonl.xz` file."""
    return map(case, read_lines(path))


def complete(case: Case, tokens: Tokens, slots: Slots, memory: Memory | None = None) -> str:
    """What the model writes to the end of the line, or gives from memory."""
    request = CompletionRequest(parts=case.parts, max_tokens=MOST_TOKENS, stop="\n")
    pieces = (step for step in generate(request, "evaluation", tokens, slots, memory) if not isinstance(step, Done))
    return "".join(piece.text for piece in pieces if isinstance(piece, Piece)).rstrip()


def copied(case: Case) -> str:
    """The baseline: the rest of the nearest earlier line that begins as the cursor's line does."""
    *above, head = "\n".join(cell.text for cell in case.parts.before if cell.kind == "code").split("\n")
    return next((line[len(head) :].rstrip() for line in reversed(above) if line.startswith(head) and line != head), "")


def groups_of(case: Case) -> list[str]:
    """The groups that a case counts in."""
    return [
        case.group,
        f"{case.group}, {'seen' if case.in_train else 'new'} lines",
        f"{case.group} at {case.trigger!r}",
    ]


def evaluate(
    model: Path, cases: list[Case], way: arithmetic.Name | None = None, memory: Memory | None = None
) -> dict[str, Score]:
    """Score a checkpoint, by group, with the copying baseline beside it."""
    tokens = Tokens.load(model)
    slots = Slots(XGLM.load(model, lambda share: None, way), 1)
    matched: dict[str, list[bool]] = {}
    begun = time.monotonic()
    for number, hidden in enumerate(cases, 1):
        right = complete(hidden, tokens, slots, memory) == hidden.target
        for group in groups_of(hidden):
            matched.setdefault(group, []).append(right)
        matched.setdefault(f"{hidden.group}, copying alone", []).append(copied(hidden) == hidden.target)
        if number % 100 == 0:
            left = (time.monotonic() - begun) / number * (len(cases) - number)
            print(f"{number}/{len(cases)}, {left:.0f} s left", file=sys.stderr, flush=True)
    return {group: Score(len(hits), sum(hits)) for group, hits in sorted(matched.items())}


def table(scores: dict[str, Score]) -> str:
    """A Markdown table."""
    rows = ["| cases | n | exact match | 95 % |", "|---|---|---|---|"]
    for group, score in scores.items():
        low, high = score.interval
        rows.append(f"| {group} | {score.n} | {score.exact_match:.1%} | {low:.1%} - {high:.1%} |")
    return "\n".join(rows)


def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m model_server.training.evaluate", description=__doc__)
    parser.add_argument("--model", default="bundled", help="'bundled' or a checkpoint directory")
    parser.add_argument("--cases", type=Path, required=True, help="hidden-line cases, .jsonl or .jsonl.xz")
    parser.add_argument("--limit", type=int, default=None, help="only the first N cases (their order is random)")
    parser.add_argument("--kind", default="", help="only groups that begin so, such as 'python notebooks'")
    parser.add_argument("--arithmetic", choices=arithmetic.NAMES, default=None, help="default: the fastest here")
    parser.add_argument("--json", type=Path, default=None, help="write the scores there too")
    parser.add_argument("--no-memory", action="store_true", help="the network alone")
    options = parser.parse_args(argv)
    cases = [found for found in read_cases(options.cases) if found.group.startswith(options.kind)][: options.limit]
    model = resolve(options.model)
    memory = None if options.no_memory else beside(model)
    scores = evaluate(model, cases, options.arithmetic, memory)
    print(table(scores))
    if options.json:
        flat = {group: {"n": score.n, "exact_match": score.exact_match} for group, score in scores.items()}
        options.json.write_text(json.dumps(flat, indent=2) + "\n")


if __name__ == "__main__":
    main()
