"""An honest small Hugging Face Hub: the parts of its HTTP API that huggingface_hub calls, on two ports of this machine.

The first is the Hub: what a repository holds, and its small files. The second is where it keeps large ones, under a
host name of its own, as the real one does. What was asked for can be looked at; what goes wrong is set on it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34
BLOCK = 1 << 20


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Hub:
    """One repository, and what goes wrong with it.

    `refuse` is a status, and a code of the Hub's own, for whatever is asked; `broken` the files that its store
    refuses; `cuts` the bytes after which its next bodies are cut off; `pause` seconds before each MiB; `larger` what
    it adds to a file's true size when it tells of it; `html` a page in place of JSON; `silent` no answer at all.
    """

    files: dict[str, bytes]
    name: str = "somebody/some-model"
    revisions: tuple[str, ...] = ("main", "v1", COMMIT)
    refuse: tuple[int, str] | None = None
    broken: set[str] = field(default_factory=set)
    cuts: list[int] = field(default_factory=list)
    pause: float = 0.0
    larger: int = 0
    html: bool = False
    silent: bool = False
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    store: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def fetched(self) -> set[str]:
        """The files of which a body was asked for."""
        names = {hashlib.sha256(content).hexdigest(): name for name, content in self.files.items()}
        last = [
            asked.path.rpartition("/")[2] for asked in self.asked if asked.method == "GET" and "/api/" not in asked.path
        ]
        return {names.get(name, name) for name in last}

    @contextmanager
    def serving(self) -> Iterator[Hub]:
        """Serve until the block ends."""
        servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler(self, kind)) for kind in (Front, Store)]
        self.url = f"http://127.0.0.1:{servers[0].server_port}"
        self.store = f"http://localhost:{servers[1].server_port}"
        threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            for server, thread in zip(servers, threads, strict=True):
                server.shutdown()
                thread.join()
                server.server_close()


class Handler(BaseHTTPRequestHandler):
    """What both ports do alike."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    hub: Hub

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.hub.asked.append(
            Asked(self.command, urlsplit(self.path).path, {k.lower(): v for k, v in self.headers.items()})
        )
        if self.hub.silent:
            self.hub.closing.wait(30)
            self.close_connection = True
        else:
            self.reply(unquote(urlsplit(self.path).path))

    def reply(self, path: str) -> None:
        raise NotImplementedError

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        """A whole answer; its length is told, its body left out where only the head was asked for."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command == "GET":
            self.send_body(body)

    def send_body(self, body: bytes) -> None:
        """The body in blocks, as slowly and as much of it as the hub is set to."""
        cut = self.hub.cuts.pop(0) if self.hub.cuts and len(body) > self.hub.cuts[0] else None
        try:
            for begin in range(0, len(body[:cut]), BLOCK):
                self.hub.closing.wait(self.hub.pause)
                self.wfile.write(body[begin : min(begin + BLOCK, cut or len(body))])
        except OSError:
            self.close_connection = True
        if cut is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        """Not on the terminal."""


class Front(Handler):
    """The Hub itself."""

    def reply(self, path: str) -> None:
        hub = self.hub
        if hub.refuse:
            status, code = hub.refuse
            self.send(status, b"{}", **({"X_Error_Code": code} if code else {}))
        elif hub.html:
            self.send(200, b"<html>Please log in to this network</html>", Content_Type="text/html")
        elif path.startswith(f"/api/models/{hub.name}"):
            self.describe(path.partition("/revision/")[2] or "main")
        elif path.startswith(f"/{hub.name}/resolve/"):
            self.resolve(*path.removeprefix(f"/{hub.name}/resolve/").split("/", 1))
        else:
            self.send(404, b"{}", X_Error_Code="RepoNotFound")

    def describe(self, revision: str) -> None:
        """`GET /api/models/{name}/revision/{revision}?blobs=True`."""
        if revision not in self.hub.revisions:
            self.send(404, b"{}", X_Error_Code="RevisionNotFound")
            return
        siblings = [{"rfilename": name, "size": len(body) + self.hub.larger} for name, body in self.hub.files.items()]
        self.send(200, json.dumps({"id": self.hub.name, "sha": COMMIT, "siblings": siblings}).encode())

    def resolve(self, revision: str, name: str) -> None:
        """`/{name}/resolve/{revision}/{file}`: the file, or where it lies."""
        content = self.hub.files.get(name)
        if revision not in self.hub.revisions or content is None:
            self.send(404, b"{}", X_Error_Code="EntryNotFound", X_Repo_Commit=COMMIT)
            return
        digest = hashlib.sha256(content).hexdigest()
        if not name.endswith(".safetensors"):
            self.send(200, content, ETag=f'"{digest}"', X_Repo_Commit=COMMIT)
            return
        linked = {"X_Linked_Etag": f'"{digest}"', "X_Linked_Size": str(len(content) + self.hub.larger)}
        self.send(302, b"", Location=f"{self.hub.store}/{digest}", X_Repo_Commit=COMMIT, **linked)


class Store(Handler):
    """Where large files lie, by their digest."""

    def reply(self, path: str) -> None:
        named = {hashlib.sha256(content).hexdigest(): (name, content) for name, content in self.hub.files.items()}
        name, content = named[path.removeprefix("/")]
        if name in self.hub.broken:
            self.send(403, b"")
            return
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if begin:
            self.send(206, content[begin:], Content_Range=f"bytes {begin}-{len(content) - 1}/{len(content)}")
        else:
            self.send(200, content)


def handler(hub: Hub, kind: type[Handler]) -> type[Handler]:
    """A handler of one hub's requests."""
    return type(kind.__name__, (kind,), {"hub": hub})
