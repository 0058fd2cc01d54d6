"""A worker that says what a test tells it to, over real HTTP, on a thread of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

READY = {"state": "ready", "progress": 1.0, "message": "ready", "arithmetic": "none (scripted)"}


def event(text: str) -> bytes:
    """One event of a completion."""
    choice = {"text": text, "finish_reason": None, "index": 0, "logprobs": None}
    message = {"id": "x", "created": 0, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(message).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


class Script(ThreadingHTTPServer):
    """Answers every completion with the next of `bodies` (the last one for ever), and keeps what was asked."""

    def __init__(self, *bodies: bytes, status: int = 200, health: dict[str, object] = READY) -> None:
        """`health` is what `/health` says."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies, self.status, self.health = list(bodies), status, health
        self.asked: list[dict[str, object]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """See `Script`."""

    protocol_version = "HTTP/1.0"
    server: Script

    def do_GET(self) -> None:
        """`/health`."""
        self.reply(200, json.dumps(self.server.health).encode())

    def do_POST(self) -> None:
        """A completion."""
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        bodies = self.server.bodies
        self.reply(self.server.status, bodies.pop(0) if len(bodies) > 1 else bodies[0])

    def reply(self, status: int, body: bytes) -> None:
        """A whole reply, its length untold: it ends with the connection."""
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing is logged."""


@contextmanager
def scripted(script: Script) -> Iterator[Script]:
    """Serve a script until the block ends."""
    thread = threading.Thread(target=script.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield script
    finally:
        script.shutdown()
        thread.join()
        script.server_close()
