"""The classic notebook in a browser's page, driven as a person would.

What a cell holds is read from the editor's document, never from the screen, where the ghost text stands among it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.page import SECONDS
from tests.browser.requests import Requests, snapshot_in

NOTEBOOK = "window.Jupyter.notebook"
CELL = f"{NOTEBOOK}.get_selected_cell()"
IDLE = f"() => {NOTEBOOK}?._fully_loaded && {NOTEBOOK}.kernel?.is_connected() && !{NOTEBOOK}.kernel_busy"
GHOST = ".codecompose-ghost"
COMPLETE = "**/codecompose/complete"
QUIET = 400


TURN_ALL_ON = """() => {
    const { automatic, kernel } = Jupyter.notebook.metadata.codecompose ?? {};
    const isPaused = document.querySelector('.codecompose-button').getAttribute('aria-pressed') === 'false';
    const off = { toggle: isPaused, 'toggle-notebook': automatic === false, 'toggle-kernel': kernel === false };
    for (const [name, isOff] of Object.entries(off)) {
        if (isOff) Jupyter.actions.call(`codecompose:${name}`);
    }
}"""


class ClassicPage:
    """A notebook of nbclassic. Waits for what it promises; a wait that is too long fails."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.ghost = page.locator(GHOST)
        self.requests = Requests(page, QUIET)
        self.asked = self.requests.asked

    def open(self, url: str) -> None:
        """Load a page and wait for its kernel and for the extension."""
        self.page.goto(url, wait_until="domcontentloaded")
        self.page.wait_for_function("() => window.Jupyter?.notebook")
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Wait for a kernel that has nothing to do."""
        self.page.wait_for_function(IDLE, timeout=60 * SECONDS)

    def run(self, index: int) -> None:
        """Run a cell to its end."""
        self.page.evaluate(
            f"""i => new Promise(done => {{
                window.Jupyter.notebook.events.one('finished_execute.CodeCell', done);
                {NOTEBOOK}.execute_cells([i]);
            }})""",
            index,
        )
        self.wait_until_idle()

    def add(self, source: str = "", kind: str = "code") -> int:
        """Add a cell at the end, and put the cursor at its end; gives its index."""
        index = cast(
            "int",
            self.page.evaluate(
                f"""([source, kind]) => {{
                    const cell = {NOTEBOOK}.insert_cell_at_bottom(kind);
                    cell.set_text(source);
                    return {NOTEBOOK}.find_cell_index(cell);
                }}""",
                [source, kind],
            ),
        )
        self.edit(index)
        return index

    def edit(self, index: int) -> None:
        """Put the cursor at the end of a cell."""
        self.page.evaluate(
            f"""i => {{
                {NOTEBOOK}.select(i);
                {NOTEBOOK}.edit_mode();
                const cm = {CELL}.code_mirror;
                cm.focus();
                cm.execCommand('goDocEnd');
            }}""",
            index,
        )
        self.page.wait_for_function(f"() => {CELL}.code_mirror.hasFocus()")

    def write(self, source: str) -> None:
        """Put another text into the selected cell, and the cursor at its end; nothing is to be undone then."""
        self.page.evaluate(
            f"text => {{ const cm = {CELL}.code_mirror; cm.setValue(text); cm.clearHistory(); }}", source
        )
        self.page.evaluate(f"() => {CELL}.code_mirror.execCommand('goDocEnd')")

    def remove(self, index: int) -> None:
        """Remove a cell."""
        self.page.evaluate(f"i => {NOTEBOOK}.delete_cell(i)", index)

    def type(self, text: str) -> None:
        """Type, at a person's pace."""
        self.page.keyboard.type(text, delay=40)

    def press(self, key: str) -> None:
        """Press a key."""
        self.page.keyboard.press(key)

    def type_until_answered(self, text: str) -> None:
        """Type something, and wait until the server was asked and has nothing more to answer."""
        self.requests.wait_until_answered(lambda: self.type(text))

    def asked_but(self, since: int, ahead: str) -> list[str]:
        """The texts that something was asked for since then, but for what is asked ahead."""
        texts = [asked["cells"][asked["active"]]["source"] for asked in self.asked[since:]]
        return [text for text in texts if text != ahead]

    def sources(self) -> list[str]:
        """The text of all cells."""
        return cast("list[str]", self.page.evaluate(f"() => {NOTEBOOK}.get_cells().map(cell => cell.get_text())"))

    def source(self) -> str:
        """The text of the selected cell."""
        return cast("str", self.page.evaluate(f"() => {CELL}.get_text()"))

    def cursor(self) -> int:
        """Where the cursor is in it."""
        return cast("int", self.page.evaluate(f"() => (cm => cm.indexFromPos(cm.getCursor()))({CELL}.code_mirror)"))

    def mode(self) -> str:
        """'edit' or 'command'."""
        return cast("str", self.page.evaluate(f"() => {NOTEBOOK}.mode"))

    def see_ghost(self, seconds: float = 15) -> str:
        """The whole ghost text, once it is there and no longer grows."""
        expect(self.ghost.first).to_be_visible(timeout=seconds * SECONDS)
        self.wait_until_quiet()
        return self.text_of_ghost()

    def wait_until_quiet(self) -> None:
        """Wait until nothing was asked or is being answered for a while."""
        self.requests.wait_until_quiet()

    def text_of_ghost(self) -> str:
        """What is grey now; '' if nothing is."""
        return "\n".join(text or "" for text in self.ghost.all_text_contents())

    def see_no_ghost(self) -> None:
        """Nothing is grey."""
        expect(self.ghost).to_have_count(0)

    def button(self) -> Locator:
        """The button in the toolbar."""
        return self.page.locator(".codecompose-button")

    def suggest(self, target: str) -> None:
        """From now on the rest of `target` is suggested where the text before the cursor is its beginning."""

        def answer(route: Route) -> None:
            asked = snapshot_in(route.request)
            before = asked["cells"][asked["active"]]["source"][: asked["cursor"]]
            text = target.removeprefix(before) if target.startswith(before) else ""
            route.fulfill(content_type="text/event-stream", body=stream_of(text))

        self.answer_as_usual()
        self.page.route(COMPLETE, answer)

    def answer_as_usual(self) -> None:
        """From now on the server is asked."""
        self.page.unroute(COMPLETE)

    def restore(self) -> None:
        """Whatever a test has left: the server answers again, and what was turned off is on."""
        self.page.unroute_all()
        self.page.evaluate(TURN_ALL_ON)

    def picture(self, path: Path) -> None:
        """Save what is seen."""
        self.page.screenshot(path=path)


def stream_of(text: str) -> str:
    """What the server sends when it suggests `text`."""
    chunks = [{"type": "chunk", "text": text}] if text else []
    events = [*chunks, {"type": "end", "reason": "stop" if text else "silent"}]
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events)
