"""The memory file: what the builder keeps, what reading it back gives, and what is said of a broken one."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from model_server.corpus.documents import Document
from model_server.memory import FILE, BadMemory, Lines, Memory, Pages, Weights, beside, read, write
from model_server.training.memory import OWN, build, nested
from model_server.wire import Cell, Header


def document(text: str, language: str = "python") -> Document:
    return Document("here", "script", Header(language), (Cell("code", text),))


DOCS = [
    document("import numpy as np\nplt.show()\nplt.show()\nonly_here(1)"),
    document("    plt.show()\n# import nothing\nimport numpy as np\nx\tand\ty"),
    document("# import nothing\nimport numpy as np\nx\tand\ty\nplt.legend()"),
    document("plt.legend()", "r"),
]


def test_lines_of_two_documents_are_kept_with_their_counts() -> None:
    assert build(DOCS).languages == {"python": Lines(["import numpy as np", "plt.show()"], [3, 2])}


@pytest.mark.parametrize(
    "line", ["!rm -rf data", "%pip install x", "open('/home/ann/a.csv')", "url = 'https://a.b'", "to = 'ann@a.b'"]
)
def test_commands_addresses_and_paths_of_others_are_not_kept(line: str) -> None:
    assert build([document(line)] * 3).languages == {}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    memory = build([*DOCS, DOCS[3]], Weights(bias=-2.5))
    write(memory, tmp_path / FILE)
    assert beside(tmp_path) == memory


def test_the_same_documents_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    write(build(DOCS), tmp_path / "one")
    write(build(reversed(DOCS)), tmp_path / "other")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_checkpoint_may_have_none(tmp_path: Path) -> None:
    assert beside(tmp_path) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not gzip",
        gzip.compress(b""),
        gzip.compress(b'{"format": 1}\n'),
        gzip.compress(b'{"format": 1, "weights": {"colour": 1}}\n'),
        gzip.compress(b'{"format": 1, "weights": {}}\npython\tmany\tx = 1\n'),
        gzip.compress(b'{"format": 1, "weights": {}}\npython 3 x = 1\n'),
        gzip.compress(b'{"format": 1, "weights": {}}\n' * 100)[:-12],
        gzip.compress(b"\xff\xfe"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / FILE).write_bytes(raw)
    with pytest.raises(BadMemory, match=FILE):
        read(tmp_path / FILE)


def test_a_newer_format_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(gzip.compress(b'{"format": 9, "weights": {}}\n'))
    with pytest.raises(BadMemory, match="format 9, but 1 is supported"):
        read(tmp_path / FILE)


def test_lines_that_begin_alike_come_commonest_first() -> None:
    lines = Lines(["plt.", "plt.plot(x)", "plt.show()", "plu"], [9, 2, 5, 7])
    assert lines.beginning("plt.", 1) == ([("plt.show()", 5)], 7)
    assert lines.beginning("q", 3) == ([], 0)
    assert (lines.count("plt.show()"), lines.count("plt.sho")) == (5, 0)


def test_a_language_that_is_not_known_has_no_lines() -> None:
    assert Memory({}).of("cobol").beginning("MOVE", 3) == ([], 0)


def test_own_code_is_kept_in_its_order(tmp_path: Path) -> None:
    lines = ["a = 1", "b = 2", "c = 3", "", "b = 2", "d = 4", ""]
    write(Memory({}, pages={"python": Pages.of(lines)}), tmp_path / "own")
    pages = read(tmp_path / "own").pages["python"]
    assert pages.lines == lines
    assert pages.below("b = 2") == ["b = 2", "c = 3", "", "", "b = 2", "d = 4", "", ""]
    assert pages.below("unknown") == pages.below("") == []


def test_own_documents_stand_above_the_base() -> None:
    doc = Document("r", "script", Header("python"), (Cell("code", "# why\nimport desk\n\nx = desk.rate(1)"),))
    base = Memory({"python": Lines(["import desk"], [2])}, Weights(bias=7.0))
    both = nested(base, [doc])
    assert both.weights.bias == 7.0
    assert both.of("python").count("import desk") == 2 + OWN
    assert both.of("python").count("x = desk.rate(1)") == OWN
    assert both.pages["python"].below("import desk")[:2] == ["import desk", "x = desk.rate(1)"]
