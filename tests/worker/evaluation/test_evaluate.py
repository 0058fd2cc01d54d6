"""The evaluation from the command line to its files: real workers, tiny checkpoints, known answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_server.evaluation.evaluate import main
from tests.worker.evaluation import test_cases, test_infilling
from tests.worker.evaluation.scripted import DONE, Script, event, scripted
from tests.worker.evaluation.test_cases import ROW, written

OTHER = ROW | {"language": "r", "target": "mean(df))", "line_in_train": True}


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Three Python cases that `df)` is right for, and one in R that copying is right for."""
    return written(tmp_path / "cases.jsonl", ROW, ROW, ROW, OTHER)


def read(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text())


def test_two_models_stand_in_one_table(
    checkpoint: Path, cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, figures = tmp_path / "table.md", tmp_path / "figures.json"
    with scripted(Script(event("df") + event(")") + DONE)) as script:
        options = ["--model", str(checkpoint), "--worker-url", script.url, "--cases", str(cases), "--no-memory"]
        assert main([*options, "--json", str(figures), "--markdown", str(table)]) == 0
    said = capsys.readouterr()
    assert said.out == table.read_text()
    assert f"{checkpoint}: ready" in said.err
    header, _, python, *_ = said.out.split("\n")
    assert header.count("exact match (95 %)") == 2
    assert python.startswith("| python notebooks | 3 | 0.0% (0.0% - 56.2%) | ")
    assert "| 100.0% (43.8% - 100.0%) | 100.0 (100.0 - 100.0) | 100.0% |" in python
    found = read(figures)
    assert [model["model"] for model in found["models"]] == [str(checkpoint), script.url]
    right = found["models"][1]
    assert right["figures"]["python notebooks, new lines"]["exact_match"] == 1
    assert right["figures"]["r notebooks, seen lines"]["exact_match"] == 0
    assert right["figures"]["python notebooks at '('"]["n"] == 3
    assert right["latency"]["first_ms"]["p50"] <= right["latency"]["total_ms"]["p95"]
    assert found["copying"]["r notebooks"]["exact_match"] == 1


def test_one_models_figures_stand_at_the_top(cases: Path, tmp_path: Path) -> None:
    with scripted(Script(event("df)") + DONE)) as script:
        options = ["--worker-url", script.url, "--cases", str(cases), "--limit", "2", "--kind", "python"]
        assert main([*options, "--json", str(tmp_path / "figures.json")]) == 0
    found = read(tmp_path / "figures.json")
    assert (found["model"], found["failed"], found["trouble"]) == (script.url, 0, "")
    assert list(found["figures"]) == ["python notebooks", "python notebooks at '('", "python notebooks, new lines"]
    group = found["figures"]["python notebooks"]
    assert group["n"] == 2
    assert group["exact_match_low"] < group["exact_match"] == 1 == group["exact_match_high"]
    assert {"bleu", "bleu_low", "bleu_high", "edit_similarity"} <= set(group)


def test_a_broken_model_is_named_and_the_others_are_measured(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    with scripted(Script(event("df)") + DONE)) as script:
        options = ["--model", str(broken), "--worker-url", script.url, "--cases", str(cases)]
        assert main([*options, "--json", str(tmp_path / "figures.json")]) == 1
    said = capsys.readouterr()
    sentence = f"the worker could not load the model: {broken}/"
    assert f"{broken}: {sentence}" in said.err
    assert f"`{broken}`: {sentence}" in said.out
    found = read(tmp_path / "figures.json")["models"]
    assert (found[0]["figures"], found[0]["failed"]) == ({}, 4)
    assert found[1]["figures"]["python notebooks"]["exact_match"] == 1


def test_answers_that_do_not_come_count_as_wrong_and_are_said(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(Script(event("df"), event("df)") + DONE)) as script:
        assert main(["--worker-url", script.url, "--cases", str(cases), "--json", str(tmp_path / "a.json")]) == 1
    assert "1 answers did not come and count as wrong" in capsys.readouterr().err
    group = read(tmp_path / "a.json")["figures"]["python notebooks"]
    assert (group["n"], group["failed"], group["exact_match"]) == (3, 1, pytest.approx(2 / 3, abs=1e-6))


def test_programs_run_and_the_right_one_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = test_infilling.written(tmp_path / "tasks.jsonl.gz", test_infilling.SINGLE, test_infilling.MULTI)
    right = event("        found += value") + DONE
    with scripted(Script(right, event("    pass") + DONE)) as script:
        options = ["--worker-url", script.url, "--infilling", str(tasks), "--json", str(tmp_path / "a.json")]
        assert main([*options, "--run-code"]) == 0
    found = read(tmp_path / "a.json")["infilling"]
    assert (found["single-line"]["pass_at_1"], found["single-line"]["exact_match"]) == (1, 1)
    assert found["multi-line"]["pass_at_1"] == 0
    assert script.asked[0]["stop"] == "\n"
    assert "stop" not in script.asked[1]
    said = capsys.readouterr().out
    assert "single-line: " not in said
    assert "Programs ran with" in said


def test_programs_do_not_run_unasked(tmp_path: Path) -> None:
    tasks = test_infilling.written(tmp_path / "tasks.jsonl", test_infilling.SINGLE)
    with scripted(Script(event("x") + DONE)) as script:
        assert main(["--worker-url", script.url, "--infilling", str(tasks), "--json", str(tmp_path / "a.json")]) == 0
    found = read(tmp_path / "a.json")
    assert "pass_at_1" not in found["infilling"]["single-line"]
    assert found["sandbox"] == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give --cases, --infilling or both"),
        (["--cases", "a.jsonl", "--limit", "0"], "--limit is 0"),
        (["--cases", "a.jsonl", "--json", "nowhere/a.json"], "nowhere is no directory"),
        (["--cases", "a.jsonl", "--worker-url", "here"], "'here' is no worker's address"),
    ],
)
def test_options_that_make_no_sense(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_files_that_make_no_sense(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = test_cases.written(tmp_path / "cases.jsonl", {"kind": "notebook"})
    assert main(["--cases", str(wrong)]) == 2
    assert "cases.jsonl, line 1: Object missing required field" in capsys.readouterr().err
    right = written(tmp_path / "cases.jsonl", ROW)
    assert main(["--cases", str(right), "--kind", "cobol"]) == 2
    assert "no cases of a group that begins with 'cobol'" in capsys.readouterr().err
