"""Gathering a corpus: real files in, what is kept, what is left out and why, and what a person is told."""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.corpus.documents import Document, read
from model_server.corpus.duplicates import Duplicates
from model_server.corpus.gather import Report, gather, main
from model_server.corpus.sieve import NOBODY, Limits, anonymous
from model_server.corpus.sources import MOST_OUTPUT, Raw, notebook
from model_server.wire import Cell

SECRET = "gh" + "p_" + "aZ3kQ9" * 6
MAIL = "ann.lee" + "@" + "uni-example.edu"


def write(root: Path, name: str, text: str | bytes | Raw) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(text, bytes):
        path.write_bytes(text)
    else:
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return path


def program(seed: int, lines: int = 40) -> str:
    """A script that is like no other."""
    random = Random(seed)
    return "".join(f"name_{random.randrange(9999)} = call_{random.randrange(9999)}(value)\n" for _ in range(lines))


def v4(*cells: Raw, language: str = "python", kernel: str = "python3") -> Raw:
    metadata = {"kernelspec": {"name": kernel, "display_name": "K"}, "language_info": {"name": language}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}


def cell(source: str | list[str], *outputs: Raw, kind: str = "code") -> Raw:
    return {"cell_type": kind, "source": source, "metadata": {}, "outputs": list(outputs)}


def gathered(*paths: Path, limits: Limits = Limits()) -> tuple[list[Raw], dict[str, int]]:  # noqa: B008
    report = Report()
    found = list(gather(paths, limits, report))
    assert report.kept == len(found)
    return found, dict(report.left_out)


def test_a_notebook_keeps_its_cells_its_language_and_its_short_outputs(tmp_path: Path) -> None:
    outputs: list[Raw] = [
        {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]},
        {"output_type": "stream", "name": "stderr", "text": "warned"},
        {"output_type": "display_data", "data": {"image/png": "iVBO", "text/html": "<b>"}},
        {"output_type": "execute_result", "data": {"text/plain": ["3"]}},
        {"output_type": "error", "ename": "KeyError", "evalue": "'x'\nmore", "traceback": ["\x1b[0;31mlong"]},
    ]
    cells = [cell("# Title", kind="markdown"), cell(["x = 1\n", "x"], *outputs), cell("raw", kind="raw")]
    write(tmp_path, "work/a.ipynb", v4(*cells))
    ((found,), left_out) = gathered(tmp_path)
    assert left_out == {}
    assert found == {
        "repo": tmp_path.name,
        "path": "work/a.ipynb",
        "kind": "notebook",
        "language": "python",
        "kernelspec": {"name": "python3"},
        "cells": [
            {"type": "markdown", "source": "# Title"},
            {"type": "code", "source": "x = 1\nx", "outputs_text": "one\ntwo\n3\nKeyError: 'x'"},
            {"type": "raw", "source": "raw"},
        ],
    }


def test_a_notebook_of_the_third_format(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Old"]},
        {
            "cell_type": "code",
            "language": "python",
            "input": ["1 + 1"],
            "outputs": [{"output_type": "pyout", "text": ["2"]}, {"output_type": "pyerr", "ename": "E", "evalue": "v"}],
        },
    ]
    write(tmp_path, "a.ipynb", {"nbformat": 3, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]})
    ((found,), _) = gathered(tmp_path)
    assert found["kernelspec"] == {"name": "python3"}
    assert found["cells"] == [
        {"type": "markdown", "source": "# Old"},
        {"type": "code", "source": "1 + 1", "outputs_text": "2\nE: v"},
    ]


@pytest.mark.parametrize(
    ("language", "kernel", "kept"),
    [("R", "ir", "r"), ("julia", "julia-1.10", "julia"), ("C++17", "xcpp17", "cpp"), ("rust", "rust", "rust")],
)
def test_notebooks_of_other_kernels(tmp_path: Path, language: str, kernel: str, kept: str) -> None:
    write(tmp_path, "a.ipynb", v4(cell("x = 1"), language=language, kernel=kernel))
    ((found,), _) = gathered(tmp_path)
    assert (found["language"], found["kernelspec"]["name"]) == (kept, kernel)


