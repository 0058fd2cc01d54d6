"""A real Jupyter server for the browser: JupyterLab and Notebook 7 with the extension and its own managed worker.

It sees the settings, data and history of nobody: all its directories are new ones, only what is installed beside the
running Python is read. It does not know browsers.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

EXAMPLES = Path(__file__).parents[2] / "examples"
START_SECONDS = 120.0
STOP_SECONDS = 10.0
# Nothing that asks the network or covers the page; and completions that come late are still shown.
QUIET = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
LIGHT = {"theme": "JupyterLab Light"}
PATIENT = {"providerTimeout": 20_000}
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": QUIET,
    "@jupyterlab/apputils-extension/themes": LIGHT,
    "@jupyterlab/completer-extension/manager": PATIENT,
}


@dataclass(frozen=True)
class Server:
    """A running server: where it is, what it serves, where its directories are, and what it writes to its log."""

    url: str
    token: str
    home: Path
    root: Path
    log: Path
    process: subprocess.Popen[bytes]

    def settings(self, plugin: str) -> Path:
        """Where a plugin's settings are."""
        return settings_file(self.home, plugin)

    def status(self) -> dict[str, Any]:
        """What `codecompose/status` says."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/codecompose/status", headers=headers)
        with urllib.request.urlopen(request, timeout=5) as reply:
            found: dict[str, Any] = json.load(reply)
        return found

    def worker(self) -> psutil.Process | None:
        """The managed worker, while there is one."""
        children = psutil.Process(self.process.pid).children()
        return next((child for child in children if "model_server" in child.cmdline()), None)

    def is_ready(self) -> bool:
        """Whether the worker has its model. Raises AssertionError once the server has ended."""
        assert self.process.poll() is None, f"the server has ended:\n{self.log.read_text()[-4000:]}"
        try:
            return bool(self.status()["state"] == "ready")
        except OSError:
            return False

    def wait_until_ready(self) -> None:
        """Wait for the worker's model."""
        wait_until(self.is_ready, f"no worker is ready:\n{self.log.read_text()[-4000:]}")


def wait_until(true: Callable[[], bool], otherwise: str, seconds: float = START_SECONDS) -> None:
    """Wait for something that nothing announces; AssertionError with `otherwise` if it does not come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


@contextmanager
def serving(home: Path, base_url: str = "/") -> Iterator[Server]:
    """A server over a copy of the examples, with all its directories under `home`, until the block ends."""
    root = home / "notebooks"
    shutil.copytree(EXAMPLES, root)
    port, token = free_port(), secrets.token_hex(16)
    for plugin, values in SETTINGS.items():
        settings_file(home, plugin).write_text(json.dumps(values))
    log = home / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(port, token, root, base_url),
            env=environment(home),
            cwd=home,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}{base_url.rstrip('/')}", token, home, root, log, process)
    try:
        server.wait_until_ready()
        yield server
    finally:
        stop(process)


def command(port: int, token: str, root: Path, base_url: str) -> list[str]:
    """The command line."""
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": root,
        "ServerApp.base_url": base_url,
        "ServerApp.allow_root": True,
        "ServerApp.open_browser": False,
        "IdentityProvider.token": token,
        "LabApp.expose_app_in_browser": True,
        "JupyterNotebookApp.expose_app_in_browser": True,
        "CodeCompose.start_worker": "at_once",
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]


def environment(home: Path) -> dict[str, str]:
    """The environment, with nothing of the person who runs the tests in it."""
    places = {
        "HOME": "home",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "CODECOMPOSE", "JPY"))}
    made = {name: home / place for name, place in places.items()}
    for place in made.values():
        place.mkdir(exist_ok=True)
    return kept | {name: str(place) for name, place in made.items()} | {"JUPYTER_PREFER_ENV_PATH": "1"}


def settings_file(home: Path, plugin: str) -> Path:
    """Where a plugin's settings are, in a folder that is there."""
    path = home / "settings" / f"{plugin}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def free_port() -> int:
    """A port that is free now, and that nobody is given who asks for any."""
    for port in secrets.SystemRandom().sample(range(20_000, 30_000), 100):
        with socket.socket() as sock, suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and what it has started."""
    children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _, alive = psutil.wait_procs(children, timeout=STOP_SECONDS)
    for child in alive:
        child.kill()
