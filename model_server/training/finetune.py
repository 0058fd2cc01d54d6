"""A model trained further on somebody's own code, and what that gave on files it was not shown.

    jupyter codecompose finetune PATHS… --base bundled --out DIR

Files are split once, by file: most are trained on, the rest only supply the hidden lines of the table at the end.
Nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

from model_server.corpus.documents import Document, document
from model_server.corpus.gather import Report, gather, left_out
from model_server.evaluation.asking import started
from model_server.evaluation.cases import Case
from model_server.evaluation.cursors import cursors
from model_server.evaluation.measure import Model, Work, copying, measure
from model_server.evaluation.results import Evaluation
from model_server.evaluation.tables import as_markdown
from model_server.memory import FILE as MEMORY
from model_server.memory import beside, write
from model_server.training.heldout import HeldOut
from model_server.training.memory import nested
from model_server.training.plan import Plan, Stopped
from model_server.training.trainer import Run, batches_of, prepare_tokenizer, train
from model_server.weights import BadCheckpoint, read_config, resolve

LEAST_FILES = 5
WHOLE = 300_000_000
"""Parameters up to which all of a network is trained; larger ones get adapters of rank `RANK`."""
RANK = 16
LENGTH = 1024
"""Tokens a sequence, where the base has as many positions."""
GROUP = "hidden lines of your files"
EVERYTHING = {"other": 1.0}


@dataclass(frozen=True, slots=True)
class Split:
    """Files to learn from, and files to be asked about."""

    shown: list[Document]
    hidden: list[Document]

    @classmethod
    def of(cls, documents: Sequence[Document], share: float, random: Random) -> Split:
        """A share of the files hidden, at least one. Raises Stopped where there are too few files."""
        if len(documents) < LEAST_FILES:
            raise Stopped(f"{len(documents)} usable files are too few to learn from: give at least {LEAST_FILES}")
        shuffled = random.sample(documents, len(documents))
        count = max(1, round(len(shuffled) * share))
        return cls(shuffled[count:], shuffled[:count])


def parameters(directory: Path) -> int:
    """About how many parameters a checkpoint has."""
    config = read_config(directory)
    layer = 4 * config.d_model**2 + 2 * config.d_model * config.ffn_dim
    return config.vocab_size * config.d_model + config.num_layers * layer


def fitting(plan: Plan, aside: HeldOut, minutes: float, epochs: float) -> Plan:
    """The plan with as many steps as the epochs take, or as the minutes allow, by timing a step."""
    tokens = prepare_tokenizer(plan, aside.shown)
    run, batches = Run(plan, tokens), batches_of(plan, aside, tokens)
    batch = batches.batch(0)
    run.learn(batch)
    begun = time.monotonic()
    run.learn(batch)
    allowed = int(minutes * 60 / (time.monotonic() - begun))
    steps = max(min(round(epochs * batches.per_epoch), allowed), 1)
    return replace(plan, steps=steps, decay=math.ceil(steps / 2), warm_up=max(1, min(20, steps // 10)), every=steps)


def table(models: Sequence[Path | str], cases: Sequence[Case]) -> str:
    """What each model gives on hidden lines of all kinds together, with its memory, through a worker."""
    together = [replace(case, group=GROUP) for case in cases]
    work = Work(together, [], False)
    results = [measure(Model(str(name), partial(started, str(name), True)), work) for name in models]
    only = [replace(result, figures={GROUP: result.figures[GROUP]} if result.figures else {}) for result in results]
    return as_markdown(Evaluation(only, copying(together)))


def finetune(options: argparse.Namespace) -> None:
    """The whole of it. Raises Stopped and BadCheckpoint with a sentence."""
    base = resolve(options.base)
    report = Report()
    documents = [document(raw) for raw in gather(options.paths, report=report, skip=options.out)]
    print(left_out(report))
    split = Split.of(documents, options.hidden, Random(options.seed))
    cases = cursors(split.hidden, options.cases, Random(options.seed))
    print(
        f"{len(split.shown)} files to learn from; {len(cases)} hidden lines of {len(split.hidden)} others", flush=True
    )
    rank = options.lora if options.lora is not None else RANK * (parameters(base) > WHOLE)
    length = min(LENGTH, read_config(base).max_position_embeddings)
    rates = {"muon_rate": options.muon_rate, "adam_rate": options.adam_rate}
    plan = Plan(options.out, base, lora=rank, length=length, weights=EVERYTHING, **rates)
    aside = HeldOut(split.shown, cases)
    train(fitting(plan, aside, options.minutes, options.epochs), aside)
    if memory := beside(base):
        write(nested(memory, split.shown), options.out / MEMORY)
    print(table([options.base, options.out], cases))
    print(f"To serve it: jupyter codecompose serve --model {options.out}")


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="jupyter codecompose finetune",
        description="Train a model further on your own code, and measure it on files that it was not shown.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("paths", type=Path, nargs="+", help="notebooks, source files, and directories with them")
    add("--out", type=Path, required=True, help="directory of the new checkpoint")
    add("--base", default="bundled", help="'bundled' or a checkpoint directory")
    add("--minutes", type=float, default=10.0, help="how long to train at most")
    add("--epochs", type=float, default=12.0, help="how often to show every file at most")
    add("--hidden", type=float, default=0.2, help="share of the files kept for the table")
    add("--cases", type=int, default=300, help="hidden lines to ask for")
    add("--lora", type=int, default=None, help="rank of adapters; 0 trains everything; where not given, by size")
    add("--muon-rate", type=float, default=0.008, help="for the layers' matrices")
    add("--adam-rate", type=float, default=0.0012, help="for everything else")
    add("--seed", type=int, default=1, help="of the split and all that is drawn")
    options = parser.parse_args(argv)
    if not 0 < options.hidden < 1:
        parser.error(f"--hidden is {options.hidden}: give a share between 0 and 1, such as 0.2")
    if options.minutes <= 0 or options.epochs <= 0 or options.cases < 1:
        parser.error("--minutes, --epochs and --cases must be more than 0")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; gives the exit status."""
    try:
        finetune(arguments(argv))
    except (Stopped, BadCheckpoint, FileNotFoundError) as stopped:
        print(f"stopped: {stopped}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
