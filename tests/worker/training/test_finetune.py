"""Fine-tuning as a user does it: own files in, a checkpoint, a table and the line that serves it out."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from model_server.corpus.documents import Document
from model_server.memory import beside
from model_server.tokens import Tokens
from model_server.training.finetune import LEAST_FILES, Split, arguments, main, parameters
from model_server.training.plan import Stopped
from model_server.wire import Cell, Header
from tests.worker.checkpoints import write_checkpoint

MEMORY = '{"format": 1, "weights": {}}\npython\t9\timport numpy as np\n'


def script(number: int) -> str:
    """A file of a house with its own habits."""
    body = "\n".join(f"    rate_{number}_{line} = house.rate_of(desk, day={line})" for line in range(6))
    last = f"    return house.settle(desk, book, rate_{number}_1)"
    return f"import house\n\ndef settle_{number}(desk, book):\n{body}\n{last}\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Somebody's repository: scripts and a notebook."""
    own = tmp_path / "own"
    own.mkdir()
    for number in range(9):
        (own / f"desk_{number}.py").write_text(script(number))
    cells = [{"cell_type": "code", "source": script(number), "outputs": [], "metadata": {}} for number in (30, 31)]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (own / "book.ipynb").write_text(json.dumps(notebook))
    return own


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A tiny model with a memory."""
    import gzip

    base = write_checkpoint(tmp_path / "base")
    (base / "memory.tsv.gz").write_bytes(gzip.compress(MEMORY.encode()))
    return base


@pytest.mark.parametrize("lora", ["0", "4"])
def test_own_files_make_a_model_that_serves(
    own: Path, base: Path, tmp_path: Path, lora: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine"
    given = [str(own), "--base", str(base), "--out", str(out), "--minutes", "0.1", "--epochs", "2", "--cases", "12"]
    assert main([*given, "--lora", lora]) == 0
    said = capsys.readouterr().out
    assert "8 files to learn from" in said
    assert f"{base}: exact match (95 %)" in said
    assert f"{out}: exact match (95 %)" in said
    assert "| hidden lines of your files | 12 |" in said
    assert f"jupyter codecompose serve --model {out}" in said
    assert Tokens.load(out).size == Tokens.load(base).size
    assert (out / "model.safetensors").read_bytes() != (base / "model.safetensors").read_bytes()


def test_the_memory_holds_own_lines_above_those_of_the_base(own: Path, base: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    main([str(own), "--base", str(base), "--out", str(out), "--minutes", "0.02", "--cases", "4", "--hidden", "0.1"])
    memory = beside(out)
    assert memory is not None
    assert memory.of("python").count("import numpy as np") == 9
    assert memory.of("python").count("import house") > 9


def test_too_few_files_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "only.py").write_text(script(1))
    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert f"give at least {LEAST_FILES}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_base_that_is_not_there_is_said(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(own), "--base", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_a_path_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 1
    assert f"{tmp_path / 'none'} does not exist" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--hidden", "1"], ["--minutes", "0"], ["--cases", "0"]])
def test_options_that_make_no_sense_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(["here", "--out", "there", *wrong])
    assert wrong[0] in capsys.readouterr().err


def test_a_file_is_either_shown_or_hidden() -> None:
    docs = [Document("r", "script", Header("python", "", f"{n}.py"), (Cell("code", "x"),)) for n in range(20)]
    split = Split.of(docs, 0.2, Random(1))
    assert (len(split.shown), len(split.hidden)) == (16, 4)
    assert {doc.header.path for doc in (*split.shown, *split.hidden)} == {doc.header.path for doc in docs}
    with pytest.raises(Stopped, match="2 usable files are too few"):
        Split.of(docs[:2], 0.2, Random(1))


def test_parameters_are_counted_about_right(base: Path) -> None:
    from model_server.training.model import load_checkpoint

    exact = sum(parameter.numel() for parameter in load_checkpoint(base).parameters())
    assert parameters(base) == pytest.approx(exact, rel=0.05)
