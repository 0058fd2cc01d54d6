"""The cases of a notebook that runs in a real kernel: what a person wrote there is never cut, and mostly offered."""

from __future__ import annotations

from jupyter_codecompose.draft import Draft
from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.notebook import Part
from tests.grounding.cases import NOTEBOOKS, Case, cases, cells
from tests.grounding.session import session
from tests.namespaces import cell, notebook

NOTEBOOK = NOTEBOOKS / "movies.py"


def test_every_kind_of_place_is_found() -> None:
    text = 'x = frame[["a", "bcd"]].head(n=1, count=2)\nimport a.b\nlines = ["a", 1]'
    assert [(case.what, case.name, case.rest) for case in cases(text)] == [
        ("column", "a", 'a", "bcd"]].head(n=1, count=2)'),
        ("column", "bcd", 'cd"]].head(n=1, count=2)'),
        ("attribute", "head", "ead(n=1, count=2)"),
        ("keyword", "count", "ount=2)"),
    ]


def shown(case: Case, name: str, above: list[Part], namespace: Namespace) -> str:
    """What is shown where `name` is suggested in the place of the true one."""
    ours = Draft(notebook(case.left, "", *above), namespace, block=False)
    ending = {"attribute": "()", "column": '"]', "keyword": "=1)"}[case.what]
    return ours.feed(name + ending) + ours.close()


async def test_what_was_written_is_shown_whole_and_what_is_proved_not_to_exist_is_not() -> None:
    right: list[bool] = []
    steered: list[bool] = []
    refused = 0
    async with session() as kernel:
        above: list[Part] = []
        for text in cells(NOTEBOOK):
            namespace = await kernel.namespace()
            for case in cases(text):
                ours = Draft(notebook(case.left, "", *above), namespace, block=False)
                right.append((ours.feed(case.rest) + ours.close()).rstrip() == case.rest.rstrip())
                steered += [any(case.rest.startswith(way) for way in ours.allowed)] if ours.allowed else []
                refused += bool(ours.allowed) and not shown(case, "zzz_no_such_name", above, namespace)
            await kernel.run(text)
            above.append(cell(text))
        found = await kernel.missing([("movies.zzz + movies['zzz'] + zzz", 0), ("movies.title", 0)], [])
    assert all(right)
    assert len(right) > 40
    assert len(steered) > 36
    assert sum(steered) > 0.85 * len(steered)
    assert refused > 12
    assert found == [["attribute zzz", "key zzz", "name zzz"], []]
