"""The Ray Serve application, piece by piece: what a replica does by itself, and what Ray is told of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import warnings
from collections.abc import MutableMapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.requests import Request

from model_server.engine import Branches, FakeEngine, FakeScores, Read
from model_server.loading import loader

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Ray's own, of pydantic
    from ray.serve.schema import ServeDeploySchema

    from model_server import scale
    from model_server.cluster import described, run_config
    from tests.worker.replicas import load

EXAMPLES = Path(__file__).parents[2] / "examples/ray"


async def answered(replica: Any, client: str, sent: bytes | None = b"", path: str = "/v1/models") -> tuple[int, bytes]:
    """What a replica tells a client at an address; `sent` None is a body that never comes."""

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0 if sent is not None else 3600)
        return {"type": "http.request", "body": sent or b""}

    got: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        got.append(message)

    method = "POST" if path == "/v1/completions" else "GET"
    scope = {"type": "http", "method": method, "path": f"/on{path}", "root_path": "/on", "query_string": b""}
    request = Request(scope | {"headers": [], "client": (client, 1)}, receive)
    await (await replica(request))(request.scope, receive, send)
    return got[0]["status"], b"".join(message.get("body", b"") for message in got)


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A replica without a Ray, and without a token."""
    monkeypatch.delenv("CODECOMPOSE_TOKEN", raising=False)
    return scale.Replica.func_or_class(partial(load, 0.0), lambda: None, scale.Options())  # type: ignore[attr-defined]


@pytest.mark.parametrize(("client", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 401)])
def test_without_a_token_only_its_own_machine_is_answered(replica: Any, client: str, status: int) -> None:
    got, body = asyncio.run(answered(replica, client))
    assert got == status
    assert (b"CODECOMPOSE_TOKEN" in body) == (status == 401)


def test_a_body_that_does_not_come_is_not_waited_for(replica: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "READ_SECONDS", 0.01)
    status, body = asyncio.run(answered(replica, "127.0.0.1", None))
    assert (status, json.loads(body)["error"]["code"]) == (408, "too_slow")


def test_a_replica_without_its_model_does_not_start(tmp_path: Path) -> None:
    none = loader(str(tmp_path / "nothing"))
    with pytest.raises(RuntimeError, match="no model directory"):
        scale.Replica.func_or_class(none, lambda: None, scale.Options())  # type: ignore[attr-defined]


class Broken(FakeEngine):
    """An engine whose steps all fail."""

    def step(self, reads: Sequence[Read | Branches]) -> list[FakeScores]:
        """See `Engine`."""
        raise RuntimeError


def test_a_replica_that_only_fails_is_not_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECOMPOSE_TOKEN", "")
    tokens, _ = load(0.0, lambda share, message: None)
    replica = scale.Replica.func_or_class(lambda progress: (tokens, Broken([1])), lambda: None, scale.Options())  # type: ignore[attr-defined]
    replica.check_health()
    status, _ = asyncio.run(answered(replica, "127.0.0.1", b"{}", "/v1/completions"))
    assert status == 500
    with pytest.raises(RuntimeError, match="every request failed"):
        replica.check_health()
    replica.check_health()


def test_without_ray_the_command_says_what_to_install() -> None:
    program = "import sys; sys.modules['ray'] = None; from model_server.__main__ import main; sys.exit(main(['--ray']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "ray is not installed: pip install 'jupyter-codecompose[ray]'\n")


@pytest.mark.parametrize(
    "written",
    [EXAMPLES.joinpath("serve.yaml").read_text(), json.dumps(described(scale.Options(), "127.0.0.1", 8765, 1.0))],
    ids=["example", "command line"],
)
def test_configs_are_ones_that_ray_serve_and_the_application_take(written: str) -> None:
    config = ServeDeploySchema.model_validate(msgspec.yaml.decode(written))
    (one,) = config.applications
    assert one.import_path == "model_server.scale:app"
    assert [deployment.name for deployment in one.deployments] == ["worker"]
    msgspec.convert(one.args, scale.Options, strict=False)


@pytest.mark.parametrize("written", ["applications: 3", "- [", "\xff"])
def test_a_file_that_is_no_config_is_refused_before_ray_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str
) -> None:
    file = tmp_path / "serve.yaml"
    file.write_bytes(written.encode("latin-1"))
    assert run_config(file) == 1
    assert "serve.yaml is no config for Ray Serve" in capsys.readouterr().err


def test_a_ray_that_does_not_start_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_args: object, **_options: object) -> None:
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr("ray.init", late)
    file = tmp_path / "serve.yaml"
    file.write_text(EXAMPLES.joinpath("serve.yaml").read_text())
    with pytest.raises(SystemExit, match=r"Ray did not start: The current node timed out.*a second try"):
        run_config(file)


def test_the_page_on_scale_has_the_tables_that_its_program_prints() -> None:
    done = subprocess.run([sys.executable, EXAMPLES / "plan.py"], capture_output=True, text=True, check=True)
    page = EXAMPLES.parents[1].joinpath("docs/scale.md").read_text()
    assert [table for table in done.stdout.split("\n\n") if table.strip() not in page] == []
