from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import jupyter_codecompose
from jupyter_codecompose.app import CodeCompose
from tests.fakes import FakeWorker

ROOT = Path(__file__).parent.parent


def config(**values: object) -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"jupyter_codecompose": True}}, "CodeCompose": values}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"timeout": 1000.0}, ["CodeCompose.timeout is 1000.0", "0.2 to 60.0"]),
        ({"timeout": "soon"}, ["timeout", "soon"]),
        ({"model": "/no/such/place"}, ["CodeCompose.model is '/no/such/place'", "'bundled' or"]),
        ({"model_revision": "main"}, ["CodeCompose.model_revision", "Hub name"]),
        ({"worker_prompt": "gpt", "worker_url": "http://127.0.0.1:1"}, ["CodeCompose.worker_prompt", "'infill'"]),
        ({"worker_context": 4096}, ["CodeCompose.worker_context", "CodeCompose.worker_url"]),
        ({"start_worker": "never"}, ["start_worker", "on_demand", "at_once"]),
        ({"worker_url": "http://elsewhere.example"}, ["CodeCompose.worker_url", "https"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_stops_the_start(
    jp_configurable_serverapp: Any, capfd: pytest.CaptureFixture[str], values: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(SystemExit):
        jp_configurable_serverapp(config=config(**values))
    said = capfd.readouterr().err
    assert [word for word in words if word not in said] == []


async def test_at_once_starts_the_worker_and_stopping_ends_it(
    jp_configurable_serverapp: Any, worker: FakeWorker
) -> None:
    app = jp_configurable_serverapp(config=config(worker_url=worker.url, start_worker="at_once"))
    extension = app.extension_manager.extension_points["codecompose"].app
    assert isinstance(extension, CodeCompose)
    assert extension.service
    await extension._start_jupyter_server_extension(app)
    assert extension.service.status().state == "starting"
    await extension.stop_extension()
    assert extension.service.status().state == "off"


def test_the_extension_is_enabled_by_its_file() -> None:
    found = json.loads((ROOT / "jupyter_codecompose/etc/jupyter_server_config.json").read_text())
    assert found["ServerApp"]["jpserver_extensions"] == {"jupyter_codecompose": True}


def test_the_version_is_the_distributions() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == jupyter_codecompose.__version__


IMPORTS = """
import sys, time
import jupyter_server.extension.application
began = time.process_time()
import jupyter_codecompose
jupyter_codecompose._jupyter_server_extension_points()
took = time.process_time() - began
heavy = {"torch", "transformers", "pandas", "numpy"} & sys.modules.keys()
print(took, *heavy)
"""


def test_the_import_is_light() -> None:
    result = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True, cwd=ROOT)
    took, *heavy = result.stdout.split()
    assert heavy == []
    assert float(took) < 1.0, "0.15 s on a quiet machine"