def test_a_long_output_ends_at_a_word_and_an_image_in_the_text_goes(tmp_path: Path) -> None:
    long = {"output_type": "stream", "name": "stdout", "text": "word " * 100}
    one = {"output_type": "stream", "name": "stdout", "text": "x" * 500}
    image = "![a](data:image/png;base64," + "iVBORw0KGgo=" * 400 + ")"
    write(tmp_path, "a.ipynb", v4(cell("f()", long), cell("g()", one), cell(image, kind="markdown")))
    ((found,), _) = gathered(tmp_path)
    first, second, third = found["cells"]
    assert len(first["outputs_text"]) <= MOST_OUTPUT
    assert first["outputs_text"].endswith("word")
    assert "outputs_text" not in second
    assert third["source"] == "![a](data:,)"


@pytest.mark.parametrize(
    ("name", "language"),
    [("a.py", "python"), ("a.R", "r"), ("a.jl", "julia"), ("a.tsx", "typescript"), ("a.hpp", "cpp"), ("a.sql", "sql")],
)
def test_a_script_is_its_text(tmp_path: Path, name: str, language: str) -> None:
    write(tmp_path, f"deep/{name}", b"\xef\xbb\xbfx <- 1\r\ny <- 2\r\n")
    ((found,), _) = gathered(tmp_path)
    assert (found["kind"], found["language"], found["path"]) == ("script", language, f"deep/{name}")
    assert found["text"] == "x <- 1\ny <- 2\n"


def test_a_document_belongs_to_the_repository_around_it(tmp_path: Path) -> None:
    (tmp_path / "mine/.git").mkdir(parents=True)
    given = write(tmp_path, "mine/src/a.py", "x = 1\n").parent
    alone = write(tmp_path, "loose/b.py", "y = 2\n")
    found, _ = gathered(given, alone)
    assert [(raw["repo"], raw["path"]) for raw in found] == [("mine", "src/a.py"), ("loose", "b.py")]


LEFT_OUT: list[tuple[str, str | bytes | Raw, str]] = [
    ("a.py", "# @generated by a tool\nx = 1\n", "generated"),
    ("a.py", "# Code generated by protoc. DO NOT EDIT.\nx = 1\n", "generated"),
    ("a_pb2.py", "x = 1\n", "generated"),
    ("a.js", "var a=1;" * 2000, "minified"),
    ("a.min.js", "var a = 1;\n", "minified"),
    ("a.js", "\n".join(["function(a,b){return a+b};" * 8] * 20), "minified"),
    ("a.py", program(1, 9000), "huge"),
    ("a.py", "\n".join(f"    {n}, {n * 7}," for n in range(400)), "data"),
    ("a.py", "x = 1\ny = '" + "QUJD" * 600 + "'\n", "data"),
    ("a.py", "x = 'é'\n".encode("latin-1"), "not UTF-8"),
    ("a.py", b"x\0y", "not UTF-8"),
    ("a.py", "", "hardly any code"),
    ("a.py", "# only a comment\n\n", "hardly any code"),
    ("a.ipynb", '{"cells": [', "broken JSON"),
    ("a.ipynb", "[" * 100_000, "broken JSON"),
    ("a.ipynb", '{"cells": 3}', "empty"),
    ("a.ipynb", v4(cell("only text", kind="markdown")), "hardly any code"),
    ("a.ipynb", v4(cell(program(1, 9000))), "huge"),
    ("a.py", f"token = '{SECRET}'\n", "with a secret"),
    ("a.jsonl", '{"question": 1}\n' * 3, "JSON lines that are no corpus"),
    ("a.jsonl.xz", b"no xz", "cannot be read"),
    ("a.csv", "a,b\n", "of another kind"),
    ("node_modules/a.js", "x = 1\n", "directories of others' code, or hidden"),
    ("deep/.venv/lib/a.py", "x = 1\n", "directories of others' code, or hidden"),
    (".ipynb_checkpoints/a.py", "x = 1\n", "directories of others' code, or hidden"),
]


