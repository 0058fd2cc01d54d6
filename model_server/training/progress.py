"""A run's record: a line of JSON every few steps, TensorBoard beside it, and a picture of both curves.

`log.jsonl` is the record itself; TensorBoard's files and `progress.png` are drawn from the same numbers. A run that
goes on from an earlier step forgets what was logged after it.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from model_server.training.plan import Plan

FILE = "log.jsonl"
PICTURE = "progress.png"


class Progress:
    """What happened in a run, step by step."""

    def __init__(self, directory: Path, step: int) -> None:
        """Take up the record of a run that stands at `step`."""
        self._directory = directory
        self._rows = [row for row in read(directory / FILE) if row["step"] <= step]
        (directory / FILE).write_text("".join(json.dumps(row) + "\n" for row in self._rows))
        self._board = SummaryWriter(str(directory / "tensorboard"), purge_step=step + 1)
        self._mean = 0.0

    def add(self, loss: float) -> None:
        """Take a step's loss into the mean that is told."""
        self._mean = 0.95 * self._mean + 0.05 * loss if self._mean else loss

    def tell(self, step: int, plan: Plan, seconds: float) -> None:
        """Print and record where the run stands; `seconds` is what a step takes."""
        speed, left = plan.sequences * plan.length / seconds, seconds * (plan.steps - step) / 60
        self.log(step, loss=self._mean, tokens_per_second=speed, rate=plan.rate(step))
        print(
            f"step {step}/{plan.steps}  loss {self._mean:.3f}  {speed:,.0f} tokens/s  {left:.0f} min left", flush=True
        )

    def log(self, step: int, **values: float) -> None:
        """Record some numbers of a step."""
        row = {"step": step, **values, "time": time.time()}
        self._rows.append(row)
        with (self._directory / FILE).open("a") as log:
            log.write(json.dumps(row) + "\n")
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    def draw(self) -> None:
        """Write the picture: the loss, and how often a hidden line was written exactly."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 4.5), layout="constrained")
        losses, matches = figure.subplots(1, 2)
        for axes, name, label in ((losses, "loss", "loss, nats a token"), (matches, "exact_match", "hidden lines, %")):
            rows = [row for row in self._rows if name in row]
            scale = 100 if name == "exact_match" else 1
            axes.plot([row["step"] for row in rows], [row[name] * scale for row in rows], linewidth=1.2)
            axes.set(xlabel="step", title=label)
            axes.grid(alpha=0.3)
        figure.savefig(self._directory / PICTURE, dpi=110)

    def close(self) -> None:
        """Finish the files."""
        self._board.close()


def read(path: Path) -> list[dict[str, float]]:
    """The rows of a log; none where there is no file yet."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
