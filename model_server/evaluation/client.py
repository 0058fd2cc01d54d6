"""A measuring client of a worker: one request at a time over one connection, as an editor would ask, with its times.

What a worker says of its troubles is passed on as one sentence. It knows nothing of cases or of scores.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from model_server.wire import Completion, CompletionRequest, ErrorReply, Health

LONGEST_S = 120.0
MAX_LINE = 65_536
CONNECTIONS = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
T = TypeVar("T", Completion, ErrorReply, Health)


class Trouble(Exception):
    """No answer; the message says why, and nothing of what was asked."""


class Gone(Trouble):
    """The worker cannot be reached, or broke off."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker wrote, and the milliseconds to its first text (None where it wrote none) and to its end; or, where
    it gave no answer, the `error`."""

    text: str = ""
    first_ms: float | None = None
    total_ms: float = 0.0
    error: str = ""


class Client:
    """A worker at `url`. Raises ValueError for an address that is none."""

    def __init__(self, url: str, token: str) -> None:
        """`token` is the worker's bearer token; empty for none."""
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in CONNECTIONS or not parts.hostname:
            raise ValueError(f"{url!r} is no worker's address: give one such as http://127.0.0.1:8765")
        self._connection = CONNECTIONS[parts.scheme](parts.hostname, parts.port, timeout=LONGEST_S)
        self._path = parts.path
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def close(self) -> None:
        """Close the connection; the next request opens it again."""
        self._connection.close()

    def health(self) -> Health:
        """Where the worker stands. Raises Trouble."""
        with self._asked("GET", "/health") as response:
            if response.status not in (200, 503):
                raise Trouble(f"/health says {response.status}: is this a worker?")
            return decoded(response.read(MAX_LINE), Health)

    def complete(self, request: CompletionRequest) -> Answer:
        """Ask, and read the whole stream. Raises Trouble."""
        begun, first, text = time.perf_counter(), None, ""
        for event in self._events(msgspec.json.encode(msgspec.structs.replace(request, stream=True))):
            now = time.perf_counter()
            text += event.choices[0].text
            if text and first is None:
                first = (now - begun) * 1000
            if now - begun > LONGEST_S:
                self.close()
                raise Trouble(f"no end after {LONGEST_S:.0f} s")
        return Answer(text, first, (time.perf_counter() - begun) * 1000)

    def _events(self, body: bytes) -> Iterator[Completion]:
        """The events of a completion, as they come."""
        with self._asked("POST", "/v1/completions", body) as response:
            if response.status != 200:
                raise Trouble(complaint(response.read(MAX_LINE), response.status))
            while line := response.readline(MAX_LINE):
                data = line.removeprefix(b"data:").strip()
                if data == b"[DONE]":
                    response.read()
                    return
                if data.startswith(b'{"error"'):
                    raise Trouble(complaint(data, response.status))
                if data:
                    yield decoded(data, Completion)
        raise Gone("the worker broke off in the middle of an answer")

    @contextmanager
    def _asked(self, method: str, path: str, body: bytes | None = None) -> Iterator[http.client.HTTPResponse]:
        """A response while it is read. What goes wrong meanwhile closes the connection and is told as Trouble."""
        try:
            self._connection.request(method, self._path + path, body, self._headers)
            with self._connection.getresponse() as response:
                yield response
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Gone(f"the worker cannot be reached ({type(error).__name__})") from None
        except Trouble:
            self.close()
            raise


def complaint(body: bytes, status: int) -> str:
    """What a worker said instead of an answer."""
    with suppress(Trouble):
        error = decoded(body, ErrorReply).error
        return f"the worker refused with {error.code}: {error.message}"
    return f"the worker refused with status {status}"


def decoded(data: bytes, kind: type[T]) -> T:
    """One message of the worker. Raises Trouble."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Trouble(f"what came is no {kind.__name__.lower()} of this worker's") from None
