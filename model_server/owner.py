"""Whose a text is: what a slot holds is compared with the requests of one owner alone, and a tenant is served fairly.

A request says it by `user` and `editor`. One that says neither belongs to the address it comes from, and behind a proxy
to what that says that it comes from. Not covered: several people at one address, and who gives another's names.
"""

from __future__ import annotations

from collections.abc import Hashable

from model_server.admission import Asked
from model_server.wire import CompletionRequest

FORWARDED = ("forwarded", "x-forwarded-for")
"""Where proxies tell of their client. Who writes another's address there still comes from an address of his own."""


def owner_of(request: CompletionRequest, asked: Asked) -> Hashable:
    """An owner, to be compared and not to be looked into."""
    if request.user or request.editor:
        return request.user, request.editor
    return asked.peer, *(asked.headers.get(name, "") for name in FORWARDED)