@pytest.mark.parametrize(("name", "text", "reason"), LEFT_OUT)
def test_what_is_left_out_is_counted(tmp_path: Path, name: str, text: str | bytes | Raw, reason: str) -> None:
    write(tmp_path, name, text)
    assert gathered(tmp_path) == ([], {reason: 1})


def test_a_directory_that_is_asked_for_is_read_whatever_its_name(tmp_path: Path) -> None:
    write(tmp_path, ".venv/site-packages/mine/a.py", "x = 1\n")
    found, _ = gathered(tmp_path / ".venv/site-packages/mine")
    assert [raw["path"] for raw in found] == ["a.py"]


def test_the_limit_of_size_is_an_option(tmp_path: Path) -> None:
    write(tmp_path, "a.py", program(1))
    assert gathered(tmp_path, limits=Limits(most_bytes=100)) == ([], {"huge": 1})


def test_of_documents_that_are_alike_the_first_is_kept(tmp_path: Path) -> None:
    text = program(1)
    write(tmp_path, "a.py", text)
    write(tmp_path, "b.py", "\n" + text.replace("\n", "  \n"))
    write(tmp_path, "c.py", text + "one_more = 1\n")
    write(tmp_path, "d.py", program(2))
    found, left_out = gathered(tmp_path)
    assert [raw["path"] for raw in found] == ["a.py", "d.py"]
    assert left_out == {"duplicate": 1, "near-duplicate": 1}


def test_nearly_all_documents_that_share_most_of_their_lines_are_found() -> None:
    seen, near, far = Duplicates(0.7), 0, 0
    for seed in range(60):
        lines = program(seed, 60).splitlines()
        assert seen.objection("\n".join(lines)) == ""
        near += seen.objection("\n".join(lines[:56])) != ""
        far += seen.objection("\n".join(lines[:25] + program(1000 + seed, 35).splitlines())) != ""
    assert near >= 58
    assert far <= 1


def test_a_secret_costs_a_notebook_its_cell_and_addresses_go(tmp_path: Path) -> None:
    told = {"output_type": "stream", "name": "stdout", "text": f"token {SECRET}\n"}
    cells = [cell(f"# by {MAIL}\nx = 1"), cell(f"key = '{SECRET}'"), cell("print(key)", told), cell("y = 2")]
    write(tmp_path, "a.ipynb", v4(*cells))
    ((found,), left_out) = gathered(tmp_path)
    assert [kept["source"] for kept in found["cells"]] == [f"# by {NOBODY}\nx = 1", "y = 2"]
    assert left_out == {"cells with a secret (the rest of their notebooks is kept)": 2}


def test_a_notebook_of_nothing_but_a_secret_goes(tmp_path: Path) -> None:
    write(tmp_path, "a.ipynb", v4(cell(f"key = '{SECRET}'"), cell("text", kind="markdown")))
    _, left_out = gathered(tmp_path)
    assert left_out["hardly any code"] == 1


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"to {MAIL}.", f"to {NOBODY}."),
        (f"mailto:{MAIL}", f"mailto:{NOBODY}"),
        ("git@" + "github.com:a/b", "git@" + "github.com:a/b"),
        ("@app.route('/')", "@app.route('/')"),
        ("y = a@b.T", "y = a@b.T"),
        ("z = x@w.dot(v)", "z = x@w.dot(v)"),
        (NOBODY, NOBODY),
    ],
)
def test_addresses_and_what_only_looks_like_one(text: str, kept: str) -> None:
    assert anonymous(text) == kept


def test_links_lead_nowhere_twice(tmp_path: Path) -> None:
    write(tmp_path, "a/one.py", "x = 1\n")
    os.symlink(tmp_path, tmp_path / "a/again", target_is_directory=True)
    os.symlink("self.py", tmp_path / "a/self.py")
    found, left_out = gathered(tmp_path)
    assert [raw["path"] for raw in found] == ["a/one.py"]
    assert left_out == {"cannot be read": 1}


def corpus(*documents: Raw) -> str:
    return "".join(json.dumps(raw) + "\n" for raw in documents)


