"""The worker as a process: where it listens, what it refuses, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from model_server.__main__ import arguments, is_loopback
from tests.worker.checkpoints import write_checkpoint


@contextmanager
def worker(*options: str, token: str = "") -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own."""
    command = [sys.executable, "-m", "model_server", *options]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = os.environ | {"CODECOMPOSE_TOKEN": token}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def url(process: subprocess.Popen[str]) -> str:
    """Where it says that it listens."""
    assert process.stdout is not None
    return str(json.loads(process.stdout.readline())["url"])


def wait_ready(address: str) -> None:
    """Ask for its health until the model is loaded."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the worker did not become ready")


def test_it_listens_before_the_model_is_loaded_and_ends_with_stdin(checkpoint: Path) -> None:
    with worker("--model", str(checkpoint), "--port", "0", "--exit-with-stdin") as process:
        wait_ready(url(process))
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=10) == 0


def test_sigterm_ends_it(checkpoint: Path) -> None:
    with worker("--model", str(checkpoint), "--port", "0") as process:
        wait_ready(url(process))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0


def test_a_port_in_use_is_said(checkpoint: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with worker("--model", str(checkpoint), "--port", str(port)) as process:
            _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "choose another --port" in said


def test_an_address_that_others_reach_needs_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(["--host", "0.0.0.0"])
    assert "set CODECOMPOSE_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "own"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("gpu1", False)]
)
def test_loopback(host: str, own: bool) -> None:
    assert is_loopback(host) is own


@pytest.mark.parametrize("options", [["--port", "70000"], ["--slots", "0"]])
def test_a_wrong_option_is_named(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(options)
    assert options[0] in capsys.readouterr().err


def test_without_its_memory_not_even_a_damaged_one_is_read(tmp_path: Path) -> None:
    model = write_checkpoint(tmp_path)
    (model / "memory.tsv.gz").write_bytes(b"damaged")
    with worker("--model", str(model), "--port", "0", "--no-memory", "--exit-with-stdin") as process:
        wait_ready(url(process))
