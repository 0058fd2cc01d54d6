"""What the worker's command line takes, and the sentence for what it does not."""

from __future__ import annotations

import pytest

from model_server.options import arguments, is_loopback


def test_an_address_that_others_reach_needs_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(["--host", "0.0.0.0"])
    assert "set CODECOMPOSE_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "own"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("gpu1", False)]
)
def test_loopback(host: str, own: bool) -> None:
    assert is_loopback(host) is own


@pytest.mark.parametrize(
    "options",
    [
        ["--port", "70000"],
        ["--slots", "0"],
        ["--slot-memory", "-1"],
        ["--revision", "v1"],
        ["--revision", "v1", "--model", "/models/mine"],
        ["--config", "/nowhere.yaml", "--ray"],
        ["--ray", "--port", "0"],
        ["--ray", "--exit-with-stdin"],
    ],
)
def test_a_wrong_option_is_named(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(options)
    assert options[0] in capsys.readouterr().err
