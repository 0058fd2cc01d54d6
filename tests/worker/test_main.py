"""The worker as a process: where it listens, what it refuses, how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.worker.checkpoints import write_checkpoint
from tests.worker.hub import Hub


@contextmanager
def worker(*options: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own, with some environment variables."""
    command = [sys.executable, "-m", "model_server", *options]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = os.environ | {"CODECOMPOSE_TOKEN": ""} | variables
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def url(process: subprocess.Popen[str]) -> str:
    """Where it says that it listens."""
    assert process.stdout is not None
    return str(json.loads(process.stdout.readline())["url"])


def health(address: str) -> dict[str, Any]:
    """What it says of itself."""
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as reply:
            return dict(json.load(reply))
    except urllib.error.HTTPError as reply:
        return dict(json.load(reply))


def wait(address: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask for its health until something is true of it."""
    for _ in range(600):
        if true(said := health(address)):
            return said
        time.sleep(0.1)
    pytest.fail(f"it stayed so: {said}")


def wait_ready(address: str) -> None:
    """Ask for its health until the model is loaded."""
    wait(address, lambda said: said["state"] == "ready")


def test_it_listens_before_the_model_is_loaded_and_ends_with_stdin(checkpoint: Path) -> None:
    with worker("--model", str(checkpoint), "--port", "0", "--exit-with-stdin") as process:
        wait_ready(url(process))
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=10) == 0


@dataclass
class Typist:
    """A client that asks again and again, and notes how each stream of it ended."""

    url: str
    client: aiohttp.ClientSession
    ended: Counter[str] = field(default_factory=Counter)

    async def type(self) -> None:
        """Ask until nobody listens any more."""
        body = {"prompt": "import ", "max_tokens": 100, "stream": True, "editor": str(id(self))}
        with suppress(aiohttp.ClientConnectionError):
            while True:
                async with self.client.post(f"{self.url}/v1/completions", json=body) as reply:
                    self.ended[await self.ending(reply)] += 1

    async def ending(self, reply: aiohttp.ClientResponse) -> str:
        """How a reply ends: as it should, as a refusal, or cut off."""
        if reply.status != 200:
            return f"refused with {reply.status}"
        try:
            return "whole" if (await reply.read()).endswith(b"data: [DONE]\n\n") else "cut off"
        except aiohttp.ClientError:
            return "cut off"


def stubborn(address: str) -> socket.socket:
    """A client that asks for far more than fits between the two, and reads nothing."""
    host, port = address.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)))
    client.sendall(f"GET /openapi.json HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() * 1000)
    return client


async def test_sigterm_under_load_cuts_nobody_off_and_waits_for_nobody(checkpoint: Path) -> None:
    with worker("--model", str(checkpoint), "--port", "0") as process:
        address = await asyncio.to_thread(url, process)
        await asyncio.to_thread(wait_ready, address)
        async with aiohttp.ClientSession() as client:
            typists = [Typist(address, client) for _ in range(6)]
            with stubborn(address):
                typing = [asyncio.create_task(typist.type()) for typist in typists]
                await asyncio.sleep(1)
                process.send_signal(signal.SIGTERM)
                # Who waits for a client that reads nothing waits ten seconds.
                assert await asyncio.to_thread(process.wait, 9) == 0
            await asyncio.gather(*typing)
    ended = sum((typist.ended for typist in typists), Counter[str]())
    assert {"whole"} <= set(ended) <= {"whole", "refused with 503"}


def test_a_download_is_told_and_leaves_nothing_half_behind(hub: Hub, tmp_path: Path) -> None:
    hub.files["model.safetensors"] = bytes(25 << 20)
    hub.pause = 0.1
    with worker("--model", hub.name, "--port", "0", HF_ENDPOINT=hub.url, HF_HOME=str(tmp_path)) as process:
        said = wait(url(process), lambda said: said["progress"] > 0)
        assert said["state"] == "loading"
        assert said["message"] == "downloading some-model@c0ffee00, 10 of 27 MB"
        assert said["progress"] == pytest.approx(0.8 * 10 / 25)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    kept = {path.stat().st_size for path in tmp_path.rglob("blobs/*")}
    assert kept == {
        len(body) for name, body in hub.files.items() if name in ("config.json", "tokenizer.json", "LICENSE")
    }


def test_what_the_hub_says_no_to_is_said_in_one_line(hub: Hub, tmp_path: Path) -> None:
    variables = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    with worker("--model", hub.name, "--port", "0", "--exit-with-stdin", **variables) as process:
        said = wait(url(process), lambda said: said["state"] == "failed")
        assert said["message"].startswith(f"{hub.name} is not on this machine and HF_HUB_OFFLINE is set: unset it, or")
        _, errors = process.communicate(timeout=10)
    assert errors == f"model_server: the model could not be loaded: {said['message']}\n"


def test_a_port_in_use_is_said(checkpoint: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with worker("--model", str(checkpoint), "--port", str(port)) as process:
            _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "choose another --port" in said


def test_without_its_memory_not_even_a_damaged_one_is_read(tmp_path: Path) -> None:
    model = write_checkpoint(tmp_path)
    (model / "memory.tsv.gz").write_bytes(b"damaged")
    with worker("--model", str(model), "--port", "0", "--no-memory", "--exit-with-stdin") as process:
        wait_ready(url(process))
