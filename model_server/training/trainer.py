"""The training run: batches in, a checkpoint out. One command, and the same command again goes on where it stopped.

    python -m model_server.training.trainer --corpus DIR --out DIR --steps 2400

The learning rate warms up, stays, and falls to nothing over the last part of the steps; a finished run can be taken
further by asking for more steps from an earlier checkpoint. State is written as safetensors and JSON, never pickled.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import math
import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from model_server.tokens import Tokens
from model_server.training import tokenizer
from model_server.training.batches import Batch, Batches
from model_server.training.corpus import read
from model_server.training.model import Network, Shape, load_checkpoint, save_checkpoint
from model_server.training.optimiser import optimisers

WEIGHTS = {"notebook:python": 1.0, "script:python": 0.25, "other": 0.15}
WARM_UP = 60
BETWEEN_SAVES_S = 300.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked to do."""

    corpus: Path
    out: Path
    steps: int
    decay: int
    vocabulary: int
    layers: int
    sequences: int
    length: int
    muon_rate: float
    adam_rate: float
    seed: int
    base: Path | None = None

    def rate(self, step: int) -> float:
        """The learning rate's factor at a step: up, along, and down."""
        falling = (self.steps - step) / self.decay if self.decay else 1.0
        return min(1.0, (step + 1) / WARM_UP, max(falling, 0.0))


def keep_memory() -> None:
    """Ask glibc to keep what is freed for the next step: giving a gigabyte back and faulting it in again, step after
    step, takes a third of the time. Elsewhere than on glibc, nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        for option, value in ((-1, 2**31 - 1), (-2, 2**28), (-4, 0)):  # trim threshold, top pad, mmaps at most
            mallopt(option, value)


def bfloat16_pays() -> bool:
    """Whether this processor multiplies bfloat16 matrices faster than float32 ones, by timing both."""
    took = {}
    for dtype in (torch.float32, torch.bfloat16):
        matrix = torch.ones(512, 512, dtype=dtype)
        matrix @ matrix
        begun = time.perf_counter()
        for _ in range(4):
            matrix @ matrix
        took[dtype] = time.perf_counter() - begun
    return took[torch.bfloat16] < took[torch.float32]


class Diverged(RuntimeError):
    """The loss is no longer a number."""


def loss_of(network: Network, ids: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean cross-entropy of predicting each token from those before it, in nats."""
    logits = network(ids[:, :-1])
    losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    wanted = weights[:, 1:].flatten()
    return (losses * wanted).sum() / wanted.sum()


def ahead(batches: Batches, first: int, last: int) -> Iterator[Batch]:
    """Batches from `first` to `last`, made on another thread while the network computes."""
    ready: queue.Queue[Batch | Exception] = queue.Queue(maxsize=4)

    def make() -> None:
        try:
            for number in range(first, last):
                ready.put(batches.batch(number))
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits
            ready.put(error)

    threading.Thread(target=make, daemon=True).start()
    for _ in range(first, last):
        made = ready.get()
        if isinstance(made, Exception):
            raise made
        yield made


