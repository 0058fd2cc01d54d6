"""What an administrator may choose, checked once: a wrong value stops the start with its name, value and allowed range.

Knows nothing of where the values come from; `app` reads them from Jupyter's configuration and `cli` from its arguments.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from jupyter_codecompose import exclude
from jupyter_codecompose.dialect import WAYS
from model_server.families import FAMILIES
from model_server.weights import HUB_NAME
from model_server.wire import MAX_NEW_TOKENS

TOKEN_VARIABLE = "CODECOMPOSE_WORKER_TOKEN"  # noqa: S105
SHORTEST, LONGEST = 0.2, 60.0
LONGEST_GLOB = 200
TALLEST = 20
LEAST_CONTEXT, MOST_CONTEXT = 256, 1_000_000
PROMPTS = (*WAYS, *(family.name for family in FAMILIES))
REVISION = re.compile(r"\w[\w./-]{0,199}")
PLAIN_NAME = re.compile(r"[!-~]{0,200}")


ALLOWED = {
    "worker_url": "'' (a worker of our own) or http(s)://host[:port][/path], without user, query or fragment",
    "worker_token_file": "a file that only its owner may read (chmod 600)",
    "worker_model": "at most 200 printable ASCII characters, no spaces",
    "worker_prompt": ", ".join(map(repr, PROMPTS)),
    "worker_context": f"0 (what the worker says itself) or {LEAST_CONTEXT} to {MOST_CONTEXT} tokens",
    "model": "'bundled' or an existing directory, or a name on the Hugging Face Hub",
    "model_revision": "'', or with a Hub name as model: a commit, tag or branch of it",
    "start_worker": "'on_demand' or 'at_once'",
    "timeout": f"{SHORTEST} to {LONGEST} seconds",
    "max_tokens": f"1 to {MAX_NEW_TOKENS}",
    "most_lines": f"1 to {TALLEST}",
    "exclude_paths": f"globs of 1 to {LONGEST_GLOB} printable characters, of names, *, ** and ?; "
    "not [ ] { }, .., or ! and ~/ at the beginning, which would match nothing",
    "send_outputs": "'local', 'always' or 'never'",
}
"""What values each setting may have, where its type does not say it all."""


class WrongSetting(ValueError):
    """A setting with a value that is not allowed. The sentence is safe to print: token values never enter it."""

    def __init__(self, name: str, value: object, allowed: str = "") -> None:
        super().__init__(f"CodeCompose.{name} is {value!r}; allowed: {allowed or ALLOWED[name]}")


@dataclass(frozen=True)
class Settings:
    """`worker_url` '' means a worker of our own on this machine, which loads `model`, at `model_revision` where that is
    a Hub name. Of a worker at a URL the settings tell its model's name ('' for the only one), how its prompt is made,
    and its context in tokens (0 for what it says itself). `timeout` is seconds for a whole request."""

    worker_url: str = ""
    token: str = field(default="", repr=False)
    allow_insecure_worker: bool = False
    worker_model: str = ""
    worker_prompt: str = "auto"
    worker_context: int = 0
    model: str = "bundled"
    model_revision: str = ""
    start_worker: Literal["on_demand", "at_once"] = "on_demand"
    use_kernel: bool = True
    ask_r: bool = False
    timeout: float = 5.0
    max_tokens: int = 96
    most_lines: int = 6
    exclude_paths: tuple[str, ...] = exclude.PATHS
    send_outputs: Literal["local", "always", "never"] = "local"

    def __post_init__(self) -> None:
        _check_url(self.worker_url, insecure=self.allow_insecure_worker)
        self._check_remote()
        _check_model(self.model, self.model_revision)
        if self.start_worker not in ("on_demand", "at_once"):
            raise WrongSetting("start_worker", self.start_worker)
        if self.send_outputs not in ("local", "always", "never"):
            raise WrongSetting("send_outputs", self.send_outputs)
        if not SHORTEST <= self.timeout <= LONGEST:
            raise WrongSetting("timeout", self.timeout)
        if not 1 <= self.max_tokens <= MAX_NEW_TOKENS:
            raise WrongSetting("max_tokens", self.max_tokens)
        if not 1 <= self.most_lines <= TALLEST:
            raise WrongSetting("most_lines", self.most_lines)
        if not all(map(_is_glob, self.exclude_paths)):
            raise WrongSetting("exclude_paths", list(self.exclude_paths))

    @property
    def managed(self) -> bool:
        """Whether the worker is a child of this server."""
        return not self.worker_url

    @property
    def tells_outputs(self) -> bool:
        """Whether the worker is told what cells have printed."""
        here = self.managed or _is_loopback(urlsplit(self.worker_url).hostname or "")
        return self.send_outputs == "always" or (self.send_outputs == "local" and here)

    def _check_remote(self) -> None:
        """What only a worker at a URL has."""
        given = {name: getattr(self, name) for name in ("worker_model", "worker_prompt", "worker_context")}
        for name, value in given.items():
            if self.managed and value != getattr(Settings, name):
                raise WrongSetting(name, value, "only together with CodeCompose.worker_url")
        if not PLAIN_NAME.fullmatch(self.worker_model):
            raise WrongSetting("worker_model", self.worker_model)
        if self.worker_prompt not in PROMPTS:
            raise WrongSetting("worker_prompt", self.worker_prompt)
        if self.worker_context and not LEAST_CONTEXT <= self.worker_context <= MOST_CONTEXT:
            raise WrongSetting("worker_context", self.worker_context)


def _is_glob(text: str) -> bool:
    """Whether a glob can be read as it was meant."""
    return text.isprintable() and 0 < len(text) <= LONGEST_GLOB and not exclude.UNREAD.search(text)


def _check_model(model: str, revision: str) -> None:
    """A Hub name may be one that this machine has not seen: the worker fetches it."""
    named = model != "bundled" and not Path(model).expanduser().is_dir()
    if named and not HUB_NAME.fullmatch(model):
        raise WrongSetting("model", model)
    if revision and not (named and REVISION.fullmatch(revision)):
        raise WrongSetting("model_revision", revision)


def read_token(file: str) -> str:
    """The worker's token: from the environment, else from `file` (which only its owner may read), else ''."""
    token = os.environ.get(TOKEN_VARIABLE, "")
    if token or not file:
        return _one_line(token, TOKEN_VARIABLE)
    path = Path(file)
    if not path.is_file():
        raise WrongSetting("worker_token_file", file, "an existing file")
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise WrongSetting("worker_token_file", file)
    return _one_line(path.read_text("utf-8").strip(), "worker_token_file")


def _one_line(token: str, name: str) -> str:
    if not (token.isascii() and (token.isprintable() or not token)) or " " in token:
        raise WrongSetting(name, "…", "a token of printable ASCII characters without spaces")
    return token


def _check_url(url: str, *, insecure: bool) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise WrongSetting("worker_url", "…") from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise WrongSetting("worker_url", "…")
    if parts.scheme not in ("http", "https") or not host:
        raise WrongSetting("worker_url", url)
    if parts.scheme == "http" and not insecure and not _is_loopback(host):
        raise WrongSetting(
            "worker_url", url, "https for another host; CodeCompose.allow_insecure_worker = True sends code unencrypted"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
