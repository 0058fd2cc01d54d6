"""What people write after a dot and as keywords: read off a text, counted, kept and read again."""

from __future__ import annotations

from math import log
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.corpus.documents import Document
from model_server.habits import FILE, Habits, Link, habits, links, read, write
from model_server.training.habits import build
from model_server.wire import Cell, Header


def of(what: str, text: str) -> list[tuple[str, str]]:
    """Some links of a text."""
    return [(link.before, link.name) for link in links(text) if link.what == what]


def test_a_name_hangs_on_what_stands_before_its_dot() -> None:
    text = "x = df.groupby('a', as_index=False)['b'].mean()\nplt.plot(  # a.b\n    a.size, label=1)\n\"a\".join(c)"
    assert of("attribute", text) == [
        *(("df", "groupby"), ("groupby()[]", "mean"), ("plt", "plot"), ("a", "size"), ('""', "join")),
    ]
    assert of("keyword", text) == [("groupby", "as_index"), ("plot", "label")]
    assert of("bare call", text) == [("groupby()[]", "mean")]
    assert of("last", "x = a.b\nf(c[0].d, e.g)\nh.i()\nj.k + l.m\n") == [("a", "b"), ("e", "g"), ("l", "m")]
    assert [link.name for link in links(text) if link.first] == ["plot", "join"]


@given(st.text("ab.()[]'\"=, \n#", max_size=40))
def test_any_text_is_read(text: str) -> None:
    assert all(link.name for link in links(text))


def test_several_documents_make_a_habit_and_modules_no_bare_call(tmp_path: Path) -> None:
    texts = ["import numpy as np\nnp.max()\ndf.max()\ndf.max()"] * 3 + ["df.once()"]
    docs = [Document(str(at), "notebook", Header(), (Cell("code", text),)) for at, text in enumerate(texts)]
    found = build(docs)
    assert found.attributes("df", first=True) == {"max": 3}
    assert found.attributes("df", first=False) == {"max": 3 * 0.2}
    assert found.of_names("bare call", "") == {"max": 3}
    write(found, tmp_path / "h.tsv.gz")
    assert read(tmp_path / "h.tsv.gz") == found


def test_what_is_assigned_hints_at_what_is_asked() -> None:
    lines = ["total = df.sum()\nlast_mean = df.a.mean()", 'df["total"] = df.sum()\nx = df.shape']
    texts = [*lines * 3, *["x = df.shape"] * 20]
    docs = [Document(str(at), "notebook", Header(), (Cell("code", text),)) for at, text in enumerate(texts)]
    found = build(docs)
    assert found.hint(("total",), "sum") == pytest.approx(log(26 / 6), abs=0.05)
    assert found.hint(("total", "none"), "shape") == 0
    assert found.hint(("mean",), "mean") == 0  # in too few documents


def test_words_whose_attributes_a_kind_offers_speak_for_it() -> None:
    counts = {("df", "head"): 9, ("df", "plot"): 4, ("d", "items"): 9, ("d", "get"): 9, ("d", "head"): 1}
    found = Habits.of((Link("attribute", before, name), count) for (before, name), count in counts.items())
    assert found.of_kind(("head", "plot", "sum")) == {"head": 9, "plot": 4, "sum": 0}


def test_those_that_ship_are_small_and_hold_no_lines() -> None:
    assert FILE.stat().st_size < 200_000
    assert next(iter(habits().attributes("plt", first=True))) == "show"
    assert habits().mostly("bare call", "df", "head")
    assert all(" " not in name for names in habits().tables["keyword"].values() for name in names)
