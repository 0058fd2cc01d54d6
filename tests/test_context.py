from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose.context import (
    BEFORE_SHARE,
    CELL_COST,
    CHARACTERS,
    FURTHER_BEFORE,
    STEP,
    first_of,
    last_of,
    parts,
    useful,
    within,
)
from jupyter_codecompose.names import names
from jupyter_codecompose.notebook import Notebook, Part
from model_server.wire import Cell, Fact, Parts

ROW = "value = compute(another_value, and_more)\n"


def cells(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(kind="code", text=text) for text in texts)


def ran(*texts: str, first: int = 1) -> tuple[Part, ...]:
    """Cells that ran one after another."""
    return tuple(Part(cell, names(cell.text), count) for count, cell in enumerate(cells(*texts), first))


def stale(text: str) -> Part:
    return Part(Cell(kind="code", text=text), names(text), 0, stale=True)


def notebook(left: str, right: str = "", above: tuple[Part, ...] = (), below: tuple[Part, ...] = ()) -> Notebook:
    return Notebook(language="python", above=above, left=left, right=right, below=below, prose=False)


def total(found: tuple[Cell, ...]) -> int:
    return sum(len(cell.text) + CELL_COST for cell in found)


def sent(found: Parts) -> list[str]:
    return [cell.text for cell in found.before[:-1]]


def test_a_small_notebook_is_sent_whole() -> None:
    found = parts(notebook("y = ", "1", ran("x"), ran("z")), path="n.ipynb")
    assert [cell.text for cell in found.before] == ["x", "y = "]
    assert [cell.text for cell in found.after] == ["1", "z"]
    assert found.header.path == "n.ipynb"
    assert found.further_before == found.further_after == ()


def test_what_gives_the_names_their_meaning_comes_before_what_is_nearer() -> None:
    giver = "frame = load()\n" + ROW * 3
    above = ran("import pandas as pd", giver, *(ROW * 3 for _ in range(30)))
    found = sent(parts(notebook("frame.head()\nx = ", above=above)))
    assert giver in found
    assert giver not in sent(parts(notebook("other.head()\nx = ", above=above)))


def test_the_cell_that_ran_last_gives_a_name_its_meaning() -> None:
    older, newer = "frame = older()\n" + ROW * 3, "frame = newer()\n" + ROW * 3
    above = (*ran(newer, first=90), *ran(older, *(ROW * 3 for _ in range(30))))
    found = sent(parts(notebook("frame.head()\nx = ", above=above)))
    assert newer in found
    assert older not in found


def test_what_never_ran_comes_last() -> None:
    above = (*ran(*(f"a_{n} = 1\n" + ROW * 4 for n in range(6))), *(stale(ROW * 4) for _ in range(6)), *ran("last"))
    found = sent(parts(notebook("x = ", above=above)))
    assert found[-1] == "last"
    assert any(text.startswith("a_5") for text in found)
    assert ROW * 4 not in found


def test_what_has_no_room_can_be_recalled() -> None:
    above = ran(*(f"a_{n} = 1\n" + ROW * 4 for n in range(100)))
    found = parts(notebook("x = ", above=above))
    everything = [cell.text for cell in (*found.further_before, *found.before[:-1])]
    assert len(everything) > 50
    assert total(found.further_before) <= FURTHER_BEFORE
    assert set(everything) <= {part.cell.text for part in above}


def test_the_choice_stays_while_a_line_is_typed() -> None:
    above = ran(*(f"name_{n} = 1\n" + ROW * 3 for n in range(40)))
    choices = {tuple(sent(parts(notebook(f"y = 1\n{'name_7.mean(' * n}", above=above)))) for n in range(40)}
    assert len(choices) <= 2


def test_a_longer_context_takes_more() -> None:
    above = ran(*(ROW * 5 for _ in range(200)))
    short, long = (parts(notebook("x", above=above), tokens=tokens) for tokens in (1024, 8192))
    assert len(long.before) > 4 * len(short.before)
    assert total(long.before) <= 8192 * CHARACTERS


def test_the_cursors_cell_is_cut_only_when_it_alone_is_too_large() -> None:
    long = ROW * 1000
    cut = within(Cell(kind="code", text=long), 5000)
    assert long.endswith(cut.text)
    assert cut.text.startswith("value")
    assert 5000 - STEP - len(ROW) - CELL_COST < len(cut.text) <= 5000
    assert within(Cell(kind="code", text=ROW), 5000).text == ROW


@pytest.mark.parametrize("tokens", [256, 300, 512])
@pytest.mark.parametrize("characters", range(500, 2500, 44))
def test_a_small_context_keeps_what_stands_right_before_the_cursor(tokens: int, characters: int) -> None:
    left = (ROW * 100)[-characters:]
    sent = parts(notebook(left), tokens=tokens).before[-1].text
    assert len(sent) > tokens * CHARACTERS * BEFORE_SHARE / 4
    assert left.endswith(sent)


def test_one_endless_line_is_cut_too() -> None:
    assert 5000 - STEP <= len(within(Cell(kind="code", text="x" * 100_000), 5000).text) <= 5000


@given(st.lists(st.text(alphabet="ab=\n", max_size=4000), min_size=1, max_size=12, unique=True), st.integers(512, 8192))
def test_everything_keeps_to_its_budget(texts: list[str], tokens: int) -> None:
    found = parts(notebook(texts[0], texts[-1], ran(*texts), ran(*texts)), tokens=tokens)
    assert total((*found.before, *found.after)) <= tokens * CHARACTERS
    assert texts[0].endswith(found.before[-1].text)
    assert texts[-1].startswith(found.after[0].text)
    order = [texts.index(text) for text in sent(found)]
    assert order == sorted(order)


@given(st.lists(st.text(alphabet="ab\n", max_size=400), min_size=1, max_size=12), st.integers(0, 2000))
def test_the_first_and_the_last_fit(texts: list[str], room: int) -> None:
    first, rest = first_of(cells(*texts), room)
    assert total(first) <= room + CELL_COST
    assert "".join(cell.text for cell in (*first, *rest)) == "".join(texts)
    last = last_of(reversed(cells(*texts)), room)
    assert total(last) <= room
    assert "".join(texts).endswith("".join(cell.text for cell in last))


def test_two_thousand_cells() -> None:
    found = parts(notebook("y", above=ran(*["x = 1"] * 1000), below=ran(*["z"] * 1000)))
    assert len(found.before) < 1000
    assert found.before[-1].text == "y"


def test_used_facts_come_first_in_the_order_of_definition() -> None:
    facts = [Fact(name=f"name_{n}", type="DataFrame", members=("column",) * 20) for n in range(100)]
    found = [fact.name for fact in useful(facts, {"name_3"}, 2000)]
    assert found[0] == "name_3"
    assert found[1:] == [f"name_{n}" for n in range(100 - len(found) + 1, 100)]
    assert len(found) < 50


def test_a_fact_that_does_not_fit_leaves_its_room_to_others() -> None:
    facts = [Fact(name="wide", type="DataFrame", members=("column",) * 250), Fact(name="x", type="int")]
    assert useful(facts, {"wide"}, 100) == (facts[1],)


def test_the_word_being_typed_does_not_choose_facts() -> None:
    facts = [Fact(name="df"), *(Fact(name=f"other_{n}", members=("column",) * 10) for n in range(20))]
    assert parts(notebook("x = df"), facts).facts == parts(notebook("x = "), facts).facts
    assert "df" in [fact.name for fact in parts(notebook("x = df."), facts).facts]
