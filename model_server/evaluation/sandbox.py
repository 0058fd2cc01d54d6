"""Runs a program that a model wrote, to see whether it passes its tests, and keeps accidents in.

What is covered. The program runs in a child process of its own (`python -I`), in an empty temporary directory that is
also its HOME and is removed afterwards, with no other environment variable, with nothing to read, and with its output
thrown away. Limits: CPU seconds, memory, size of a file, open files, processes (not for root), no core dump. When the
time on the clock is over, its whole process group is killed. Python's audit events refuse it other processes, the
network, removing and renaming, and writing outside its directory. On Linux, where users may make namespaces, it also
has no network at all and a process namespace that ends with it; `confinement` says which of this holds. Ending early,
by `sys.exit(0)` or `os._exit(0)`, is no pass: only a secret word counts that is said after the last line has run.

What is not covered. This is no security boundary: a program that means harm can get round audit events (through a C
extension, say), read whatever this user may read, forge a pass by looking for the word in its own process, leave a
process behind where there are no namespaces, and fill the disk with many small files. It runs with this user's rights.
Run what strangers wrote in a container or a virtual machine of its own.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

INSIDE = Path(__file__).with_name("inside.py")
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use; `seconds` on the clock."""

    seconds: float = 5.0
    cpu_seconds: int = 5
    memory: int = 512 * MEBIBYTE
    file_size: int = MEBIBYTE
    open_files: int = 32
    processes: int = 16

    def by_name(self) -> dict[str, int]:
        """The limits that the system keeps, under `resource`'s names."""
        return {
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_AS": self.memory,
            "RLIMIT_FSIZE": self.file_size,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_NPROC": self.processes,
            "RLIMIT_CORE": 0,
        }


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Confinement:
    """A command that programs are run through, and what that gives them, in words."""

    command: tuple[str, ...]
    words: str


UNCONFINED = Confinement((), "without namespaces of their own, which this system does not allow")
NAMESPACES = (
    (("--net", "--pid", "--fork", "--kill-child"), "without network, in a process namespace that ends with them"),
    (("--net",), "without network"),
)


class NoSandbox(Exception):
    """Not even an empty program runs here; the message says so."""


@cache
def confinement() -> Confinement:
    """The narrowest confinement that this system allows, found by trying. Raises NoSandbox."""
    unshare = shutil.which("unshare")
    ways = [
        Confinement((unshare, "--user", "--map-root-user", *options), words)
        for options, words in NAMESPACES
        if unshare and sys.platform == "linux"
    ]
    for way in (*ways, UNCONFINED):
        if run("pass", DEFAULT, way):
            return way
    raise NoSandbox("not even an empty program runs in the sandbox: leave --run-code out")


def passes(program: str, limits: Limits = DEFAULT) -> bool:
    """Whether a program comes to its end without an error, within its limits. Raises NoSandbox."""
    return run(program, limits, confinement())


def run(program: str, limits: Limits, way: Confinement) -> bool:
    """Run a program in a way; whether the word was said at its end."""
    word = secrets.token_hex(16)
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as pipe, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process = begin(way, home, writing)
        asked = {"program": program, "limits": limits.by_name(), "pipe": writing, "word": word}
        try:
            process.communicate(json.dumps(asked).encode(), timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            return False
        finally:
            end(process)
        os.set_blocking(reading, False)
        return pipe.read(len(word)) == word.encode()


def begin(way: Confinement, home: str, pipe: int) -> subprocess.Popen[bytes]:
    """Start the child; the pipe's writing end is then its own."""
    try:
        return subprocess.Popen(
            [*way.command, sys.executable, "-I", "-B", str(INSIDE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=home,
            env={"HOME": home},
            pass_fds=(pipe,),
            start_new_session=True,
        )
    finally:
        os.close(pipe)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the child's process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        with suppress(OSError):
            process.stdin.close()
