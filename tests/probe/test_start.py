"""How the probe's files are compiled in a kernel, and how a look begins and ends."""

from __future__ import annotations

import gc
import json
import sys
from types import CodeType, FunctionType
from typing import Any

import pytest

from jupyter_codecompose.probe import start
from jupyter_codecompose.probe.start import Answer, keep

LOOK = """
import gc
class Made:
    pass
def look(begun, *asked):
    for _ in range(5000):
        made = [Made()]
    return {"asked": asked, "collects": gc.isenabled()}
"""
INTERRUPTED = """
def look(begun):
    raise KeyboardInterrupt
"""


class Shell:
    """A shell, and the module that knows it."""

    def __init__(self) -> None:
        self.meta: dict[str, Any] = {}

    def get_ipython(self) -> Shell:
        return self


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell, and all the time that a text may need."""
    here = Shell()
    monkeypatch.setattr(start, "COMPILING", 60)
    monkeypatch.setitem(sys.modules, "IPython.core.getipython", here)
    return here


def told(answer: Answer) -> Any:
    return json.loads(answer._repr_mimebundle_()["text/plain"])


def test_texts_are_compiled_once_some_at_a_time(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "COMPILING", 0)
    texts = ("a = 1", "b = 2", "c = 3")
    assert [told(keep("k", texts))["kept"] for _ in range(4)] == [1, 2, 3, 3]
    first = shell.meta["k"]
    keep("k", texts)
    assert shell.meta["k"] is first
    assert all(type(code) is CodeType for code in first)
    assert not any(map(gc.is_tracked, first))


def test_other_texts_have_another_key(shell: Shell) -> None:
    keep("k", ("a = 1",))
    assert told(keep("other", ("b = 2", LOOK))) == {"kept": 2}
    assert told(start.start("other", "[1]"))["asked"] == [1]


def test_no_garbage_is_collected_in_a_look(shell: Shell) -> None:
    keep("k", ("", LOOK))
    collections: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        collections.append(phase)

    threshold = gc.get_threshold()
    gc.callbacks.append(note)
    gc.set_threshold(1)
    try:
        collections.clear()
        answer = start.start("k", '["x", {"y": 1}]')
        during = len(collections)
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(note)
    assert during <= 2, "at its very ends"
    assert told(answer) == {"asked": ["x", {"y": 1}], "collects": False}
    assert gc.isenabled()


@pytest.mark.parametrize("collects", [True, False])
def test_an_interrupted_look_leaves_the_collector_as_it_was(shell: Shell, collects: bool) -> None:
    keep("k", ("", INTERRUPTED))
    try:
        if not collects:
            gc.disable()
        with pytest.raises(KeyboardInterrupt):
            start.start("k", "[]")
        assert gc.isenabled() is collects
    finally:
        gc.enable()


def test_nothing_of_a_look_stays(shell: Shell) -> None:
    keep("k", ("", LOOK))
    start.start("k", "[]")
    gc.collect()
    functions = [one for one in gc.get_objects() if type(one) is FunctionType]
    assert "<codecompose>" not in {function.__code__.co_filename for function in functions}
