"""The requests for suggestions that a page makes: which there were, and when it is quiet again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from playwright.sync_api import Page, Request

ROUTE = "/codecompose/complete"
ANSWER = 15.0
STEP = 50


class Requests:
    """All requests of a page from now on. A wait that is too long fails."""

    def __init__(self, page: Page, quiet: int) -> None:
        """`quiet`: how many milliseconds without a request make a pause."""
        self.asked: list[dict[str, Any]] = []
        self._page = page
        self._quiet = quiet
        self._open: set[Request] = set()
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def wait_until_answered(
        self, act: Callable[[], None], is_meant: Callable[[dict[str, Any]], bool] = lambda asked: True
    ) -> None:
        """Do something, and wait until the server was asked what is meant and has nothing more to answer."""
        before = len(self.asked)
        act()
        self._wait(lambda: any(map(is_meant, self.asked[before:])) and not self._open)

    def wait_until_quiet(self) -> None:
        """Wait until nothing was asked or is being answered for a while."""
        before = -1

        def is_quiet() -> bool:
            nonlocal before
            is_same, before = len(self.asked) == before, len(self.asked)
            return is_same and not self._open

        self._wait(is_quiet)

    def _wait(self, is_quiet: Callable[[], bool]) -> None:
        end = time.monotonic() + ANSWER
        quiet = 0
        while quiet < self._quiet:
            assert time.monotonic() < end, f"not quiet: {len(self.asked)} requests, {len(self._open)} not answered"
            self._page.wait_for_timeout(STEP)
            quiet = quiet + STEP if is_quiet() else 0

    def _begin(self, request: Request) -> None:
        if ROUTE in request.url:
            self.asked.append(snapshot_in(request))
            self._open.add(request)

    def _end(self, request: Request) -> None:
        self._open.discard(request)


def snapshot_in(request: Request) -> dict[str, Any]:
    """What was asked."""
    return cast("dict[str, Any]", request.post_data_json)
