"""Rows of JSON-lines files, plain or compressed with xz or gzip: each decoded once, a wrong one named by its place.

It knows no format but the lines; what a row must hold is its type.
"""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class BadRows(Exception):
    """A file that cannot be used; the message says which, where in it, and what is missing."""


def read_rows(path: Path, kind: type[T]) -> Iterator[tuple[int, T]]:
    """Each row of a file with the number of its line, from 1; empty lines are passed over. Raises BadRows."""
    decoder = msgspec.json.Decoder(kind)
    for number, line in numbered(path):
        try:
            yield number, decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
            raise BadRows(f"{path}, line {number}: {wrong}") from None


def numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty. Raises BadRows where the file cannot be read."""
    try:
        with opened(path) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadRows(f"{path} cannot be read: {reason}") from None


def opened(path: Path) -> BinaryIO:
    """A file's bytes, without their compression."""
    if path.suffix == ".xz":
        return cast(BinaryIO, lzma.open(path))
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
