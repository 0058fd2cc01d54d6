"""The last request of each editor, byte for byte as the worker was given it, so that a person can look at it.

Kept in memory alone, for a few editors, until the server ends. It does not know who may look.
"""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_codecompose.wire import Sent

EDITORS = 8


class Outbox:
    """What went out last, for the editors that were last served."""

    def __init__(self) -> None:
        self._last: dict[str, Sent] = {}

    def keep(self, editor: str, masked: Mapping[str, int], body: bytes) -> None:
        """Takes note of a request, and of how many secrets of each family were masked for it; the editor that was
        silent for longest is forgotten."""
        self._last.pop(editor, None)
        self._last[editor] = Sent(body.decode(), dict(masked))
        if len(self._last) > EDITORS:
            del self._last[next(iter(self._last))]

    def of(self, editor: str) -> Sent:
        """An editor's last request; an empty one where there is none."""
        return self._last.get(editor, Sent())

    def clear(self) -> None:
        """Forgets everything."""
        self._last.clear()
