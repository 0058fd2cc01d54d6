"""Run the benchmarks, print a table, and write `bench.json`: name → {"value", "unit"}."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from tests.bench.figures import Figures, machine

OUT = Path("bench.json")


def worker(figures: Figures) -> None:
    """The engine, beside transformers."""
    from tests.bench.worker import measure

    measure(figures)


def stack(figures: Figures) -> None:
    """The Jupyter server, with a worker that takes no time."""
    from tests.bench.stack import measure

    measure(figures)


BENCHMARKS: dict[str, Callable[[Figures], None]] = {"worker": worker, "stack": stack}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("only", nargs="*", help=f"any of {', '.join(BENCHMARKS)} (default: all)")
    chosen = parser.parse_args().only
    if unknown := [name for name in chosen if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {unknown[0]}: give any of {', '.join(BENCHMARKS)}")
    figures = Figures()
    for name in chosen or BENCHMARKS:
        BENCHMARKS[name](figures)
    print(f"{machine()}\n\n{figures.table()}")
    OUT.write_text(json.dumps(figures.flat(), indent=2) + "\n")


if __name__ == "__main__":
    main()
