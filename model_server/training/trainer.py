"""The training run: batches in, a checkpoint out. One command, and the same command again goes on where it stopped.

    python -m model_server.training.trainer --corpus DIR --out DIR --steps 2400

The learning rate warms up, stays, and falls to nothing over the last part of the steps; a finished run can be taken
further by asking for more steps from an earlier checkpoint. It runs on the processor, on one GPU, or on all that this
machine has. State is written as safetensors and JSON, never pickled.
"""

from __future__ import annotations

import math
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from accelerate import Accelerator, PartialState, notebook_launcher
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from model_server.corpus.documents import Document, read
from model_server.tokens import Tokens
from model_server.training import adapter, tokenizer
from model_server.training.batches import Batch, Batches
from model_server.training.cm import CausalMasking
from model_server.training.heldout import HeldOut
from model_server.training.lcm import LanguageCausalMasking
from model_server.training.machine import bfloat16_pays, keep_memory
from model_server.training.model import Network, Shape, load_checkpoint, save_checkpoint
from model_server.training.objective import Objective
from model_server.training.optimiser import optimisers
from model_server.training.plan import Plan, Stopped, read_plan
from model_server.training.progress import Progress

OBJECTIVES: dict[str, Callable[[Tokens], Objective]] = {"lcm": LanguageCausalMasking, "cm": CausalMasking}
STATE = "state.safetensors"
BETWEEN_SAVES_S = 300.0
BETWEEN_LINES = 10


