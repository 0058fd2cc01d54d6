"""When a kernel is asked, with channels that count the questions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_codecompose import watch
from jupyter_codecompose.channels import Head, Hear, Message
from jupyter_codecompose.watch import Watch


class Counted:
    """Channels of an idle kernel that has nothing to tell."""

    session = "ours"
    state = "idle"
    questions = 0

    def opened(self, kernel: Any, hear: Hear) -> Counted:
        self._hear = hear
        return self

    def fit(self, kernel: Any) -> bool:
        return True

    async def ready(self) -> bool:
        return True

    async def ask(self, expression: str) -> dict[str, Any]:
        self.questions += 1
        return {}

    def needed(self) -> None:
        """They stay open."""

    def close(self) -> None:
        """Nothing is held."""

    def run(self) -> None:
        """A cell runs."""
        self._say("status", "execute_request", "busy")
        self._say("execute_input", "execute_request")
        self._say("status", "execute_request", "idle")

    def touch(self, session: str = "page") -> None:
        """A widget is used."""
        self._say("status", "comm_msg", "busy", session)
        self._say("status", "comm_msg", "idle", session)

    def _say(self, kind: str, parent: str, state: str = "", session: str = "page") -> None:
        self._hear(Message(kind, "kernel", Head(parent, "", session), state))


async def looked(known: Watch) -> None:
    """Somebody wants to know, a few times."""
    for _ in range(5):
        await known.namespace(0.1)


async def test_a_widget_may_have_changed_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "CALM", 0.05)
    kernel = Counted()
    known = Watch(None, kernel.opened)
    kernel.run()
    await looked(known)
    assert kernel.questions == 1
    await asyncio.sleep(0.06)
    kernel.touch("ours")
    await looked(known)
    assert kernel.questions == 1, "nothing but a question of ours"
    kernel.touch()
    assert kernel.questions == 1, "nobody wants to know"
    await looked(known)
    assert kernel.questions == 2
    await known.close()


async def test_a_slider_that_is_dragged_is_asked_about_at_most_once_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "CALM", 1000)
    kernel = Counted()
    known = Watch(None, kernel.opened)
    kernel.run()
    await looked(known)
    for _ in range(100):
        kernel.touch()
        await looked(known)
    assert kernel.questions == 1
    monkeypatch.setattr(watch, "CALM", 0)
    await looked(known)
    assert kernel.questions == 2, "the last message counts, however long ago"
    monkeypatch.setattr(watch, "CALM", 1000)
    kernel.touch()
    kernel.run()
    await looked(known)
    assert kernel.questions == 3, "a cell is asked about at once"
    await known.close()
