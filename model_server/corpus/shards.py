"""Documents into corpus files: `train-00.jsonl`, `train-01.jsonl`, …, all of them whole or none.

Each is written under another name and gets its own when the last one is complete.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from model_server.corpus.sources import Raw

MOST_BYTES = 64_000_000


class Shards:
    """Open corpus files of one directory; a context manager, in whose end they get their names."""

    def __init__(self, directory: Path, most: int = MOST_BYTES) -> None:
        """Files of about `most` bytes. Raises OSError where the directory cannot be made."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory, self._most = directory, most
        self._parts: list[Path] = []
        self._file: BinaryIO | None = None

    @property
    def count(self) -> int:
        """How many files there are."""
        return len(self._parts)

    def __enter__(self) -> Shards:
        """Begin."""
        return self

    def write(self, raw: Raw) -> None:
        """Add a document. Raises OSError where the disk is full."""
        if self._file is None or self._file.tell() >= self._most:
            self._next()
        assert self._file
        self._file.write(json.dumps(raw, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

    def _next(self) -> None:
        self._close()
        part = self._directory / f"train-{self.count:02}.jsonl.part"
        self._file = part.open("wb")
        self._parts.append(part)

    def _close(self) -> None:
        file, self._file = self._file, None
        if file:
            file.close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Name the files, or remove them after an error."""
        try:
            self._close()
        except OSError:
            self._remove()
            if error is None:
                raise
        if error is not None:
            self._remove()
            return
        for part in self._parts:
            part.replace(part.with_suffix(""))

    def _remove(self) -> None:
        for part in self._parts:
            part.unlink(missing_ok=True)
