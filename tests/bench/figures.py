"""Figures by name, with their units; how to take them, and how to say them."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

NOT_MEASURED = "not measured"
SHORT = {"times": "×", "count": ""}
median = statistics.median


@dataclass
class Figures:
    """What was measured, in the order it was; `notes` are sentences about how, and about what was left out."""

    values: dict[str, tuple[float, str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: float, unit: str) -> None:
        """Note one figure."""
        self.values[name] = (value, unit)

    def spread(self, name: str, values: Sequence[float], unit: str = "ms") -> None:
        """Note the median of some values and what 95 of 100 do not exceed."""
        self.add(f"{name}.p50_{unit}", median(values), unit)
        self.add(f"{name}.p95_{unit}", percentile(values, 0.95), unit)

    def ratio(self, name: str, over: str, under: str, unit: str = "times") -> None:
        """Note how many times one figure is another, where both were taken."""
        if over in self.values and under in self.values:
            self.add(name, self.values[over][0] / self.values[under][0], unit)

    def note(self, name: str, sentence: str) -> None:
        """Keep a sentence, and say it at once."""
        self.notes[name] = sentence
        print(f"{name}: {sentence}", flush=True)

    def join(self, other: Figures) -> None:
        """Take over another's figures and notes."""
        self.values |= other.values
        self.notes |= other.notes

    def said(self, name: str, digits: int = 1) -> str:
        """A figure for a table's cell."""
        if name not in self.values:
            return NOT_MEASURED
        value, unit = self.values[name]
        if unit == "share":
            return f"{value * 100:.{digits}f} %"
        return f"{value:,.{digits}f} {SHORT.get(unit, unit)}".strip()

    def flat(self) -> dict[str, dict[str, float | str]]:
        """As `bench.json` has them."""
        return {name: {"value": round(value, 4), "unit": unit} for name, (value, unit) in self.values.items()}

    def table(self) -> str:
        """All of them as a Markdown table."""
        return table(["figure", "value", "unit"], [[name, f"{v:.2f}", unit] for name, (v, unit) in self.values.items()])


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def timed(call: Callable[[], object]) -> float:
    """The milliseconds of one call."""
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def milliseconds(call: Callable[[], object], rounds: int) -> list[float]:
    """The time of each of some rounds, after one that does not count."""
    call()
    return [timed(call) for _ in range(rounds)]


def turns(most: int, seconds: float) -> Iterator[int]:
    """The numbers of `most` rounds, or of fewer where the time for them runs out; of one at least."""
    end = time.monotonic() + seconds
    for number in range(most):
        if number and time.monotonic() > end:
            return
        yield number


def interleaved(calls: Mapping[str, Callable[[], float]], rounds: int, seconds: float) -> dict[str, list[float]]:
    """What each call gives in each round, all of them in every round and another first each time, so that the
    machine's noise falls on all alike; after one round that does not count."""
    names = list(calls)
    for name in names:
        calls[name]()
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in turns(rounds, seconds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            taken[name].append(calls[name]())
    return taken


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def machine() -> str:
    """The processor and what it can do, in a line."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        told = dict(line.split(":", 1) for line in lines if ":" in line)
        named = {key.strip(): value.strip() for key, value in told.items()}
        model, flags = named.get("model name", ""), named.get("flags", "").split()
    except OSError:
        model, flags = platform.processor(), []
    known = [flag for flag in ("avx2", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8") if flag in flags]
    return f"{os.cpu_count()} cores, {model}, {' '.join(known) or platform.machine()}"
