"""Figures by name, with their units, and how to take them."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Figures:
    """What was measured, in the order it was."""

    values: dict[str, tuple[float, str]] = field(default_factory=dict)

    def add(self, name: str, value: float, unit: str) -> None:
        """Note one figure."""
        self.values[name] = (value, unit)

    def flat(self) -> dict[str, dict[str, float | str]]:
        """As `bench.json` has them."""
        return {name: {"value": round(value, 4), "unit": unit} for name, (value, unit) in self.values.items()}

    def table(self) -> str:
        """A Markdown table."""
        rows = [f"| {name} | {value:.2f} | {unit} |" for name, (value, unit) in self.values.items()]
        return "\n".join(["| figure | value | unit |", "|---|---|---|", *rows])


def milliseconds(call: Callable[[], object], rounds: int) -> list[float]:
    """The time of each of some rounds, after one that does not count."""
    call()
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        took.append((time.perf_counter() - begun) * 1000)
    return took


def percentile(values: list[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


median = statistics.median


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
