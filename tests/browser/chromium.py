"""Where the browser is: a system Chromium, Playwright's, or one installed through the system's package manager.

`python -m tests.browser.chromium` finds or installs one and says which; where none can be had it says so in one line
and the browser tests are skipped, unless `CODECOMPOSE_REQUIRE_BROWSER` is set: then that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLAYWRIGHT = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
CACHES = (Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright")
REQUIRED = "CODECOMPOSE_REQUIRE_BROWSER"


def find() -> str | None:
    """The path of a Chromium, None where there is none. `CODECOMPOSE_CHROMIUM` names one by hand."""
    if named := os.environ.get("CODECOMPOSE_CHROMIUM"):
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    found = [path for cache in CACHES for pattern in PLAYWRIGHT for path in cache.glob(pattern)]
    return str(max(found)) if found else None


def install() -> None:
    """Install Chromium where that needs no password: apt-get as root, or with a sudo that does not ask."""
    if not shutil.which("apt-get"):
        return
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if become and subprocess.run([*become, "true"], capture_output=True).returncode:
        return
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    }
    subprocess.run([*become, "apt-get", "update"], **quiet)  # type: ignore[call-overload]
    subprocess.run(  # type: ignore[call-overload]
        [*become, "apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"], **quiet
    )


def main() -> int:
    """Find one, or install one and find it; gives the exit status."""
    if find() is None:
        install()
    if path := find():
        print(f"browser tests run in {path}")
        return 0
    print("no Chromium here and none could be installed: the browser tests are skipped")
    return 1 if os.environ.get(REQUIRED) else 0


if __name__ == "__main__":
    sys.exit(main())
