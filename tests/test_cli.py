from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_codecompose.cli import main
from tests.fakes import FakeWorker, Script
from tests.test_file import notebook


@pytest.fixture
def elsewhere() -> Iterator[FakeWorker]:
    """A fake worker in another thread, since a command runs a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    fake = FakeWorker()
    asyncio.run_coroutine_threadsafe(fake.start(), loop).result(5)
    yield fake
    asyncio.run_coroutine_threadsafe(fake.stop(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_complete(tmp_path: Path, elsewhere: FakeWorker, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere.script = Script(chunks=("df.gro", "upby('a')"))
    path = notebook(tmp_path, "password = 'hunt3r2abc'", "y = ")
    assert main(["complete", str(path), "--cell", "2", "--worker-url", elsewhere.url, "--explain"]) == 0
    said = capsys.readouterr()
    assert said.out == "df.groupby('a')\n"
    assert elsewhere.bodies[0].decode() in said.err
    assert "masked in the document: 1 assignment" in said.err
    assert "the prompt" in said.err
    assert "decode 3.0" in said.err
    assert "sent: cells above 1 of 1, cells below 0 of 0, cells further 0 of 1, facts 0 of 0, " in said.err
    assert "tokens 100 of 1024; 90 tokens reused" in said.err
    assert "allowed: any; cut, since the kernel has none: nothing" in said.err


def test_each_call_is_an_editor_of_its_own(tmp_path: Path, elsewhere: FakeWorker) -> None:
    path = notebook(tmp_path, "x = ")
    for _ in range(2):
        assert main(["complete", str(path), "--cell", "1", "--worker-url", elsewhere.url]) == 0
    first, second = (request.editor for request in elsewhere.requests)
    assert first != second


def test_complete_with_a_kernel(tmp_path: Path, elsewhere: FakeWorker) -> None:
    path = notebook(tmp_path, "known = 1", "y = ")
    assert main(["complete", str(path), "--cell", "2", "--execute", "--worker-url", elsewhere.url]) == 0
    assert elsewhere.requests[0].parts
    assert [fact.name for fact in elsewhere.requests[0].parts.facts] == ["known"]


def test_what_is_excluded(tmp_path: Path, elsewhere: FakeWorker, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(tmp_path, "hidden = 1", "y = ")
    told = nbformat.read(path, as_version=4)
    told.cells[0].metadata["tags"] = ["no-complete"]
    nbformat.write(told, path)
    for cell, said in (("2", ""), ("1", "Nothing is suggested here.\n")):
        assert main(["complete", str(path), "--cell", cell, "--worker-url", elsewhere.url]) == 0
        assert capsys.readouterr().err == said
    assert [b"hidden" in body for body in elsewhere.bodies] == [False]


def test_a_path_that_is_excluded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secrets").mkdir()
    path = notebook(tmp_path / "secrets", "x = ")
    assert main(["complete", str(path), "--cell", "1"]) == 2
    assert "its path is excluded" in capsys.readouterr().err


def test_nothing_to_suggest(tmp_path: Path, elsewhere: FakeWorker, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(tmp_path, "word")
    given = ["complete", str(path), "--cell", "1", "--column", "2", "--worker-url", elsewhere.url]
    assert main(given) == 0
    assert capsys.readouterr().err == "Nothing is suggested here.\n"


def test_a_worker_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(tmp_path, "x")
    assert main(["complete", str(path), "--cell", "1", "--worker-url", "http://127.0.0.1:1"]) == 1
    assert "does not answer" in capsys.readouterr().err


def test_a_fault_is_told(tmp_path: Path, elsewhere: FakeWorker, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere.script = Script(status=429)
    path = notebook(tmp_path, "x")
    assert main(["complete", str(path), "--cell", "1", "--worker-url", elsewhere.url]) == 1
    assert "too much to do" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--cell", "9"], "there is no cell 9"),
        (["--cell", "1", "--line", "9"], "there is no line 9"),
        (["--cell", "1", "--worker-url", "ftp://x"], "allowed: "),
        (["--cell", "1", "--model", "/no/such/place"], "'bundled' or"),
        (["--cell", "1", "--worker-prompt", "suffix"], "CodeCompose.worker_url"),
        (["--cell", "1", "--revision", "main"], "Hub name"),
    ],
)
def test_what_makes_no_sense(tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str) -> None:
    path = notebook(tmp_path, "x")
    assert main(["complete", str(path), *more]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""


def test_a_file_that_is_no_notebook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text("not json")
    assert main(["complete", str(path), "--cell", "1"]) == 2
    assert "does not hold JSON" in capsys.readouterr().err


def test_no_command() -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2


def test_serve_is_the_workers_own_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--help"])
    assert ended.value.code == 0
    assert "jupyter codecompose serve" in capsys.readouterr().out


def test_status_says_what_to_do(capsys: pytest.CaptureFixture[str], jp_environ: Any) -> None:
    assert main(["status"]) == 1
    said = capsys.readouterr().out
    assert "NO  page plugin: not installed" in said
    assert "→ jupyter server extension enable jupyter_codecompose" in said
    assert "ok  torch: installed" in said
    assert "--  Jupyter Server: none is running" in said


def test_status_of_one_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--url", "http://127.0.0.1:1"]) == 1
    assert "nothing answers" in capsys.readouterr().out
