"""What runs inside the sandbox: sets its own limits, refuses what no exercise needs, and runs one program.

`evaluation.sandbox` starts it by its path as `python -I inside.py`, so it imports nothing of this project. It reads
from standard input what to run, and says its secret word on a pipe only once the program has come to its end.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from types import CodeType

REFUSED = (
    "ctypes.",
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.spawn",
    "os.symlink",
    "os.system",
    "os.truncate",
    "pty.",
    "shutil.",
    "socket.",
    "subprocess.",
)
"""Beginnings of Python's audit events."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
HOME = os.path.realpath(os.getcwd())


def within(path: object) -> bool:
    """Whether a path leads into the directory that is the program's own."""
    return isinstance(path, str | bytes | os.PathLike) and os.path.realpath(os.fsdecode(path)).startswith(HOME + os.sep)


def guard(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook. Raises PermissionError."""
    if event == "open":
        path, _, flags = arguments
        allowed = isinstance(path, int) or not (isinstance(flags, int) and flags & WRITING) or within(path)
    elif event == "os.mkdir":
        allowed = within(arguments[0])
    else:
        allowed = not event.startswith(REFUSED)
    if not allowed:
        raise PermissionError(f"{event} is refused in the sandbox")


def limit(limits: dict[str, int]) -> None:
    """Set limits by their names in `resource`, as far as this system has them."""
    import resource

    for name, most in limits.items():
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (most, most))


def run(program: CodeType) -> None:
    """Run a program as the main module, with nothing of this one in its names."""
    exec(program, {"__name__": "__main__", "__builtins__": __builtins__})  # noqa: S102 - what the sandbox is for


def main() -> None:
    """Run what standard input says, and then say the word; whatever else happens, the word is not said."""
    asked = json.load(sys.stdin)
    limit(asked["limits"])
    program = compile(asked["program"], "solution.py", "exec", dont_inherit=True)
    sys.addaudithook(guard)
    run(program)
    os.write(asked["pipe"], asked["word"].encode())
    os._exit(0)


if __name__ == "__main__":
    main()