def script(text: str) -> Raw:
    return {"repo": "there", "path": "p/x.py", "kind": "script", "language": "python", "text": text}


def test_half_a_character_in_a_notebook_is_no_trouble(tmp_path: Path) -> None:
    write(tmp_path, "a.ipynb", json.dumps(v4(cell("x = 'HALF'"))).replace("HALF", "\\ud83d"))
    ((found,), _) = gathered(tmp_path)
    assert found["cells"][0]["source"] == "x = '?'"


def test_a_corpus_can_be_gathered_again_and_a_bad_line_ends_nothing(tmp_path: Path) -> None:
    lines = corpus(script(program(1))) + '{"broken\n' + corpus(script(program(2)))
    write(tmp_path, "a.jsonl", lines)
    (tmp_path / "b.jsonl.xz").write_bytes(lzma.compress(corpus(script(program(3))).encode()))
    found, left_out = gathered(tmp_path)
    assert [raw["repo"] for raw in found] == ["there"] * 3
    assert left_out == {"broken JSON": 1}


def test_what_is_built_is_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"output_type": "stream", "name": "stdout", "text": "hello\n"}
    write(tmp_path, "in/a.ipynb", v4(cell("# T", kind="markdown"), cell("print('hello')", told)))
    write(tmp_path, "in/b.jl", "f(x) = x + 1\n")
    write(tmp_path, "in/bad.py", "x = 'é'\n".encode("latin-1"))
    out = tmp_path / "in/out"
    assert main(["build", str(tmp_path / "in"), "--out", str(out)]) == 0
    first, second = read(out, "train")
    assert first.cells == (Cell("markdown", "# T"), Cell("code", "print('hello')"), Cell("output", "hello"))
    assert isinstance(second, Document)
    assert second.header.language == "julia"
    assert [path.name for path in out.iterdir()] == ["train-00.jsonl"]
    said = capsys.readouterr()
    assert said.out.startswith("kept 2 documents, 0.0 MB, in 1 files")
    assert "1  not UTF-8" in said.out
    assert said.err == ""


def test_the_same_files_give_the_same_corpus(tmp_path: Path) -> None:
    for seed in range(20):
        write(tmp_path, f"in/{seed % 7}/{seed}.py", program(seed))
    for out in ("one", "two"):
        main(["build", str(tmp_path / "in"), "--out", str(tmp_path / out)])
    assert (tmp_path / "one/train-00.jsonl").read_bytes() == (tmp_path / "two/train-00.jsonl").read_bytes()


def test_a_path_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(tmp_path / "gone"), "--out", str(tmp_path / "out")]) == 1
    assert "gone does not exist" in capsys.readouterr().err
    assert not list(tmp_path.glob("out/*"))


def test_nothing_usable_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "in/a.py", "# nothing\n")
    assert main(["build", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "nothing to train on was found" in said
    assert "1  hardly any code" in said


def test_a_corpus_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "in/a.py", "x = 1\n")
    write(tmp_path, "out/train-00.jsonl", "precious")
    assert main(["build", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 1
    assert "train-00.jsonl already" in capsys.readouterr().err
    assert (tmp_path / "out/train-00.jsonl").read_text() == "precious"


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
def test_a_full_disk_leaves_no_half_corpus(tmp_path: Path) -> None:
    for seed in range(30):
        write(tmp_path, f"in/{seed}.py", program(seed))
    command = "import resource, sys; from model_server.corpus.gather import main; "
    command += "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); sys.exit(main(sys.argv[1:]))"
    arguments = ["build", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", command, *arguments], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"cannot write to {tmp_path / 'out'}: ")
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


@given(
    st.recursive(
        st.none() | st.text(max_size=9) | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["cells", "worksheets", "metadata", "source", "outputs", "cell_type", "data", "text", "input"]
                ),
                inner,
            )
        ),
    )
)
def test_any_json_is_read_or_refused(raw: object) -> None:
    if isinstance(raw, dict) and isinstance(raw.get("cells"), list) and any(isinstance(c, dict) for c in raw["cells"]):
        assert notebook(raw, "r", "p")["cells"]
