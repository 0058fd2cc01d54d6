from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose.notebook import MARKDOWN_CHARACTERS, givers, halves, read
from jupyter_codecompose.wire import Cell as PageCell
from jupyter_codecompose.wire import Snapshot
from model_server.wire import Cell


def snapshot(*cells: PageCell, active: int = 0, cursor: int = 0, language: str = "python") -> Snapshot:
    return Snapshot(editor="e", path="n.ipynb", language=language, cells=cells, active=active, cursor=cursor)


def code(source: str, outputs: str = "") -> PageCell:
    return PageCell(kind="code", source=source, outputs=outputs)


def test_cells_around_the_cursor() -> None:
    cells = (
        PageCell(kind="markdown", source="# Title"),
        code("x = 1", outputs="hello\r\n"),
        PageCell(kind="raw", source="raw"),
        code("  "),
        code("y = x"),
        code("z", outputs="not sent"),
    )
    found = read(snapshot(*cells, active=4, cursor=3))
    assert [part.cell for part in found.above] == [
        Cell(kind="markdown", text="# Title"),
        Cell(kind="code", text="x = 1"),
        Cell(kind="output", text="hello"),
    ]
    assert (found.left, found.right) == ("y =", " x")
    assert [part.cell for part in found.below] == [Cell(kind="code", text="z")]


def test_what_stands_in_a_cell_may_not_be_what_ran() -> None:
    cells = (
        PageCell(kind="code", source="a = 1", count=3),
        PageCell(kind="code", source="b = 2", count=4, edited=True, outputs="of the earlier text"),
        PageCell(kind="code", source="c = 3"),
        code(""),
    )
    found = read(snapshot(*cells, active=3)).above
    assert [(part.cell.text, part.stale) for part in found] == [("a = 1", False), ("b = 2", True), ("c = 3", True)]


def test_nothing_is_stale_where_nothing_has_run() -> None:
    assert not any(part.stale for part in read(snapshot(code("a"), code("b"), active=1)).above)


def test_a_names_giver_is_the_cell_that_ran_last() -> None:
    cells = (
        PageCell(kind="code", source="x = 1", count=9),
        PageCell(kind="code", source="x = 2\ny = 1", count=5),
        PageCell(kind="code", source="y = 2", count=6, edited=True),
        code(""),
    )
    found = read(snapshot(*cells, active=3)).above
    assert givers(found, {"x"}) == {0}
    assert givers(found, {"y"}) == {1}
    assert givers(found, {"nothing"}) == set()


def test_long_markdown_is_cut_at_a_line() -> None:
    text = "word word word\n" * 200
    (part,) = read(snapshot(PageCell(kind="markdown", source=text), code(""), active=1)).above
    cell = part.cell
    assert len(cell.text) <= MARKDOWN_CHARACTERS
    assert text.startswith(cell.text + "\n")


def test_a_cursor_in_a_magic_cell_changes_the_language() -> None:
    assert read(snapshot(code("%%bash\nls"))).language == "bash"
    assert read(snapshot(code("%%time\nx"))).language == "python"
    assert read(snapshot(code("%%writefile Dockerfile\nFROM python\n"))).language == ""


def test_emoji_and_crlf_before_the_cursor() -> None:
    source = "s = '🎉🎉'\r\nprint(s)"
    assert halves(source, source.index("(") + 1) == ("s = '🎉🎉'\nprint(", "s)")
    assert halves("a\r\nb", 2) == ("a", "\nb")


@given(st.text(alphabet="ab\r\n🎉é", max_size=30), st.data())
def test_the_halves_are_the_whole(source: str, data: st.DataObject) -> None:
    cursor = data.draw(st.integers(0, len(source)))
    left, right = halves(source, cursor)
    assert left + right == source.replace("\r\n", "\n").replace("\r", "\n")


def test_the_empty_notebook() -> None:
    found = read(snapshot(code("")))
    assert (found.above, found.left, found.right, found.below) == ((), "", "", ())
