"""What a training run is asked to do."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PYTHON_NOTEBOOKS_FIRST = {"notebook:python": 1.0, "script:python": 0.25, "other": 0.15}
"""What a character of each kind is worth: a script teaches a notebook less, another language less still."""


class Stopped(RuntimeError):
    """A run that cannot go on. The sentence says why, and what to do; what was saved before is whole."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run: from which documents, to which directory, how long, how fast, and what network.

    Steps count batches of `sequences` times `length` tokens. A new run begins with the weights of `base` where that is
    given, else with random ones of the sizes given here. `every` is the number of steps between looks at hidden lines.
    """

    out: Path
    base: Path | None = None
    objective: str = "lcm"
    layout: str = "codecompose"
    steps: int = 2400
    decay: int = 600
    warm_up: int = 60
    sequences: int = 8
    length: int = 1024
    muon_rate: float = 0.015
    adam_rate: float = 0.0018
    vocabulary: int = 8192
    layers: int = 4
    width: int = 448
    every: int = 500
    lora: int = 0
    seed: int = 1
    weights: Mapping[str, float] = field(default_factory=lambda: PYTHON_NOTEBOOKS_FIRST)

    def rate(self, step: int) -> float:
        """The learning rate's factor at a step: up, along, and down."""
        falling = (self.steps - step) / self.decay if self.decay else 1.0
        return min(1.0, (step + 1) / self.warm_up, max(falling, 0.0))


def read_plan(argv: list[str] | None) -> tuple[Plan, Path]:
    """The plan and the corpus' directory that a command line asks for."""
    plan = Plan(Path())
    parser = argparse.ArgumentParser(
        prog="python -m model_server.training.trainer", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="directory with train*.jsonl[.xz]")
    parser.add_argument("--out", type=Path, required=True, help="directory of the run and its checkpoint")
    parser.add_argument("--base", type=Path, help="checkpoint whose weights, sizes and tokenizer a new run begins with")
    parser.add_argument("--objective", choices=("lcm", "cm"), default=plan.objective, help="what an example is")
    parser.add_argument(
        "--layout", choices=("codecompose", "incoder"), default=plan.layout, help="of the prompt; cm needs incoder"
    )
    parser.add_argument("--steps", type=int, default=plan.steps, help="the last step")
    parser.add_argument("--decay", type=int, default=plan.decay, help="steps over which the rate falls to nothing")
    parser.add_argument("--warm-up", type=int, default=plan.warm_up, help="steps over which the rate rises")
    parser.add_argument("--sequences", type=int, default=plan.sequences, help="sequences a step, over all processes")
    parser.add_argument("--length", type=int, default=plan.length, help="tokens a sequence")
    parser.add_argument("--muon-rate", type=float, default=plan.muon_rate, help="for the layers' matrices")
    parser.add_argument("--adam-rate", type=float, default=plan.adam_rate, help="for everything else")
    parser.add_argument("--vocabulary", type=int, default=plan.vocabulary, help="tokens, where there is no base")
    parser.add_argument("--layers", type=int, default=plan.layers, help="more than a saved run has make it grow")
    parser.add_argument("--width", type=int, default=plan.width, help="a multiple of 64")
    parser.add_argument("--every", type=int, default=plan.every, help="steps between looks at hidden lines")
    parser.add_argument("--seed", type=int, default=plan.seed, help="of everything that is drawn")
    given = vars(parser.parse_args(argv))
    corpus = given.pop("corpus")
    if given["objective"] == "cm" and given["layout"] != "incoder" and not given["base"]:
        parser.error("--objective cm needs InCoder's sentinels: add --layout incoder")
    return Plan(**given), corpus
