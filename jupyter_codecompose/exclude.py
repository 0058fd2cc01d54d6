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
DRIVE = re.compile(r"[\w-]+:")


class Paths:
    """Paths that match one of some globs. Capital letters do not matter; `**` is any number of folders, also none, and
    a glob without a slash is a file's name in any folder."""

    def __init__(self, globs: Sequence[str] = PATHS) -> None:
        self._patterns = tuple(map(pattern, globs))

    def cover(self, path: str) -> bool:
        """Whether a path, as Jupyter writes it, is one of them."""
        plain = posixpath.normpath(DRIVE.sub("", path.replace("\\", "/"), count=1).lstrip("/"))
        return any(pattern.fullmatch(plain) for pattern in self._patterns)

    def without(self, snapshot: Snapshot) -> Snapshot | None:
        """A snapshot without what is excluded; None where the cursor stands in it."""
        if self.cover(snapshot.path) or snapshot.cells[snapshot.active].excluded:
            return None
        cells = tuple(cell for cell in snapshot.cells if not cell.excluded)
        active = sum(not cell.excluded for cell in snapshot.cells[: snapshot.active])
        return replace(snapshot, cells=cells, active=active)


def pattern(glob: str) -> re.Pattern[str]:
    """The paths that a glob means."""
    pieces = WILDCARD.split(glob if "/" in glob else f"**/{glob}")
    return re.compile("".join(WILDCARDS.get(piece) or re.escape(piece) for piece in pieces), re.IGNORECASE | re.DOTALL)


def tagged(metadata: Mapping[str, Any]) -> bool:
    """Whether a cell's metadata excludes it."""
    tags = metadata.get("tags")
    return isinstance(tags, Sequence) and not isinstance(tags, str) and TAG in tags


def switched_off(metadata: Mapping[str, Any]) -> bool:
    """Whether a notebook's metadata excludes all of it."""
    ours = metadata.get("codecompose")
    return isinstance(ours, Mapping) and ours.get("enabled") is False
