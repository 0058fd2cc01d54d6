"""What stands between a person and a suggestion, one part after the other, each with what to do about it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import model_server

HTTP_SECONDS = 3.0
LOCAL = ("torch", "transformers")


@dataclass(frozen=True)
class Check:
    """One part: whether it works (None: nothing to say), what was found, and what to do if it does not."""

    part: str
    ok: bool | None
    found: str
    advice: str = ""

    def __str__(self) -> str:
        mark = {True: "ok", False: "NO", None: "--"}[self.ok]
        return f"{mark}  {self.part}: {self.found}" + (f"\n    → {self.advice}" if self.advice and not self.ok else "")


def installation() -> Iterator[Check]:
    """The parts on this machine."""
    yield _page_plugin()
    yield _server_extension()
    yield from _worker_parts()


def servers(url: str = "", token: str = "") -> Iterator[Check]:
    """The server at `url`, else all that run here."""
    if url:
        yield server(url, token)
        return
    from jupyter_server.serverapp import list_running_servers

    running = list(list_running_servers())
    if not running:
        yield Check("Jupyter Server", None, "none is running", "start one: jupyter lab")
    for info in running:
        yield server(info["url"], info.get("token", ""))


def server(url: str, token: str) -> Check:
    """One running server: does the extension answer there, and where does its worker stand?"""
    part = f"Jupyter Server at {url.partition('?')[0]}"
    request = urllib.request.Request(  # noqa: S310 (the person's own address)
        url.rstrip("/") + "/codecompose/status", headers={"Authorization": f"token {token}"} if token else {}
    )
    try:
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as reply:  # noqa: S310
            status = json.loads(reply.read(65_536))
            state, message = status["state"], status["message"]
    except urllib.error.HTTPError as refused:
        refused.close()
        if refused.code in (401, 403):
            return Check(part, False, "it refuses the token", "give its token: --token")
        return Check(part, False, "the extension does not answer", "restart the server after installing")
    except (OSError, ValueError, KeyError, TypeError):
        return Check(part, False, "nothing answers", "is the address right?")
    return Check(part, state != "failed", f"worker {state}", message)


def _page_plugin() -> Check:
    from jupyter_core.paths import jupyter_path

    places = [Path(place, "jupyter-codecompose", "package.json") for place in jupyter_path("labextensions")]
    found = next((place.parent for place in places if place.is_file()), None)
    advice = "pip install jupyter-codecompose (from a checkout: make lab)"
    return Check("page plugin", found is not None, str(found or "not installed"), advice)


def _server_extension() -> Check:
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    configured = ExtensionConfigManager(read_config_path=jupyter_config_path()).get_jpserver_extensions()
    enabled = bool(configured.get("jupyter_codecompose"))
    advice = "jupyter server extension enable jupyter_codecompose"
    return Check("server extension", enabled, "enabled" if enabled else "not enabled", advice)


def _worker_parts() -> Iterator[Check]:
    remote = "or set CodeCompose.worker_url to a worker elsewhere"
    for name in LOCAL:
        there = find_spec(name) is not None
        advice = f"pip install 'jupyter-codecompose[local]', {remote}"
        # Whose worker is elsewhere needs none of them; where one shall run here, the server below says that it cannot.
        yield Check(name, there or None, "installed" if there else "not installed", advice)
    place = Path(model_server.__file__).parent / "bundled"
    there = (place / "model.safetensors").is_file()
    yield Check("bundled model", there, str(place) if there else "missing", f"reinstall the package, {remote}")
