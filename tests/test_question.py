"""The question as text, and what is made of its answers."""

from __future__ import annotations

import ast
import json
from collections import Counter
from typing import Any

import pytest

from jupyter_codecompose.facts import Kind, Namespace, Variable
from jupyter_codecompose.question import KINDS, TEXTS, PutAside, Questions

ANSWER: dict[str, Any] = {"variables": [], "complete": True, "python": "", "hidden": [], "kinds": [], "same": []}
INT = {"name": "builtins.int", "attributes": ["real"], "open": False, "parameters": {}, "mark": 7}


def reply(**answer: Any) -> dict[str, Any]:
    """An execute reply with an answer in it."""
    told = {"status": "ok", "data": {"text/plain": json.dumps(ANSWER | answer)}}
    return {"status": "ok", "user_expressions": {"facts": told}}


def test_no_two_texts_define_the_same_name() -> None:
    """They share one dict in the kernel."""
    names: Counter[str] = Counter()
    for text in TEXTS:
        here = set()
        for statement in ast.parse(text).body:
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            here |= {target.id for target in targets if isinstance(target, ast.Name)}
            here |= {getattr(statement, "name", "")} - {""}
        names.update(here)
    assert [name for name, count in names.items() if count > 1] == []


def test_the_texts_import_nothing_of_ours() -> None:
    assert all("jupyter_codecompose" not in text for text in TEXTS)


@pytest.mark.parametrize(
    "content",
    [
        {"status": "error"},
        {},
        {"status": "ok", "user_expressions": {"facts": {"status": "error", "ename": "NameError"}}},
        {"status": "ok", "user_expressions": {"facts": {"status": "ok", "data": {"text/plain": "<1>"}}}},
        reply(variables=[{"name": "x" * 600}]),
        reply(variables=[{"name": 1}]),
        reply(variables=3),
        reply(kinds=[{"name": "k"}]),
    ],
    ids=range(8),
)
def test_answers_that_say_nothing(content: dict[str, Any]) -> None:
    assert Questions().read(content) == Namespace()


@pytest.mark.parametrize(
    "content",
    [{"status": "aborted"}, {"status": "ok", "user_expressions": {"facts": {"ename": "KeyboardInterrupt"}}}],
    ids=range(2),
)
def test_questions_that_were_not_got_to(content: dict[str, Any]) -> None:
    with pytest.raises(PutAside):
        Questions().read(content)


def test_an_answer() -> None:
    known = Questions().read(reply(variables=[{"name": "x", "type": "int", "parameters": None}]))
    assert known.variables == (Variable("x", "int"),)
    assert known.complete


def test_kinds_are_kept_and_named_in_the_next_question() -> None:
    questions = Questions()
    assert "builtins.int" not in questions.next()
    questions.read(reply(kinds=[INT]))
    assert "{'builtins.int': 7}" in questions.next()
    kept = questions.read(reply(same=["builtins.int"])).kind("builtins.int")
    assert isinstance(kept, Kind)
    assert kept.attributes == ("real",)
    assert questions.read(reply()).kinds == ()
    changed = questions.read(reply(kinds=[INT | {"attributes": ["real", "imag"], "mark": 8}]))
    assert changed.kinds[0].attributes == ("real", "imag")
    assert "{'builtins.int': 8}" in questions.next()


def test_no_more_kinds_are_kept_than_there_is_room_for() -> None:
    questions = Questions()
    questions.read(reply(kinds=[INT | {"name": f"k{n}"} for n in range(KINDS)]))
    assert "'k0': 7" in questions.next()
    questions.read(reply(kinds=[INT]))
    assert "'k0': 7" not in questions.next()