class Run:
    """A network, its optimisers and the step they stand at."""

    def __init__(self, plan: Plan, tokens: Tokens) -> None:
        """Start afresh; `resume` takes up a saved run."""
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.step = 0
        self._bfloat16 = bfloat16_pays()
        if plan.base:
            self.network = load_checkpoint(plan.base)
        else:
            shape = Shape(vocab_size=tokens.size, num_layers=plan.layers, max_position_embeddings=plan.length)
            self.network = Network(shape)
        dtype = torch.bfloat16 if self._bfloat16 else torch.float32
        self.optimisers = optimisers(self.network, plan.muon_rate, plan.adam_rate, dtype)

    def learn(self, batch: Batch) -> float:
        """One step; the loss before it. Raises Diverged where the loss is not a number."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group.setdefault("peak", group["lr"]) * self.plan.rate(self.step)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._bfloat16):
            loss = loss_of(self.network, torch.from_numpy(batch.ids), torch.from_numpy(batch.weights))
        value = loss.item()
        if not math.isfinite(value):
            raise Diverged(f"the loss is {value} at step {self.step}: go back to a checkpoint and lower the rates")
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.step += 1
        return value

    def state(self) -> dict[str, Tensor]:
        """Every tensor that a later run needs, by name."""
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        for number, optimiser in enumerate(self.optimisers):
            for index, values in optimiser.state_dict()["state"].items():
                for key, value in values.items():
                    tensors[f"optimiser.{number}.{index}.{key}"] = value
        return {name: tensor.contiguous() for name, tensor in tensors.items()}

    def save(self, directory: Path) -> None:
        """Write the state beside the old one and then take its place, so that a kill leaves one of them whole."""
        directory.mkdir(parents=True, exist_ok=True)
        save_file(self.state(), directory / "state.part", metadata={"step": str(self.step)})
        os.replace(directory / "state.part", directory / "state.safetensors")
        (directory / "progress.json").write_text(json.dumps({"step": self.step}) + "\n")

    def resume(self, directory: Path) -> None:
        """Take up the state of a saved run. One with fewer layers is grown: the new ones begin as the identity, so that
        nothing is lost, and the optimisers begin afresh."""
        tensors = load_file(directory / "state.safetensors")
        self.step = json.loads((directory / "progress.json").read_text())["step"]
        prefix = "network."
        saved = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        missing, unexpected = self.network.load_state_dict(saved, strict=False)
        if unexpected:
            raise ValueError(f"the saved run has more than {self.plan.layers} layers: give --layers as it was")
        if missing:
            return
        for number, optimiser in enumerate(self.optimisers):
            own = optimiser.state_dict()
            own["state"] = {}
            for name, tensor in tensors.items():
                if name.startswith(f"optimiser.{number}."):
                    _, _, index, key = name.split(".")
                    own["state"].setdefault(int(index), {})[key] = tensor
            optimiser.load_state_dict(own)


def prepare_tokenizer(plan: Plan) -> Tokens:
    """The run's tokenizer, trained on the corpus the first time."""
    if plan.base and not (plan.out / "tokenizer.json").exists():
        plan.out.mkdir(parents=True, exist_ok=True)
        shutil.copy(plan.base / "tokenizer.json", plan.out)
    if not (plan.out / "tokenizer.json").exists():
        print("training the tokenizer …", flush=True)
        tokenizer.save(tokenizer.train(read(plan.corpus, "train"), plan.vocabulary), plan.out)
    return Tokens.load(plan.out)


def train(plan: Plan) -> Path:
    """Train to the plan's last step and write the checkpoint; gives its directory."""
    keep_memory()
    tokens = prepare_tokenizer(plan)
    documents = list(read(plan.corpus, "train"))
    batches = Batches(documents, tokens, length=plan.length, sequences=plan.sequences, weights=WEIGHTS, seed=plan.seed)
    run = Run(plan, tokens)
    if (plan.out / "state.safetensors").exists():
        run.resume(plan.out)
        print(f"going on from step {run.step}", flush=True)
    print(f"{len(documents)} documents, {batches.per_epoch} steps an epoch, {plan.steps} steps", flush=True)
    follow(run, batches)
    run.save(plan.out)
    save_checkpoint(run.network, plan.out)
    return plan.out


def follow(run: Run, batches: Batches) -> None:
    """Take every step that is left, with a line of progress now and then and a saved state every few minutes."""
    plan, begun, saved, mean = run.plan, time.monotonic(), time.monotonic(), 0.0
    first = run.step
    log = (plan.out / "log.jsonl").open("a")
    for batch in ahead(batches, first, plan.steps):
        loss = run.learn(batch)
        mean = loss if not mean else 0.95 * mean + 0.05 * loss
        now = time.monotonic()
        if run.step % 10 == 0:
            each = (now - begun) / (run.step - first)
            speed = plan.sequences * plan.length / each
            left = each * (plan.steps - run.step) / 60
            log.write(json.dumps({"step": run.step, "loss": loss, "mean": mean, "time": time.time()}) + "\n")
            log.flush()
            print(
                f"step {run.step}/{plan.steps}  loss {mean:.3f}  {speed:,.0f} tokens/s  {left:.0f} min left",
                flush=True,
            )
        if now - saved > BETWEEN_SAVES_S:
            run.save(plan.out)
            saved = now
    log.close()


def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m model_server.training.trainer", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="directory with train*.jsonl[.xz]")
    parser.add_argument("--out", type=Path, required=True, help="directory of the run and its checkpoint")
    parser.add_argument("--steps", type=int, default=2400, help="last step (default: %(default)s)")
    parser.add_argument("--decay", type=int, default=600, help="steps over which the rate falls (default: %(default)s)")
    parser.add_argument("--vocabulary", type=int, default=8192, help="tokens (default: %(default)s)")
    parser.add_argument("--layers", type=int, default=6, help="more than a saved run has make it grow (default: 6)")
    parser.add_argument("--sequences", type=int, default=3, help="sequences a batch (default: %(default)s)")
    parser.add_argument("--length", type=int, default=1024, help="tokens a sequence (default: %(default)s)")
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--adam-rate", type=float, default=0.002)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--base", type=Path, default=None, help="checkpoint whose weights a new run begins with")
    print(f"checkpoint: {train(Plan(**vars(parser.parse_args(argv))))}")


if __name__ == "__main__":
    main()