def losses_of(network: torch.nn.Module, ids: Tensor, weights: Tensor) -> Tensor:
    """Summed cross-entropy of predicting each token from those before it, weighted, in nats."""
    logits = network(ids[:, :-1])
    losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return (losses * weights[:, 1:].flatten()).sum()


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
        """Start afresh; `resume` takes up a saved run. Raises Stopped where the sequences cannot be shared out."""
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.step = 0
        half = bfloat16_pays()
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision="bf16" if half else "no")
        if plan.sequences % self.accelerator.num_processes:
            raise Stopped(
                f"--sequences {plan.sequences}: give a multiple of {self.accelerator.num_processes} processes"
            )
        self.network = adapter.adapted(self._begin(tokens), plan.lora)
        made = optimisers(self.network, plan.muon_rate, plan.adam_rate, torch.bfloat16 if half else torch.float32)
        self._model, *self.optimisers = self.accelerator.prepare(self.network, *made)

    def _begin(self, tokens: Tokens) -> Network:
        plan = self.plan
        if plan.base:
            network = load_checkpoint(plan.base)
            if plan.length > network.shape.max_position_embeddings:
                raise Stopped(f"--length {plan.length}: the base has {network.shape.max_position_embeddings} positions")
            return network
        shape = Shape(tokens.size, plan.width, 4 * plan.width, plan.layers, plan.width // 64, plan.length)
        return Network(shape)

    def learn(self, batch: Batch) -> float:
        """One step on this process' share of a batch; the whole batch's mean loss before it. Raises Stopped where that
        is not a number."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group.setdefault("peak", group["lr"]) * self.plan.rate(self.step)
        share, processes = self.accelerator.process_index, self.accelerator.num_processes
        ids, weights = torch.from_numpy(batch.ids), torch.from_numpy(batch.weights)
        whole = weights[:, 1:].sum().clamp(min=1.0)
        device = self.accelerator.device
        losses = losses_of(self._model, ids[share::processes].to(device), weights[share::processes].to(device))
        value = float(self.accelerator.reduce(losses.detach(), "sum") / whole)
        if not math.isfinite(value):
            raise Stopped(f"the loss is {value} at step {self.step}: go back to a checkpoint and lower the rates")
        self.accelerator.backward(losses * processes / whole)  # gradients are averaged over the processes
        self.accelerator.clip_grad_norm_(self._model.parameters(), 1.0)
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
        return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}

    def save(self, directory: Path) -> None:
        """Write the state beside the old one and then take its place, so that a kill leaves one of them whole. Raises
        Stopped where there is no room."""
        part = directory / "state.part"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            save_file(self.state(), part, metadata={"step": str(self.step)})
            os.replace(part, directory / STATE)
        except (OSError, SafetensorError) as error:
            part.unlink(missing_ok=True)
            raise Stopped(
                f"the state cannot be written to {directory} ({error}): make room there and give the same command; "
                "it goes on from the last state that was written"
            ) from None

    def export(self, directory: Path) -> None:
        """Write the checkpoint as it stands."""
        save_checkpoint(adapter.merged(self.network), directory)

    def resume(self, directory: Path) -> None:
        """Take up the state of a saved run. One with fewer layers is grown: the new ones begin as the identity, so that
        nothing is lost, and the optimisers begin afresh."""
        with safe_open(directory / STATE, framework="pt") as saved_state:
            self.step = int(saved_state.metadata()["step"])
        tensors = load_file(directory / STATE)
        prefix = "network."
        saved = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        missing, unexpected = self.network.load_state_dict(saved, strict=False)
        if unexpected:
            raise Stopped(f"the saved run has more than {self.plan.layers} layers: give --layers as it was")
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


def prepare_tokenizer(plan: Plan, documents: Sequence[Document]) -> Tokens:
    """The run's tokenizer: that of its base, or one trained on the documents, the first time."""
    if not (plan.out / tokenizer.FILE).exists():
        if plan.base:
            tokenizer.copy(plan.base, plan.out)
        else:
            print("training the tokenizer …", flush=True)
            tokenizer.save(tokenizer.train(documents, plan.vocabulary, tokenizer.FAMILIES[plan.layout]), plan.out)
    return Tokens.load(plan.out)


def batches_of(plan: Plan, aside: HeldOut, tokens: Tokens) -> Batches:
    """The batches of what is shown. Raises Stopped where that has no code."""
    objective: Objective = OBJECTIVES[plan.objective](tokens)
    sizes = {"length": plan.length, "sequences": plan.sequences}
    try:
        return Batches(aside.shown, objective, weights=plan.weights, seed=plan.seed, **sizes)
    except ValueError as error:
        raise Stopped(str(error)) from None


def train(plan: Plan, aside: HeldOut) -> Path:
    """Train on what is shown to the plan's last step and write the checkpoint; gives its directory. Raises Stopped with
    a sentence where that is impossible."""
    keep_memory()
    with PartialState(cpu=not torch.cuda.is_available()).main_process_first():
        tokens = prepare_tokenizer(plan, aside.shown)
    batches, run = batches_of(plan, aside, tokens), Run(plan, tokens)
    if (plan.out / STATE).exists():
        run.resume(plan.out)
        print(f"going on from step {run.step}", flush=True)
    print(f"{len(aside.shown)} documents, {batches.per_epoch} steps an epoch, {plan.steps} steps", flush=True)
    follow(run, batches, aside)
    return plan.out


def follow(run: Run, batches: Batches, aside: HeldOut) -> None:
    """Take every step that is left. The main process tells of it now and then, looks at hidden lines, and saves."""
    plan, first = run.plan, run.step
    main = run.accelerator.is_main_process
    progress = Progress(plan.out, run.step) if main else None
    begun = saved = time.monotonic()
    for batch in ahead(batches, first, plan.steps):
        loss, last = run.learn(batch), run.step == plan.steps
        if not progress:
            continue
        progress.add(loss)
        if run.step % BETWEEN_LINES == 0 or last:
            each = (time.monotonic() - begun) / (run.step - first)
            progress.tell(run.step, plan, each)
        if run.step % plan.every == 0 or last:
            run.export(plan.out)
            progress.log(run.step, exact_match=aside.exact_match(plan.out))
        if time.monotonic() - saved > BETWEEN_SAVES_S or last:
            run.save(plan.out)
            progress.draw()
            saved = time.monotonic()
    if progress:
        progress.close()


def from_corpus(plan: Plan, corpus: Path) -> Path:
    """Train on a corpus directory. Raises Stopped."""
    try:
        documents = list(read(corpus, "train"))
    except FileNotFoundError as error:
        raise Stopped(str(error)) from None
    if not any(doc.characters for doc in documents):
        raise Stopped(f"{corpus} holds no code: build a corpus with `jupyter codecompose corpus build`")
    return train(plan, HeldOut.of(documents))


def main(argv: list[str] | None = None) -> int:
    """The command line; gives the exit status. Where there are several GPUs, one process is started for each."""
    plan, corpus = read_plan(argv)
    gpus = torch.cuda.device_count()
    try:
        if gpus > 1 and "WORLD_SIZE" not in os.environ:
            notebook_launcher(from_corpus, (plan, corpus), num_processes=gpus)
        else:
            from_corpus(plan, corpus)
    except Stopped as stopped:
        print(f"stopped: {stopped}", file=sys.stderr)
        return 1
    print(f"checkpoint: {plan.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
