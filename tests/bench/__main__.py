"""Run the benchmarks, print a table, and write `bench.json`: name → {"value", "unit"}.

Each has a process and a time of its own; one that fails or takes too long is said, and the others go on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import import_module
from pathlib import Path

from tests.bench.benchmark import Failed, measured
from tests.bench.figures import Figures, machine
from tests.bench.page import write
from tests.bench.plan import Plan

OUT = Path("bench.json")
CORPUS = Path(__file__).parents[3] / "shared" / "data" / "corpus"
BENCHMARKS: dict[str, float] = {
    "suggestion": 110,
    "limits": 45,
    "arithmetic": 15,
    "guesses": 35,
    "recall": 15,
    "busy": 110,
    "editors": 40,
    "sessions": 60,
    "stack": 25,
    "probe": 70,
    "context": 20,
    "redact": 80,
    "grounding": 240,
    "gpu": 25,
}
"""The most seconds of each; on a quiet machine they take half of that."""
TOTAL = 720.0
"""The most seconds of all together."""


def arguments() -> argparse.Namespace:
    """The options, checked."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("only", nargs="*", help=f"any of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and its picture")
    parser.add_argument(
        "--corpus", type=Path, default=CORPUS if CORPUS.is_dir() else None, help="documents to guess in"
    )
    parser.add_argument(
        "--rounds", type=int, default=Plan().rounds, help="rounds of each comparison (default: %(default)s)"
    )
    options = parser.parse_args()
    if unknown := [name for name in options.only if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {unknown[0]}: give any of {', '.join(BENCHMARKS)}")
    if options.only and options.write:
        parser.error("--write needs the whole run: name no benchmark")
    if options.rounds < 1:
        parser.error(f"--rounds is {options.rounds}: give 1 or more")
    return options


def main() -> int:
    """The command line; gives the exit status."""
    options = arguments()
    plan = Plan(corpus=options.corpus, rounds=options.rounds)
    figures, missing, sections = Figures(), {}, []
    end = time.monotonic() + TOTAL
    for name in options.only or BENCHMARKS:
        print(f"- {name}", file=sys.stderr, flush=True)
        try:
            figures.join(measured(name, plan, min(BENCHMARKS[name], end - time.monotonic())))
        except Failed as error:
            missing[name] = str(error)
        else:
            sections.append(import_module(f"tests.bench.{name}").page(figures, plan))
    print(f"{machine()}\n\n{figures.table()}", *(f"{name} failed: {why}" for name, why in missing.items()), sep="\n")
    OUT.write_text(json.dumps(figures.flat(), indent=2) + "\n")
    if options.write:
        write(figures, plan, sections, missing)
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
