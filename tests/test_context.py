from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose.context import AFTER, BEFORE, CELL_COST, STEP, chosen, first_of, last_of, parts
from jupyter_codecompose.notebook import Notebook
from model_server.wire import Cell, Fact

ROW = "value = compute(another_value, and_more)\n"


def cells(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(kind="code", text=text) for text in texts)


def notebook(left: str, right: str = "", above: tuple[Cell, ...] = (), below: tuple[Cell, ...] = ()) -> Notebook:
    return Notebook(language="python", above=above, left=left, right=right, below=below, prose=False)


def total(found: tuple[Cell, ...]) -> int:
    return sum(len(cell.text) + CELL_COST for cell in found)


def test_a_small_notebook_is_sent_whole() -> None:
    found = parts(notebook("y = ", "1", cells("x"), cells("z")), path="n.ipynb")
    assert [cell.text for cell in found.before] == ["x", "y = "]
    assert [cell.text for cell in found.after] == ["1", "z"]
    assert found.header.path == "n.ipynb"


def test_the_cut_stays_where_it_is_while_typing() -> None:
    above = cells(*(ROW * 20 for _ in range(40)))
    first = last_of((*above, *cells("")), BEFORE)
    moves = 0
    for typed in range(STEP):
        now = last_of((*above, *cells("x" * typed)), BEFORE)
        assert now[-1].text == "x" * typed
        if now[:-1] != first[:-1]:
            moves, first = moves + 1, now
    assert moves <= 1


def test_the_cursors_cell_is_cut_only_when_it_alone_is_too_large() -> None:
    long = ROW * 1000
    (cut,) = last_of(cells("x", long), BEFORE)
    assert long.endswith(cut.text)
    assert cut.text.startswith("value")
    assert BEFORE - STEP - len(ROW) - CELL_COST < len(cut.text) <= BEFORE


def test_one_endless_line_is_cut_too() -> None:
    (cut,) = last_of(cells("x" * 100_000), BEFORE)
    assert BEFORE - STEP <= len(cut.text) <= BEFORE


@given(st.lists(st.text(alphabet="ab\n", max_size=4000), min_size=1, max_size=12))
def test_both_sides_keep_to_their_budgets(texts: list[str]) -> None:
    before, after = last_of(cells(*texts), BEFORE), first_of(cells(*texts), AFTER)
    assert total(before) <= BEFORE + CELL_COST
    assert total(after) <= AFTER + CELL_COST
    assert texts[-1].endswith(before[-1].text)
    assert texts[0].startswith(after[0].text)
    assert "".join(texts).endswith("".join(cell.text for cell in before))


def test_two_thousand_cells() -> None:
    found = parts(notebook("y", above=cells(*["x = 1"] * 1000), below=cells(*["z"] * 1000)))
    assert len(found.before) < 1000
    assert found.before[-1].text == "y"


def test_used_facts_come_first_in_the_order_of_definition() -> None:
    facts = [Fact(name=f"name_{n}", type="DataFrame", members=("column",) * 20) for n in range(100)]
    found = chosen(facts, {"name_3"})
    names = [fact.name for fact in found]
    assert names[0] == "name_3"
    assert names[1:] == [f"name_{n}" for n in range(100 - len(names) + 1, 100)]
    assert len(names) < 50


def test_the_word_being_typed_does_not_choose_facts() -> None:
    facts = [Fact(name="df"), *(Fact(name=f"other_{n}", members=("column",) * 50) for n in range(20))]
    assert "df" not in [fact.name for fact in parts(notebook("x = df"), facts).facts]
    assert "df" in [fact.name for fact in parts(notebook("x = df."), facts).facts]
