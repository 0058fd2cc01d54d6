"""Asking a worker one thing after another: one of our own, from its start to its end, and one that dies meanwhile."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from model_server.evaluation.asking import answers, running, started, wait_ready
from model_server.evaluation.client import Client, Trouble
from model_server.wire import Cell, CompletionRequest, Parts
from tests.worker.evaluation.scripted import DONE, READY, Script, event, scripted

ASKED = CompletionRequest(parts=Parts(before=(Cell("code", "print("),)), max_tokens=4, stop="\n")


def quiet(sentence: str) -> None:
    """Tell nobody."""


def workers() -> list[psutil.Process]:
    """The worker processes that this one has started and that still run."""
    running = (one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE)
    return [one for one in running if "model_server" in one.cmdline()]


def test_a_worker_of_our_own_answers_and_ends(checkpoint: Path) -> None:
    said: list[str] = []
    with started(str(checkpoint), True, said.append) as client:
        (process,) = workers()
        found = answers(client, [ASKED] * 3, said.append)
    assert [one.error for one in found] == [""] * 3
    assert len({one.text for one in found}) == 1
    assert said[-1].startswith("ready (")
    assert not process.is_running()


def test_a_worker_that_dies_leaves_no_request_without_a_word(checkpoint: Path) -> None:
    said: list[str] = []
    with started(str(checkpoint), False, said.append) as client:
        first = answers(client, [ASKED], quiet)
        os.kill(workers()[0].pid, signal.SIGKILL)
        rest = answers(client, [ASKED] * 9, quiet)
    assert not first[0].error
    assert ["worker" in one.error for one in rest] == [True] * 9
    assert said[-1] == "the worker ended by itself, with status -9"


def test_a_broken_model_is_named_and_its_worker_ends(tmp_path: Path) -> None:
    with (
        pytest.raises(Trouble, match=r"could not load the model: .* is missing"),
        started(str(tmp_path), True, quiet),
    ):
        pytest.fail("it was ready")
    assert not workers()


def test_every_request_has_an_editor_of_its_own() -> None:
    with scripted(Script(event("x") + DONE)) as script, running(script.url, "", quiet) as client:
        answers(client, [ASKED] * 3, quiet)
    assert len({str(asked["editor"]) for asked in script.asked}) == 3


def test_a_single_failure_does_not_stop_the_rest() -> None:
    with scripted(Script(event("x"), event("x") + DONE)) as script, running(script.url, "", quiet) as client:
        found = answers(client, [ASKED] * 3, quiet)
    assert [bool(one.error) for one in found] == [True, False, False]


def test_a_worker_that_is_gone_is_not_asked_for_ever() -> None:
    with scripted(Script(event("x"))) as script, running(script.url, "", quiet) as client:
        found = answers(client, [ASKED] * 50, quiet)
    assert [one.error for one in found] == ["the worker broke off in the middle of an answer"] * 50
    assert len(script.asked) == 3


def test_a_model_that_failed_to_load_is_told() -> None:
    failed = READY | {"state": "failed", "message": "no model here"}
    with scripted(Script(DONE, health=failed)) as script, pytest.raises(Trouble, match="no model here"):
        wait_ready(Client(script.url, ""), quiet)
