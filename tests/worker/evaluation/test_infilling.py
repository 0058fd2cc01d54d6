"""HumanEval infilling: the published format, and programs that pass or do not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from model_server.corpus.rows import BadRows
from model_server.evaluation.infilling import read_tasks
from model_server.evaluation.sandbox import passes

TEST = "def check(candidate):\n    assert candidate([]) == 0\n    assert candidate([1, 2]) == 3\n"
SINGLE = {
    "task_id": "SingleLineInfilling/HumanEval/0/L1",
    "entry_point": "total",
    "prompt": 'def total(values):\n    """The sum."""\n    found = 0\n    for value in values:\n',
    "suffix": "    return found\n",
    "canonical_solution": "        found += value\n",
    "test": TEST,
}
MULTI = SINGLE | {
    "task_id": "MultiLineInfilling/HumanEval/0/L0_L1",
    "prompt": "def total(values):\n    found = 0\n",
    "canonical_solution": "    for value in values:\n        found += value\n",
}
SPAN = SINGLE | {
    "task_id": "RandomSpanInfilling/HumanEval/0/1",
    "prompt": "def total(values):\n    return su",
    "suffix": "ues)\n",
    "canonical_solution": "m(val",
}


def written(path: Path, *rows: dict[str, str]) -> Path:
    """A file in the published format."""
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def test_single_lines_stop_at_the_lines_end_and_longer_gaps_do_not(tmp_path: Path) -> None:
    tasks = list(read_tasks(written(tmp_path / "tasks.jsonl.gz", SINGLE, MULTI, SPAN)))
    assert [task.kind.name for task in tasks] == ["single-line", "multi-line", "random-span"]
    assert [task.request.stops for task in tasks] == [("\n",), (), ()]
    assert tasks[0].request.parts is not None
    assert tasks[0].request.parts.header.path == "solution.py"


def test_the_end_of_a_whole_line_stands_after_the_gap(tmp_path: Path) -> None:
    single, span = read_tasks(written(tmp_path / "tasks.jsonl", SINGLE, SPAN))
    assert single.after == "\n    return found\n"
    assert span.after == "ues)\n"


def test_right_completions_pass_and_wrong_ones_do_not(tmp_path: Path) -> None:
    for task in read_tasks(written(tmp_path / "tasks.jsonl", SINGLE, MULTI, SPAN)):
        assert passes(task.program(task.target))
        assert passes(task.program(task.target.rstrip("\n")))
        assert not passes(task.program("        pass"))
        assert not passes(task.program("    import os; os._exit(0)"))


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRows, match="line 2: task_id begins with 'Other'; known: SingleLine"):
        list(read_tasks(written(tmp_path / "tasks.jsonl", SINGLE, SINGLE | {"task_id": "Other/1"})))


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRows, match=r"line 1: .*`test`"):
        list(read_tasks(written(tmp_path / "tasks.jsonl", {k: v for k, v in SINGLE.items() if k != "test"})))
