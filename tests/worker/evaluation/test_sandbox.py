"""The sandbox: right programs pass, and accidents stay inside and end soon."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import psutil
import pytest

from model_server.evaluation.sandbox import UNCONFINED, Limits, confinement, passes, run

SHORT = Limits(seconds=2.0, cpu_seconds=2)
BOUND_S = 6.0


def test_a_right_program_passes_and_a_wrong_one_does_not() -> None:
    assert passes("from typing import List\nassert sum([1, 2]) == 3")
    assert not passes("assert sum([1, 2]) == 4")


@pytest.mark.parametrize(
    "program",
    [
        "def",
        "import sys\nsys.exit(0)",
        "import os\nos._exit(0)",
        "raise SystemExit",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "import os\nos.abort()",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
        "input()",
        "\ud800",
    ],
)
def test_ending_early_is_no_pass(program: str) -> None:
    assert not passes(program, SHORT)


@pytest.mark.parametrize(
    "program",
    [
        "while True: pass",
        "import time\ntime.sleep(60)",
        "bytearray(10**11)",
        "x = ['x']\nwhile True: x += x",
        "import os\nwhile True: os.fork()",
        "import subprocess, sys\nwhile True: subprocess.Popen([sys.executable])",
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()",
        "while True: print('x' * 100_000)",
        "open('big', 'w').write('x' * 10**7)",
        "import os\nwhile True: os.write(int(os.listdir('/proc/self/fd')[-1]), b'x' * 100_000)",
    ],
)
def test_greed_ends_soon(program: str) -> None:
    begun = time.monotonic()
    assert not passes(program, SHORT)
    assert time.monotonic() - begun < BOUND_S


def test_much_output_is_thrown_away() -> None:
    assert passes("print('x' * 10**7)")


def test_it_begins_in_an_empty_directory_that_is_removed(tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = (
        "import os\nassert os.listdir() == [] and os.environ['HOME'] == os.getcwd()\n"
        "assert set(os.environ) <= {'HOME', 'LC_CTYPE'}, os.environ\n"
        "open('kept', 'w').write('inside')\nassert open('kept').read() == 'inside'"
    )
    assert passes(program)
    assert not passes(f"open({str(told)!r}, 'w').write('outside')")
    assert not passes(f"import os\nos.chdir('/')\nopen({str(told)!r}.lstrip('/'), 'w')")
    assert not told.exists()


def test_what_is_outside_stays() -> None:
    kept = Path(__file__)
    for deed in ("os.remove", "os.truncate", "os.rmdir", "shutil.rmtree"):
        assert not passes(f"import os, shutil\n{deed}({str(kept)!r}, *([0] if {deed!r} == 'os.truncate' else []))")
    assert kept.exists()


def test_the_network_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = f"import socket\nsocket.create_connection({server.getsockname()!r}, timeout=1)"
        assert not passes(program)
        assert not run(program, SHORT, UNCONFINED)


def test_a_namespace_ends_with_what_was_smuggled_out() -> None:
    """Past the audit events, in a session of its own: no process group holds it."""
    if "--pid" not in confinement().command:
        pytest.skip("this system allows no process namespaces")
    child = "import os, time; os.setsid(); time.sleep(61)"
    program = (
        "import sys, time\nfrom multiprocessing.util import spawnv_passfds\n"
        f"spawnv_passfds(sys.executable.encode(), [sys.executable, '-c', {child!r}], ())\ntime.sleep(0.3)"
    )
    assert passes(program)
    time.sleep(0.1)
    assert not [one for one in psutil.process_iter(["cmdline"]) if child in (one.info["cmdline"] or [])]


def test_what_holds_is_said() -> None:
    assert "without" in confinement().words
