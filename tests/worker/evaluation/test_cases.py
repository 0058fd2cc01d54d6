"""Hidden-line cases: what a row becomes, and what is said of a file that is wrong."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from model_server.corpus.rows import BadRows
from model_server.evaluation.cases import copied, groups_of, read_cases

ROW: dict[str, Any] = {
    "id": "dev-0001",
    "kind": "notebook",
    "language": "python",
    "kernelspec": {"name": "python3", "display_name": "Python 3"},
    "repo": "owner/name",
    "path": "a.ipynb",
    "trigger": "(",
    "line_in_train": False,
    "cells_before": [
        {"type": "markdown", "source": "# Penguins"},
        {"type": "raw", "source": "left out"},
        {"type": "code", "source": "print(mean(df))", "outputs_text": "4.2"},
    ],
    "cell_prefix": "df = load()\nprint(",
    "target": "df)",
    "cell_suffix": "\ndf.head()",
    "cells_after": [{"type": "code", "source": "df.tail()"}],
}


def written(path: Path, *rows: object) -> Path:
    """A cases file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_notebook_case(tmp_path: Path) -> None:
    (case,) = read_cases(written(tmp_path / "cases.jsonl", ROW))
    assert [(cell.kind, cell.text) for cell in case.parts.before] == [
        ("markdown", "# Penguins"),
        ("code", "print(mean(df))"),
        ("output", "4.2"),
        ("code", "df = load()\nprint("),
    ]
    assert [cell.text for cell in case.parts.after] == ["\ndf.head()", "df.tail()"]
    assert (case.parts.header.kernel, case.target) == ("python3", "df)")
    assert (case.request.stops, case.request.temperature) == (("\n",), 0)


def test_a_script_has_no_kernel(tmp_path: Path) -> None:
    row = ROW | {"kind": "script", "kernelspec": None, "cells_before": [], "cells_after": []}
    (case,) = read_cases(written(tmp_path / "cases.jsonl", row))
    assert (case.group, case.parts.header.kernel) == ("python scripts", "")


def test_the_groups_of_a_case(tmp_path: Path) -> None:
    new, seen = read_cases(written(tmp_path / "cases.jsonl", ROW, ROW | {"line_in_train": True}))
    assert groups_of(new) == ("python notebooks", "python notebooks, new lines", "python notebooks at '('")
    assert groups_of(seen)[1] == "python notebooks, seen lines"


@pytest.mark.parametrize(
    ("prefix", "rest"),
    [
        ("print(a)\nprint(b)  \nprint(", "b)"),
        ("print(", "mean(df))"),
        ("x = 1\nfor ", ""),
        ("print(\nprint(", "mean(df))"),
    ],
)
def test_copying_takes_the_nearest_line_that_begins_alike(tmp_path: Path, prefix: str, rest: str) -> None:
    (case,) = read_cases(written(tmp_path / "cases.jsonl", ROW | {"cell_prefix": prefix}))
    assert copied(case) == rest


def test_compressed_files_are_read(tmp_path: Path) -> None:
    line = json.dumps(ROW).encode() + b"\n\n"
    (tmp_path / "a.jsonl.xz").write_bytes(lzma.compress(line))
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(line))
    assert list(read_cases(tmp_path / "a.jsonl.xz")) == list(read_cases(tmp_path / "a.jsonl.gz"))


def test_a_missing_field_is_named_with_its_line(tmp_path: Path) -> None:
    lacking = {name: value for name, value in ROW.items() if name != "target"}
    with pytest.raises(BadRows, match=r"cases\.jsonl, line 2: .*`target`"):
        list(read_cases(written(tmp_path / "cases.jsonl", ROW, lacking)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cells_before": [{"source": "x"}]}, "line 1: a cell lacks its 'type'"),
        ({"target": 3}, r"line 1: .*`\$\.target`"),
        ({"kind": "poem"}, r"line 1: .*'poem'"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(BadRows, match=said):
        list(read_cases(written(tmp_path / "cases.jsonl", ROW | change)))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", b'{"kind": ', "line 1: "),
        ("a.jsonl.xz", b"not xz", "cannot be read"),
        ("a.jsonl.gz", b"not gzip", "cannot be read"),
        ("a.jsonl.gz", gzip.compress(b"{}" * 999)[:-9], "cannot be read"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadRows, match=said):
        list(read_cases(tmp_path / name))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRows, match=r"none\.jsonl cannot be read: No such file"):
        list(read_cases(tmp_path / "none.jsonl"))
