"""Replicas for the tests and the benchmark: the real ones but for their engine, which needs no network and keeps time;
and a Ray with any replicas, in processes of its own. `/health` says which process a replica is."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from ray import serve

from model_server.cluster import NOT_STARTED
from model_server.engine import Engine, FakeEngine
from model_server.loop import Progress
from model_server.scale import Options, application
from model_server.tokens import Tokens
from model_server.weights import resolve
from tests.worker.serving import TOKEN, sentence

ROOT = Path(__file__).parents[2]
START_TRIES = 4
STOP_SECONDS = 60.0
TEXT = " and ".join(f"column_{number} = frame['mass_{number}']" for number in range(16))


def load(seconds: float, progress: Progress) -> tuple[Tokens, Engine]:
    """A fake engine that says TEXT, a token every `seconds`."""
    tokens = Tokens.load(resolve("bundled"))
    return tokens, FakeEngine(sentence(tokens, TEXT), seconds=seconds, arithmetic=f"process {os.getpid()}")


def app(args: dict[str, Any]) -> serve.Application:
    """What a config names; its argument is what a step takes."""
    return application(partial(load, float(args["seconds"])), lambda: None, Options(slots=32))


def fake(count: int, seconds: float) -> dict[str, Any]:
    """Replicas of a fake engine, as a config has them."""
    return {"import_path": "tests.worker.replicas:app", "args": {"seconds": seconds}, "deployments": [replicas(count)]}


def replicas(count: int) -> dict[str, Any]:
    """A number of replicas, however few cores there are."""
    scaled = {"min_replicas": count, "max_replicas": count}
    return {"name": "worker", "autoscaling_config": scaled, "ray_actor_options": {"num_cpus": 0.1}}


def environment(directory: str) -> dict[str, str]:
    """The environment of a Ray that leaves nothing outside a directory."""
    ray = {"RAY_TMPDIR": directory, "RAY_AUTH_TOKEN": secrets.token_hex(16)}
    return os.environ | ray | {"CODECOMPOSE_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}


def begun(command: list[str], env: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A process whose Ray runs. Ray gives up on a machine that is busy for 30 seconds, so it is asked again."""
    for _ in range(START_TRIES):
        with log.open("wb") as out:
            process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=out, stderr=out)
        while process.poll() is None:
            if "Started a local Ray instance" in log.read_text():
                return process
            time.sleep(0.1)
        if NOT_STARTED not in log.read_text():
            break
    raise RuntimeError(log.read_text())


@contextmanager
def cluster(home: Path, port: int, *applications: dict[str, Any]) -> Iterator[psutil.Process]:
    """Ray with some applications, as the command line starts it. It ends when it is told to, and leaves nothing."""
    file, log = home / "config.yaml", home / "log"
    http = {"host": "127.0.0.1", "port": port, "request_timeout_s": 60}
    file.write_text(json.dumps({"http_options": http, "applications": applications}))
    command = [sys.executable, "-m", "model_server", "--ray", "--config", str(file)]
    with (
        TemporaryDirectory(prefix="r") as short,  # Ray's sockets lie in there, and their paths must not be long
        begun(command, environment(short), log) as process,
    ):
        head = psutil.Process(process.pid)
        try:
            yield head
        finally:
            family = [head, *head.children(recursive=True)]
            process.terminate()
            _, left = psutil.wait_procs(family, timeout=STOP_SECONDS)
            for one in left:
                one.kill()
    assert (process.returncode, left) == (0, []), log.read_text()
