"""Which documents are there already, the same or nearly so.

Nearly is a Jaccard similarity of five-token shingles, estimated by MinHash and looked up by locality-sensitive hashing.
Kept for each document: 16 bytes of a digest, its signature, and its bands' entries, together about 5 kB; the texts
themselves are forgotten, so a million documents need about 5 GB and a hundred thousand half a gigabyte.
"""

from __future__ import annotations

import hashlib
import re
import zlib

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

TOKEN = re.compile(rb"\w+|[^\w\s]")
SHINGLE = 5
PERMUTATIONS = 64
MISSES_COUNT = (0.1, 0.9)
"""What a candidate too many costs, who is only compared, and what a duplicate missed."""
FACTOR = np.uint64(0x9E3779B97F4A7C15)


class Duplicates:
    """The documents seen so far."""

    def __init__(self, similarity: float) -> None:
        """Documents more alike than `similarity` count as one."""
        self._similarity = similarity
        self._exact: set[bytes] = set()
        self._blank = MinHash(num_perm=PERMUTATIONS, hashfunc=int)
        self._bands = MinHashLSH(similarity, PERMUTATIONS, weights=MISSES_COUNT)
        self._signatures: list[NDArray[np.uint32]] = []

    def objection(self, code: str) -> str:
        """Whether a document like this was seen; remembers it where not, and gives an empty string."""
        digest = hashlib.blake2b(normalised(code), digest_size=16).digest()
        if digest in self._exact:
            return "duplicate"
        signature = self._blank.copy()
        signature.update_batch(shingles(code).tolist())
        hashes = signature.hashvalues.astype(np.uint32)
        if any(np.mean(self._signatures[near] == hashes) >= self._similarity for near in self._bands.query(signature)):
            return "near-duplicate"
        self._exact.add(digest)
        self._bands.insert(len(self._signatures), signature, check_duplication=False)
        self._signatures.append(hashes)
        return ""


def normalised(code: str) -> bytes:
    """The code's lines without indentation and blank ones."""
    return "\n".join(filter(None, map(str.strip, code.split("\n")))).encode()


def shingles(code: str) -> NDArray[np.uint32]:
    """The hashes of every five tokens in a row, each once; of all tokens together where they are fewer."""
    tokens = np.fromiter(map(zlib.crc32, TOKEN.findall(code.encode())), np.uint64)
    windows = max(1, len(tokens) - SHINGLE + 1)
    mixed = np.zeros(windows, np.uint64)
    for start in range(min(SHINGLE, len(tokens))):
        mixed = (mixed + tokens[start : start + windows]) * FACTOR
        mixed ^= mixed >> np.uint64(29)
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))
