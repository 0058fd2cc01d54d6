from __future__ import annotations

from jupyter_codecompose.sent import EDITORS, Outbox
from jupyter_codecompose.wire import Sent


def test_the_last_request_of_each_of_a_few_editors() -> None:
    outbox = Outbox()
    outbox.keep("a", {"jwt": 1}, b"first")
    outbox.keep("a", {}, "zweites ü".encode())
    assert outbox.of("a") == Sent("zweites ü", {})
    for number in range(EDITORS - 1):
        outbox.keep(str(number), {}, b"x")
    outbox.keep("a", {"jwt": 2}, b"again")
    outbox.keep("new", {}, b"x")
    assert outbox.of("a") == Sent("again", {"jwt": 2})
    assert outbox.of("0") == Sent()
    outbox.clear()
    assert outbox.of("a") == Sent()
