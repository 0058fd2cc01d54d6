"""What is never sent: cells and notebooks whose author says so, and files whose path an administrator names.

Pure. A cell is excluded by the tag `no-complete`, a notebook by `{"codecompose": {"enabled": false}}` in its metadata;
the page (`labextension/src/exclusion.ts`) and the command line read that, and leave the text out. Paths are decided
here alone. Not covered: a copy of an excluded text in another cell, in an output, or in the kernel.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from jupyter_codecompose.wire import Snapshot

TAG = "no-complete"
PATHS = ("**/.env*", "**/secrets/**")
WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
WILDCARD = re.compile(r"(\*\*/|\*\*|\*|\?)")
UNREAD = re.compile(r"[\[\]{}]|\A(?:!|~/)|(?:\A|/)\.\.(?:/|\Z)")
"""What other globs have, and would match nothing here."""
DRIVE = re.compile(r"\A[\w-]+:")
HERE = re.compile(r"\A(?:\.?/)+")


class Paths:
    """Paths that match one of some globs, as Jupyter writes them or with the folder before them that it was started in.

    Capital letters do not matter; `**` is any number of folders, also none, a glob without a slash is a name in any
    folder, and one that ends with a name or a slash means all that is in that folder.
    """

    def __init__(self, globs: Sequence[str] = PATHS, root: str = "") -> None:
        """`root`: where this machine keeps what Jupyter's paths begin in."""
        self._patterns = tuple(map(pattern, globs))
        self._root = root

    def cover(self, path: str) -> bool:
        """Whether a path, as Jupyter writes it, is one of them."""
        plain = _plain(path)
        paths = {plain, _plain(f"{self._root}/{plain}")}
        return any(pattern.fullmatch(path) for pattern in self._patterns for path in paths)

    def without(self, snapshot: Snapshot) -> Snapshot | None:
        """A snapshot without what is excluded; None where the cursor stands in it."""
        if self.cover(snapshot.path) or snapshot.cells[snapshot.active].excluded:
            return None
        cells = tuple(cell for cell in snapshot.cells if not cell.excluded)
        active = sum(not cell.excluded for cell in snapshot.cells[: snapshot.active])
        return replace(snapshot, cells=cells, active=active)


def pattern(glob: str) -> re.Pattern[str]:
    """The paths that a glob means."""
    plain = DRIVE.sub("", glob.replace("\\", "/"))
    anywhere = "/" not in plain.rstrip("/")
    named = HERE.sub("", plain) or "**"
    pieces = WILDCARD.split(named.rstrip("/") if not anywhere else f"**/{named.rstrip('/')}")
    inside = "/.*" if named.endswith("/") else "" if WILDCARD.search(named.rpartition("/")[2]) else "(?:/.*)?"
    meant = "".join(WILDCARDS.get(piece) or re.escape(piece) for piece in pieces)
    return re.compile(meant + inside, re.IGNORECASE | re.DOTALL)


def _plain(path: str) -> str:
    """A path without a drive and without detours."""
    return posixpath.normpath(DRIVE.sub("", path.replace("\\", "/")).lstrip("/"))


def tagged(metadata: Mapping[str, Any]) -> bool:
    """Whether a cell's metadata excludes it."""
    tags = metadata.get("tags")
    return isinstance(tags, Sequence) and not isinstance(tags, str) and TAG in tags


def switched_off(metadata: Mapping[str, Any]) -> bool:
    """Whether a notebook's metadata excludes all of it."""
    ours = metadata.get("codecompose")
    return isinstance(ours, Mapping) and ours.get("enabled") is False
