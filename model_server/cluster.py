"""Ray on this machine, with the worker's replicas on it: what `jupyter codecompose serve --ray` runs.

Many machines are made a cluster by Ray itself (`ray start`), and given a config by it (`serve deploy`): nothing here is
needed there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import msgspec
import ray
from msgspec.structs import asdict
from ray import serve
from ray.exceptions import RayError
from ray.serve.schema import ServeDeploySchema
from ray.serve.scripts import cli

from model_server.scale import Options

REQUEST_SECONDS = 60.0
"""For a whole request."""
OBJECT_STORE_BYTES = 128 * 2**20
"""Room for Ray's shared objects, of which there are none: answers are streamed."""
NOT_STARTED = "Ray did not start"
PATIENCE = ("RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "60")
"""What Ray's proxy is given to start, in seconds: its 5 are few on a busy machine."""


def run(options: Options, host: str, port: int) -> int:
    """Serve one model until told to stop, with a GPU for each replica where there are any; gives the exit status."""
    with local(), NamedTemporaryFile("w", suffix=".yaml") as file:
        gpus = min(1.0, ray.cluster_resources().get("GPU", 0.0))
        json.dump(described(options, host, port, gpus), file)  # which is YAML
        file.flush()
        return deployed(Path(file.name))
    return 0


def run_config(path: Path) -> int:
    """Serve what a Ray Serve config says until told to stop; gives the exit status."""
    if wrong := mistake(path):
        print(wrong, file=sys.stderr)
        return 1
    with local():
        return deployed(path)
    return 0


def described(options: Options, host: str, port: int, gpus: float) -> dict[str, Any]:
    """A Ray Serve config of one application, with some GPUs for each replica."""
    http = {"host": host, "port": port, "request_timeout_s": REQUEST_SECONDS}
    worker = {"name": "worker", "ray_actor_options": {"num_gpus": gpus}}
    one = {
        "name": "codecompose",
        "import_path": "model_server.scale:app",
        "args": asdict(options),
        "deployments": [worker],
    }
    return {"http_options": http, "applications": [one]}


def mistake(path: Path) -> str:
    """Why a file is not a config; '' where it is one."""
    try:
        ServeDeploySchema.model_validate(msgspec.yaml.decode(path.read_bytes()))
    except (ValueError, msgspec.MsgspecError) as error:
        return f"{path} is no config for Ray Serve: {error}"
    return ""


def deployed(config: Path) -> int:
    """Hand a config to Ray Serve. Comes back only where something in it cannot be started, with the exit status."""
    try:
        cli(["run", "--non-blocking", str(config)], standalone_mode=False)
        while not (said := failures()):
            time.sleep(0.5)
    except RayError as error:  # a port that is taken
        said = [str(error)]
    for message in said:
        print(message.strip().rpartition("\n")[2], file=sys.stderr)
    return 1


def failures() -> list[str]:
    """Why applications could not be started; the last line of each says it."""
    failed = [one for one in serve.status().applications.values() if one.status == "DEPLOY_FAILED"]
    said = [deployment.message for one in failed for deployment in one.deployments.values()]
    return said or [one.message for one in failed]


@contextmanager
def local() -> Iterator[None]:
    """Ray on this machine alone, until the block ends or a signal comes. Raises SystemExit where Ray does not start."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault(*PATIENCE)
    try:
        ray.init("local", include_dashboard=False, object_store_memory=OBJECT_STORE_BYTES)
    except Exception as error:  # Ray's own: it gives a machine 30 seconds, which is not a setting
        raise SystemExit(f"{NOT_STARTED}: {error} On a busy machine a second try often helps.") from error
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        serve.shutdown()
        ray.shutdown()
