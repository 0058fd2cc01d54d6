"""A worker asked one thing after another: one that this file starts as users do, or one that runs already.

Every request is answered, if only with the error that it met; nothing is left out. A worker of our own ends with the
block that uses it, whatever happens.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

import msgspec

from model_server.evaluation.client import Answer, Client, Gone, Trouble
from model_server.wire import CompletionRequest

T = TypeVar("T")
Tell = Callable[[str], None]

START_S = 180.0
BETWEEN_LOOKS_S = 0.1
BETWEEN_LINES_S = 10.0
GRACE_S = 3.0
SETTLE_S = 0.1
MOST_GONE = 3
"""Requests in a row that do not reach the worker before the rest are not tried."""


@contextmanager
def started(model: str, memory: bool, tell: Tell) -> Iterator[Client]:
    """A worker of our own, once it is ready. Raises Trouble where it does not come so far."""
    token = secrets.token_urlsafe()
    process = subprocess.Popen(
        [sys.executable, "-m", "model_server", "--model", model, "--port", "0", "--exit-with-stdin"]
        + ([] if memory else ["--no-memory"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"CODECOMPOSE_TOKEN": token},
        start_new_session=True,
    )
    try:
        with running(address(process), token, tell) as client:
            yield client
    finally:
        with suppress(subprocess.TimeoutExpired):
            tell(f"the worker ended by itself, with status {process.wait(timeout=SETTLE_S)}")
        end(process)


@contextmanager
def running(url: str, token: str, tell: Tell) -> Iterator[Client]:
    """A worker that runs already, once it is ready. Raises Trouble."""
    client = Client(url, token)
    try:
        wait_ready(client, tell)
        yield client
    finally:
        client.close()


def address(process: subprocess.Popen[bytes]) -> str:
    """Where a worker says that it listens. Raises Trouble."""
    assert process.stdout is not None
    late = threading.Timer(START_S, process.kill)
    late.start()
    line = process.stdout.readline()
    late.cancel()
    try:
        return str(json.loads(line)["url"])
    except (ValueError, KeyError, TypeError):
        raise Trouble("the worker did not say where it listens; what it said is above") from None


def wait_ready(client: Client, tell: Tell) -> None:
    """Wait until a worker has loaded its model. Raises Trouble."""
    said, until = "", time.monotonic() + START_S
    while time.monotonic() < until:
        health = client.health()
        if health.state == "failed":
            raise Trouble(f"the worker could not load the model: {health.message}")
        if health.state == "ready":
            tell(f"ready ({health.arithmetic})")
            return
        if health.message != said:
            said = health.message
            tell(f"{said} …")
        time.sleep(BETWEEN_LOOKS_S)
    raise Trouble(f"the worker was not ready after {START_S:.0f} s")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a worker: by closing its input, then by asking, then by force."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):
        process.stdin.close()
    for force in (process.terminate, process.kill):
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE_S)
        if process.returncode is None:
            force()
    process.wait()
    process.stdout.close()


def answers(client: Client, requests: Sequence[CompletionRequest], tell: Tell) -> list[Answer]:
    """What a worker answers to each request, every one from an editor of its own."""
    found: list[Answer] = []
    gone = 0
    for number, request in enumerate(watched(requests, "answers", tell)):
        if gone == MOST_GONE:
            found.append(found[-1])
            continue
        try:
            found.append(client.complete(msgspec.structs.replace(request, editor=f"evaluation-{number}")))
            gone = 0
        except Trouble as trouble:
            found.append(Answer(error=str(trouble)))
            gone = gone + 1 if isinstance(trouble, Gone) else 0
    return found


def watched(things: Sequence[T], what: str, tell: Tell) -> Iterator[T]:
    """The things in turn, with a line of progress now and then."""
    begun = said = time.monotonic()
    for number, thing in enumerate(things):
        now = time.monotonic()
        if number and now - said > BETWEEN_LINES_S:
            left = (now - begun) / number * (len(things) - number) / 60
            tell(f"{number}/{len(things)} {what}, {left:.1f} min left")
            said = now
        yield thing
