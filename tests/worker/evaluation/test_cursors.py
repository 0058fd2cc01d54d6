"""Hidden lines: where cursors stand, in notebooks, scripts and other languages."""

from __future__ import annotations

from random import Random

from model_server.corpus.documents import Document
from model_server.evaluation.cursors import LONGEST, SHORTEST, cursors
from model_server.wire import Cell, Header
from tests.worker.checkpoints import LINES

NOTEBOOK = Document(
    "here", "notebook", Header("python", "k", "a.ipynb"), (Cell("markdown", "# hi"), Cell("code", LINES))
)
SCRIPT = Document("here", "script", Header("r", "", "a.R"), (Cell("code", "library(dplyr)\nx <- filter(flights)\n"),))


def test_a_cursor_splits_a_cell_and_hides_the_rest_of_its_line() -> None:
    found = cursors([NOTEBOOK], 30, Random(3))
    assert len(found) > 5
    for case in found:
        assert case.parts.before[-1].text + case.target + case.parts.after[0].text == LINES
        assert SHORTEST <= len(case.target) <= LONGEST
        assert "import" not in case.parts.before[-1].text.split("\n")[-1] + case.target
        assert case.group == "python notebooks"


def test_a_trigger_is_the_character_before_the_cursor() -> None:
    for case in cursors([NOTEBOOK], 30, Random(5)):
        line = case.parts.before[-1].text.split("\n")[-1]
        assert line.strip() == "" if case.trigger == "line-start" else line.endswith(case.trigger)


def test_scripts_of_other_languages_have_cursors_too() -> None:
    found = cursors([SCRIPT], 10, Random(1))
    assert found
    assert {case.group for case in found} == {"r scripts"}
    assert not any("library" in case.target for case in found)


def test_no_line_is_asked_for_twice() -> None:
    found = cursors([SCRIPT] * 9, 40, Random(1))
    assert len({case.target for case in found}) == len(found)


def test_nothing_gives_nothing() -> None:
    assert cursors([], 10, Random(1)) == []
