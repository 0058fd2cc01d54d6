"""What a person sees while a model loads, on a terminal and in a log."""

from __future__ import annotations

import io
import os
import termios
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from model_server.engine import Engine
from model_server.loop import Load, Progress
from model_server.terminal import CLEAR, Bar, Lines, drawn, shown
from model_server.tokens import Tokens
from tests.worker.serving import fake, ready, serving, until

STEPS = [(0.0, "starting"), (0.04, "downloading"), (0.31, "downloading"), (0.33, "downloading"), (1.0, "there")]


@pytest.fixture
def terminal() -> Iterator[tuple[TextIO, int]]:
    """A terminal to write on, and where what it shows can be read."""
    reader, writer = os.openpty()
    termios.tcsetwinsize(writer, (24, 80))
    with os.fdopen(writer, "w") as out:
        yield out, reader
    os.close(reader)


def test_a_log_has_a_line_for_each_tenth() -> None:
    out = io.StringIO()
    lines = Lines(out, seconds=0)
    for share, message in STEPS:
        lines.show(share, message)
    lines.close()
    assert out.getvalue().splitlines() == ["downloading (30 %)", "there (100 %)"]


def test_a_log_has_no_line_where_it_goes_quickly() -> None:
    out = io.StringIO()
    lines = Lines(out, seconds=60)
    for share, message in STEPS:
        lines.show(share, message)
    assert out.getvalue() == ""


def test_a_terminal_has_a_bar_that_is_gone_in_the_end(terminal: tuple[TextIO, int]) -> None:
    out, reader = terminal
    bar = Bar(out)
    bar.show(0.31, "downloading some-model, 310 of 990 MB")
    line = os.read(reader, 65536).decode().removesuffix(CLEAR)
    assert line.startswith("\rdownloading some-model, 310 of 990 MB █")
    assert line.endswith("  31 %")
    assert len(line) == 80
    bar.close()
    assert os.read(reader, 65536).decode() == f"\r{CLEAR}"


@pytest.mark.parametrize("columns", [1, 20, 40, 200])
def test_a_line_is_never_wider_than_the_terminal(columns: int) -> None:
    assert len(drawn(0.5, "downloading some-model, 310 of 990 MB", columns)) <= columns


def told_in_three(tokens: Tokens, between: threading.Event) -> Load:
    """A load that says where it is three times, and waits before the last."""

    def load(progress: Progress) -> tuple[Tokens, Engine]:
        progress(0.1, "asking")
        progress(0.5, "fetching")
        between.wait(10)
        progress(1.0, "some-model at commit 1234")
        return fake(tokens, "x = 1")(progress)

    return load


async def test_a_load_is_told_to_the_worker_and_to_the_person(tokens: Tokens) -> None:
    out, going_on = io.StringIO(), threading.Event()
    async with serving(shown(told_in_three(tokens, going_on), out)) as worker:
        await until(lambda: worker.loop.health.message == "fetching", 5)
        assert worker.loop.health.progress == 0.5
        going_on.set()
        await ready(worker)
        assert worker.loop.health.message == "ready; some-model at commit 1234"
    assert out.getvalue() == "some-model at commit 1234\n"
