"""The question as text, and what is made of its answers."""

from __future__ import annotations

import ast
import json
from collections import Counter
from typing import Any

import pytest

from jupyter_codecompose.facts import Kind, Namespace, Variable
from jupyter_codecompose.question import COMPILE, KINDS, TEXTS, PutAside, Questions

NAMES: dict[str, Any] = {"variables": [], "complete": True, "hidden": []}
ANSWER: dict[str, Any] = {"names": NAMES, "kinds": [], "same": [], "more": False}
INT = {"name": "builtins.int", "attributes": ["real"], "open": False, "parameters": {}, "mark": 7}


def reply(**answer: Any) -> dict[str, Any]:
    """An execute reply with an answer in it."""
    return replied(ANSWER | answer)


def replied(answer: Any) -> dict[str, Any]:
    told = {"status": "ok", "data": {"text/plain": json.dumps(answer)}}
    return {"status": "ok", "user_expressions": {"facts": told}}


def prepared() -> Questions:
    """Questions to a kernel that has compiled all."""
    questions = Questions()
    questions.read(replied({"kept": len(TEXTS)}))
    return questions


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
        reply(names=NAMES | {"variables": [{"name": "x" * 600}]}),
        reply(names=NAMES | {"variables": [{"name": 1}]}),
        reply(names=3),
        reply(kinds=[{"name": "k"}]),
    ],
    ids=range(8),
)
def test_answers_that_say_nothing(content: dict[str, Any]) -> None:
    for questions in (Questions(), prepared()):
        assert questions.read(content) == Namespace()
        assert not questions.more
        assert questions.next() == COMPILE, "its code may be lost"


@pytest.mark.parametrize(
    "content",
    [{"status": "aborted"}, {"status": "ok", "user_expressions": {"facts": {"ename": "KeyboardInterrupt"}}}],
    ids=range(2),
)
def test_questions_that_were_not_got_to(content: dict[str, Any]) -> None:
    with pytest.raises(PutAside):
        Questions().read(content)


class Kernel:
    """A kernel that answers one after the other, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[str] = []
        self._answers = list(answers)

    async def ask(self, expression: str) -> dict[str, Any]:
        self.asked.append(expression)
        return replied(self._answers.pop(0))


async def test_a_kernel_compiles_what_it_is_asked_with_first() -> None:
    kernel = Kernel({"kept": 2}, {"kept": len(TEXTS)}, ANSWER, ANSWER)
    questions = Questions()
    assert (await questions.put(kernel.ask)).complete
    assert kernel.asked[:2] == [COMPILE, COMPILE]
    await questions.put(kernel.ask)
    assert all(len(asked) < 500 for asked in kernel.asked[2:]), "no text is sent again"


@pytest.mark.parametrize("kept", [0, -1, len(TEXTS) + 1, "1", None])
async def test_a_kernel_that_gets_nowhere_is_left_alone(kept: Any) -> None:
    kernel = Kernel({"kept": 1}, {"kept": kept})
    assert await Questions().put(kernel.ask) == Namespace()


def test_an_answer() -> None:
    known = prepared().read(reply(names=NAMES | {"variables": [{"name": "x", "type": "int", "parameters": None}]}))
    assert known.variables == (Variable("x", "int"),)
    assert known.complete


def test_names_hold_while_it_is_asked_again_only_for_kinds() -> None:
    questions = prepared()
    assert "false" in questions.next()
    questions.read(reply(names=NAMES | {"variables": [{"name": "x"}]}, more=True))
    assert questions.more
    assert "true" in questions.next(again=True)
    known = questions.read(reply(names=None, kinds=[INT]))
    assert (known.variables, known.complete, known.kinds[0].name) == ((Variable("x"),), True, "builtins.int")
    assert not questions.more


async def test_names_that_there_was_no_time_for_are_asked_again_twice_at_most() -> None:
    late = {**ANSWER, "names": {**NAMES, "complete": False, "late": True}}
    kernel = Kernel({"kept": len(TEXTS)}, late, late, late, {**ANSWER, "names": None}, late, ANSWER)
    questions = Questions()
    for again, more in ((False, True), (True, True), (True, False), (True, False)):
        await questions.put(kernel.ask, again)
        assert questions.more is more
    assert ["true" in asked for asked in kernel.asked[1:]] == [False, False, False, True]
    await questions.put(kernel.ask)
    assert questions.more, "another execution, another try"
    assert (await questions.put(kernel.ask, again=True)).complete


def test_a_kind_that_is_told_further() -> None:
    questions = prepared()
    first = INT | {"attributes": ["a", "b", "c"], "parameters": {"a": ["x"]}, "gone": 1}
    questions.read(reply(kinds=[first]))
    assert '{"builtins.int":1}' in questions.next()
    further = first | {"parameters": {"c": ["y"]}, "unsubscriptable": ["b"], "gone": 0}
    (kind,) = questions.read(reply(kinds=[further])).kinds
    assert (kind.parameters, kind.unsubscriptable) == ({"a": ("x",), "c": ("y",)}, ("b",))
    assert '{"builtins.int":1}' not in questions.next()
    questions.read(reply(kinds=[first]))
    (kind,) = questions.read(reply(kinds=[further | {"mark": 8}])).kinds
    assert kind.parameters == {"c": ("y",)}, "it is another one"


def test_kinds_are_kept_and_named_in_the_next_question() -> None:
    questions = prepared()
    assert "builtins.int" not in questions.next()
    questions.read(reply(kinds=[INT]))
    assert '{"builtins.int":7}' in questions.next()
    kept = questions.read(reply(same=["builtins.int"])).kind("builtins.int")
    assert isinstance(kept, Kind)
    assert kept.attributes == ("real",)
    assert questions.read(reply()).kinds == ()
    changed = questions.read(reply(kinds=[INT | {"attributes": ["real", "imag"], "mark": 8}]))
    assert changed.kinds[0].attributes == ("real", "imag")
    assert '{"builtins.int":8}' in questions.next()


def test_no_more_kinds_are_kept_than_there_is_room_for() -> None:
    questions = prepared()
    questions.read(reply(kinds=[INT | {"name": f"k{n}"} for n in range(KINDS)]))
    assert '"k0":7' in questions.next()
    questions.read(reply(kinds=[INT]))
    assert '"k0":7' not in questions.next()
