"""Where a worker stands, as a person is told: from its health, in our own words. Pure.

What our own child says of its load is repeated; of another's worker only the model's name and how far it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jupyter_codecompose.errors import CodeComposeError, Down, Loading
from model_server.wire import Health

MAX_SAID = 500
NOT_INSTALLED = "No worker is installed: pip install 'jupyter-codecompose[local]', or set CodeCompose.worker_url."
FAILED = "The worker could not load its model, or fails at every request; the server's log says why."
NOT_STARTED = "The worker could not be started; the server's log says why."
ENDED = "The worker has ended and is started again."

State = Literal["off", "starting", "loading", "ready", "failed"]


@dataclass(frozen=True)
class Standing:
    """Where the worker stands; `error` is what a request meets there, `note` what is to be known of a model, `context`
    how many tokens that reads (0: not known)."""

    state: State
    error: CodeComposeError | None
    progress: float = 0.0
    model: str = ""
    note: str = ""
    context: int = 0


OFF = Standing("off", Loading("The worker starts with the first suggestion.", 0.0))
STARTING = Standing("starting", Loading("The worker is starting.", 0.0))


def standing(health: Health, *, own: bool) -> Standing:
    """Where a worker with this health stands; `own` is a child of ours."""
    said = "".join(filter(str.isprintable, health.message))[:MAX_SAID] if own else ""
    errors: dict[str, CodeComposeError | None] = {
        "loading": Loading(f"The model is loading: {said}." if said else None, health.progress),
        "failed": Down(f"The worker does not work: {said}." if said else FAILED),
        "ready": None,
    }
    note = said.removeprefix("ready").removeprefix("; ") if health.state == "ready" else ""
    return Standing(health.state, errors[health.state], health.progress, health.model, note, health.context_tokens)
