"""What `pip install` brings: the wheel is built for real, looked into, and installed without node."""

from __future__ import annotations

import email
import json
import os
import re
import subprocess
import sys
import zipfile
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BUNDLE = ROOT / "jupyter_codecompose/labextension/package.json"
MOST_BYTES = 60_000_000
MOST_SCRIPT_BYTES = 60_000
SHARED = "jupyter_codecompose-{version}.data/data/"
NBEXTENSION = "share/jupyter/nbextensions/jupyter_codecompose"
LABEXTENSION = "share/jupyter/labextensions/jupyter-codecompose"

pytestmark = pytest.mark.skipif(not BUNDLE.is_file(), reason="the plugin is not built: run `make test`")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, from this checkout."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    env = os.environ | {"HATCH_JUPYTER_BUILDER_SKIP_NPM": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """The files in the wheel; those that go beside Python by the place they go to."""
    with zipfile.ZipFile(wheel) as archive:
        return [re.sub(r"^[^/]+\.data/data/", "", name) for name in archive.namelist()]


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """The wheel's `METADATA`."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed into a directory, with an empty `PATH`: there is nothing to run after it."""
    target = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(wheel)],
        env={"PATH": "", "HOME": str(target)},
        check=True,
    )
    return target


@pytest.mark.parametrize(
    "name",
    [
        "jupyter_codecompose/__init__.py",
        "jupyter_codecompose/app.py",
        "jupyter_codecompose/probe/look.py",
        "jupyter_codecompose/py.typed",
        "model_server/__main__.py",
        "model_server/py.typed",
        "model_server/bundled/config.json",
        "model_server/bundled/tokenizer.json",
        "model_server/bundled/model.safetensors",
        f"{LABEXTENSION}/package.json",
        f"{LABEXTENSION}/install.json",
        f"{LABEXTENSION}/schemas/jupyter-codecompose/plugin.json",
        f"{NBEXTENSION}/main.js",
        "etc/jupyter/jupyter_server_config.d/jupyter_codecompose.json",
        "etc/jupyter/nbconfig/notebook.d/jupyter_codecompose.json",
        "share/jupyter/lab/settings/overrides.d/jupyter_codecompose.json",
    ],
)
def test_the_wheel_holds(names: list[str], name: str) -> None:
    assert name in names


def test_the_wheel_holds_the_page_part_that_its_manifest_names(wheel: Path, names: list[str]) -> None:
    built = json.loads(BUNDLE.read_text())["jupyterlab"]["_build"]
    assert f"{LABEXTENSION}/{built['load']}" in names


def test_the_wheel_holds_nothing_else(names: list[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "jupyter_codecompose",
        "model_server",
        "share",
        "etc",
    }
    unwanted = re.compile(r"(^|/)(tests?|node_modules|__pycache__|runs)/|\.(ts|tsbuildinfo|pyc|map)$")
    assert [name for name in names if unwanted.search(name)] == []
    assert [
        name
        for name in names
        if name.startswith(("jupyter_codecompose/labextension", "jupyter_codecompose/nbextension"))
    ] == []


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < MOST_BYTES


def test_what_the_page_loads_is_small(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        scripts = [file for file in archive.infolist() if file.filename.endswith(".js")]
    for place in (f"{LABEXTENSION}/static/", f"{NBEXTENSION}/"):
        assert 0 < sum(file.file_size for file in scripts if place in file.filename) <= MOST_SCRIPT_BYTES


def test_only_the_local_worker_needs_torch(metadata: Message) -> None:
    requirements = [str(value) for value in metadata.get_all("Requires-Dist", [])]
    heavy = re.compile(r"torch|transformers|tokenizers|safetensors|numpy|ray|jupyterlab(?!\w)")
    assert [need for need in requirements if "extra ==" not in need and heavy.match(need)] == []
    local = [need for need in requirements if re.search(r"extra == ['\"]local['\"]", need)]
    assert {"torch", "transformers", "tokenizers", "safetensors"} <= {re.split(r"[^\w-]", need)[0] for need in local}


def test_installing_puts_everything_in_its_place(installed: Path) -> None:
    assert json.loads((installed / LABEXTENSION / "package.json").read_text())["name"] == "jupyter-codecompose"
    enabled = json.loads((installed / "etc/jupyter/jupyter_server_config.d/jupyter_codecompose.json").read_text())
    assert enabled["ServerApp"]["jpserver_extensions"] == {"jupyter_codecompose": True}
    enabled = json.loads((installed / "etc/jupyter/nbconfig/notebook.d/jupyter_codecompose.json").read_text())
    assert enabled == {"load_extensions": {"jupyter_codecompose/main": True}}
    assert (installed / "bin/jupyter-codecompose").is_file()


def test_the_server_part_imports_nothing_heavy(installed: Path) -> None:
    program = (
        "import sys, jupyter_codecompose, jupyter_codecompose.app, jupyter_codecompose.cli\n"
        "assert jupyter_codecompose.__file__.startswith(sys.argv[1]), jupyter_codecompose.__file__\n"
        "print(sorted({'torch', 'transformers', 'tokenizers', 'numpy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(installed)],
        env=os.environ | {"PYTHONPATH": str(installed)},
        cwd=installed,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.parametrize("lock", ["requirements.lock", "labextension/package-lock.json"])
def test_lock_files_name_no_host_and_no_machine(lock: str) -> None:
    text = ROOT.joinpath(lock).read_text()
    assert re.findall(r"https?://[^\s\"]*(?:registry|pypi|proxy|mirror|:\d+)[^\s\"]*|file:[^\s\"]*", text)[:3] == []
    assert re.findall(r"(?<![\w@.])/(?:home|root|tmp|usr|opt|Users)/[^\s\"]*| @ \S+|^-[ei]\b.*", text, re.M)[:3] == []
    assert '"resolved"' not in text
