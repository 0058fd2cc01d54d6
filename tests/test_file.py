from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_codecompose.file import WrongFile, language, load, offset, run, snapshot
from jupyter_codecompose.wire import Cell


def notebook(tmp_path: Path, *sources: str, **metadata: Any) -> Path:
    """A notebook of code cells in a file."""
    found = nbformat.v4.new_notebook(metadata=metadata)
    found.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path = tmp_path / "n.ipynb"
    nbformat.write(found, path)
    return path


@pytest.mark.parametrize("text", ["", "not json", "[]", "3", '{"cells": 3}', '{"nbformat": 4}'])
def test_what_is_no_notebook(tmp_path: Path, text: str) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(text)
    with pytest.raises(WrongFile, match=r"n\.ipynb is not a notebook"):
        load(path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WrongFile, match="does not hold JSON"):
        load(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WrongFile, match="is not a file"):
        load(tmp_path / "none.ipynb")


def test_a_snapshot(tmp_path: Path) -> None:
    path = notebook(tmp_path, "x = 1", "🎉\ny = x")
    found = load(path)
    found.cells[0].outputs = [
        nbformat.v4.new_output("stream", text="hello"),
        nbformat.v4.new_output("display_data", data={"image/png": "AAAA"}),
    ]
    asked = snapshot(found, path, 2, None, None)
    assert asked.cells == (Cell(kind="code", source="x = 1", outputs="hello"), Cell(kind="code", source="🎉\ny = x"))
    assert (asked.active, asked.cursor, asked.language, asked.path) == (1, 7, "python", "n.ipynb")
    assert snapshot(found, path, 2, 1, 1).cursor == 1
    with pytest.raises(WrongFile, match="has 2 cells; there is no cell 3"):
        snapshot(found, path, 3, None, None)


@pytest.mark.parametrize(("line", "column", "at"), [(None, None, 6), (1, None, 2), (2, 0, 3), (2, 3, 6), (None, 1, 4)])
def test_offset(line: int | None, column: int | None, at: int) -> None:
    assert offset("ab\ncde", line, column) == at


@pytest.mark.parametrize(("line", "column"), [(0, 0), (3, 0), (1, 3), (1, -1)])
def test_places_that_are_not_there(line: int, column: int) -> None:
    with pytest.raises(WrongFile, match="there is no"):
        offset("ab\ncde", line, column)


def test_language(tmp_path: Path) -> None:
    assert (
        language(load(notebook(tmp_path, "", kernelspec={"name": "ir", "display_name": "R", "language": "R"}))) == "R"
    )
    assert json.loads(notebook(tmp_path).read_text())["cells"] == []


async def test_run(tmp_path: Path) -> None:
    path = notebook(tmp_path, "x = {'a': 1}", "1 / 0", "y = 2", "z = 3")
    said: list[str] = []
    facts = await run(load(path), path, 4, said.append)
    assert [(fact.name, fact.members) for fact in facts.facts] == [("x", ("a",)), ("y", ())]
    assert said == ["Cell 2 raised ZeroDivisionError; going on."]


async def test_a_kernel_that_is_not_installed(tmp_path: Path) -> None:
    path = notebook(tmp_path, "x", kernelspec={"name": "no-such", "display_name": "None"})
    with pytest.raises(WrongFile, match="no-such, is not installed"):
        await run(load(path), path, 1, print)
