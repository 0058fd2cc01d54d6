"""The page's border: the messages that both languages read, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from jupyter_codecompose.wire import MAX_CELLS, Event, Sent, Snapshot, Status

CONTRACT = Path(__file__).parent / "contract"


def messages(name: str) -> list[object]:
    found = json.loads((CONTRACT / name).read_text("utf-8"))
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("name", "kind"),
    [("snapshot.json", Snapshot), ("events.json", Event), ("status.json", Status), ("sent.json", Sent)],
)
def test_messages_of_the_contract_are_read_and_written_alike(name: str, kind: type) -> None:
    assert messages(name)
    for message in messages(name):
        decoded: object = msgspec.convert(message, kind)
        assert msgspec.json.decode(msgspec.json.encode(decoded), type=kind) == decoded


@pytest.mark.parametrize("message", messages("bad_events.json"), ids=str)
def test_bad_events_are_refused(message: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(message, Event)


def snapshot(**changes: object) -> bytes:
    good = {"editor": "e", "path": "p", "language": "python", "cells": [{"kind": "code", "source": "🎉x"}]}
    return json.dumps(good | {"active": 0, "cursor": 2} | changes).encode()


def test_the_cursor_counts_code_points() -> None:
    assert msgspec.json.decode(snapshot(), type=Snapshot).cursor == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"cursor": 3},
        {"cursor": -1},
        {"active": 1},
        {"cells": []},
        {"cells": [{"kind": "code", "source": "x"}] * (MAX_CELLS + 1)},
        {"surprise": 1},
        {"editor": "e" * 513},
        {"trigger": "guess"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_bad_snapshots_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(snapshot(**changes), type=Snapshot)
