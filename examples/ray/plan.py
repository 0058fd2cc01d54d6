"""How many machines a number of people needs: the arithmetic of docs/scale.md, to be run with one's own figures.

`python plan.py --people 2500 --prompt 700` prints that page's tables anew. What each figure is, and whether somebody
measured it, stands on the page.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, fields

GB, GiB, MiB = 1e9, 2**30, 2**20
PEOPLE = (100, 1_000, 16_000)


@dataclass(frozen=True)
class Habits:
    """What people do, and how well the worker meets it."""

    shown: float = 19
    """suggestions shown to a person a day"""
    requests: float = 5
    """requests for each one that is shown"""
    hour: float = 0.2
    """share of a day's requests in its busiest hour"""
    burst: float = 2
    """that hour's busiest minute, against its mean"""
    typing: float = 0.28
    """requests a second of somebody who types"""
    kept: float = 3
    """editors whose text is worth keeping, for each one that types"""
    prompt: float = 1_000
    """tokens of a prompt"""
    reused: float = 0.9
    """share of requests that find their prompt in a slot"""
    written: float = 8.4
    """tokens written until the end, or until the client goes away"""
    load: float = 0.5
    """share of its time that a machine may be busy in the busiest minute"""

    def rate(self, people: float) -> float:
        """Requests a second in the busiest minute."""
        return people * self.shown * self.requests * self.hour * self.burst / 3600

    def editors(self, people: int, rate: float) -> int:
        """Editors whose text should be in a slot: one a person at most."""
        return min(people, math.ceil(rate / self.typing * self.kept))


@dataclass(frozen=True)
class Model:
    """A network in bfloat16; `tail` is how many tokens a keystroke makes it read again."""

    name: str
    parameters: float
    layers: int
    width: int
    context: int
    tail: float

    @property
    def token_bytes(self) -> int:
        """Keys and values of one token."""
        return 2 * 2 * self.layers * self.width


@dataclass(frozen=True)
class Device:
    """A GPU by its data sheet: GiB of memory, GB/s of bandwidth, dense bfloat16 TFLOP/s."""

    name: str
    memory: float
    bandwidth: float
    tflops: float


@dataclass(frozen=True)
class Machine:
    """What serves a model: the bytes of a slot, how many there is room for, what a step takes, and the seconds of a
    request."""

    name: str
    slot: float
    slots: int
    step: str
    seconds: float

    def needed(self, habits: Habits, people: int, rate: float) -> tuple[int, int]:
        """How many of them, for the arithmetic and for the slots."""
        return math.ceil(rate * self.seconds / habits.load), math.ceil(habits.editors(people, rate) / self.slots)


MODELS = (
    Model("InCoder-1B", 1.31e9, 24, 2048, 2048, 300),
    Model("InCoder-6B", 6.65e9, 32, 4096, 2048, 300),
)
DEVICES = (
    Device("L4, 24 GB", 22.5, 300, 121),
    Device("A100, 80 GB", 80, 2_039, 312),
    Device("H100, 80 GB", 80, 3_350, 989),
)
WARM, COLD, STEP = 0.0112, 0.0387, 0.00099
"""Seconds of a request and of a step, of the bundled model on two cores with AVX-512."""


def gpu(model: Model, device: Device, habits: Habits) -> Machine:
    """Reads at 40 % of the arithmetic's peak; a step takes twice what the memory's bandwidth allows. A tenth of the
    memory and 2 GiB are left to everything but weights and slots."""

    def step(together: int) -> float:
        return 2 * (2 * model.parameters + together * habits.prompt * model.token_bytes) / (device.bandwidth * GB)

    read = habits.reused * model.tail + (1 - habits.reused) * habits.prompt
    seconds = read * 2 * model.parameters / (0.4 * device.tflops * 1e12) + habits.written * step(8) / 8
    slot = model.token_bytes * model.context
    slots = math.floor((0.9 * device.memory * GiB - 2 * model.parameters - 2 * GiB) / slot)
    steps = f"{step(1) * 1000:.1f} / {step(8) * 1000:.1f} ms"
    return Machine(f"{model.name} on {device.name}", slot, slots, steps, seconds)


def processor(habits: Habits) -> Machine:
    """The bundled model on two cores, one request after another, with 4 GiB for slots: keys and values in int8, with a
    scale for each of 7 heads."""
    slot = 4 * 1024 * 2 * (448 + 4 * 7)
    seconds = habits.reused * WARM + (1 - habits.reused) * COLD
    return Machine("bundled on 2 cores", slot, 4 * GiB // slot, f"{STEP * 1000:.1f} ms", seconds)


def machines(habits: Habits) -> list[Machine]:
    """All that the tables compare."""
    return [processor(habits), *(gpu(model, device, habits) for model in MODELS for device in DEVICES)]


def capacity(habits: Habits) -> str:
    """What one machine does."""
    head = ["| | a slot | slots | a step for 1 / 8 editors | a request | requests a second |", "|---" * 6 + "|"]
    rows = (
        f"| {one.name} | {one.slot / MiB:,.0f} MiB | {one.slots} | {one.step} "
        f"| {one.seconds * 1000:.0f} ms | {habits.load / one.seconds:.0f} |"
        for one in machines(habits)
    )
    return "\n".join([*head, *rows])


def needs(habits: Habits, people: tuple[int, ...], rates: list[float]) -> str:
    """How many machines: the larger need and one to spare, and in brackets the arithmetic's and the slots'."""
    rows = ["| people | " + " | ".join(f"{number:,}" for number in people) + " |", "|---" * (len(people) + 1) + "|"]
    rows.append("| requests a second | " + " | ".join(f"{rate:,.0f}" for rate in rates) + " |")
    kept = [habits.editors(number, rate) for number, rate in zip(people, rates, strict=True)]
    rows.append("| editors to keep | " + " | ".join(f"{number:,}" for number in kept) + " |")
    for one in machines(habits):
        both = [one.needed(habits, number, rate) for number, rate in zip(people, rates, strict=True)]
        cells = [f"**{max(busy, slots) + 1:,}** ({busy:,} / {slots:,})" for busy, slots in both]
        rows.append(f"| {one.name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    """The command line: an option for each habit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=PEOPLE)
    for field in fields(Habits):
        parser.add_argument(f"--{field.name}", type=float, default=field.default)
    given = vars(parser.parse_args())
    people = tuple(given.pop("people"))
    habits = Habits(**given)
    in_all = needs(habits, people, [habits.rate(number) for number in people])
    at_once = needs(habits, people, [habits.typing * number for number in people])
    print(capacity(habits), in_all, at_once, sep="\n\n")


if __name__ == "__main__":
    main()
