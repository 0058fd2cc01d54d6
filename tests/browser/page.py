"""A notebook in a browser's page, driven as a person would: look at a cell, type, see what is grey, press a key.

What a cell holds is read from the document's model, never from the screen, where the ghost text stands among it.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from playwright.sync_api import Locator, Page, expect

from tests.browser.requests import Requests

PANEL = "window.jupyterapp.shell.currentWidget"
IDLE = f"() => {{ const s = {PANEL}?.sessionContext; return s?.isReady && s.session?.kernel?.status === 'idle'; }}"
GHOST = ".jp-mod-active .jp-GhostText:not(.jp-GhostText-lineSpacer):not(.jp-GhostText-letterSpacer)"
STREAMING = ".jp-mod-active .jp-GhostText-streamingIndicator"
SECONDS = 1000
QUIET = 250


TURN_ALL_ON = """async () => {
    const { commands } = window.jupyterapp;
    for (const name of ['toggle', 'toggle-document', 'toggle-language', 'toggle-kernel']) {
        const command = `codecompose:${name}`;
        if (commands.isEnabled(command) && !commands.isToggled(command)) await commands.execute(command);
    }
}"""


class NotebookPage:
    """The notebook in front. Waits for what it promises; a wait that is too long fails."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.ghost = page.locator(GHOST).first
        self.requests = Requests(page, QUIET)

    def open(self, url: str) -> None:
        """Load a page and wait for the notebook in it."""
        self.page.goto(url, wait_until="domcontentloaded")
        self.page.wait_for_function("() => window.jupyterapp")
        self.page.evaluate("() => window.jupyterapp.restored")
        self.wait_until_idle()

    def show(self, path: str) -> None:
        """Open another notebook in JupyterLab, and bring it to the front."""
        self.page.evaluate(
            """async path => {
                const panel = await window.jupyterapp.commands.execute('docmanager:open', { path });
                await panel.revealed;
                window.jupyterapp.shell.activateById(panel.id);
            }""",
            path,
        )
        self.page.wait_for_function(f"path => {PANEL}?.context?.path === path", arg=path)
        self.wait_until_idle()

    def bring(self, path: str) -> None:
        """Bring a notebook to the front, unless it is there."""
        if self.page.evaluate(f"() => {PANEL}?.context?.path") != path:
            self.show(path)

    def restore(self) -> None:
        """Whatever a test has left: the server answers again, no dialog is open, and what was turned off is on."""
        self.page.unroute_all()
        dialogs = self.page.locator(".jp-Dialog")
        for _ in range(dialogs.count()):
            self.press("Escape")
        expect(dialogs).to_have_count(0)
        self.page.evaluate(TURN_ALL_ON)

    def close(self) -> None:
        """Close the notebook in front, unsaved, and end its kernel."""
        self.page.evaluate(
            f"""async () => {{
                const panel = {PANEL};
                await panel.sessionContext.shutdown();
                panel.context.model.dirty = false;
                panel.dispose();
            }}"""
        )

    def wait_until_idle(self) -> None:
        """Wait for a kernel that has nothing to do."""
        self.page.wait_for_function(IDLE, timeout=60 * SECONDS)

    def type_until_answered(self, text: str) -> None:
        """Type something, and wait until the server was asked and has nothing more to answer."""
        self.requests.wait_until_answered(lambda: self.type(text))

    def ask(self) -> None:
        """Ask by hand, and wait until that has its answer."""
        self.requests.wait_until_answered(lambda: self.press("Alt+\\"), lambda asked: asked["trigger"] == "invoke")

    def interrupt(self) -> None:
        """Interrupt what runs."""
        self.page.evaluate(f"() => {PANEL}.sessionContext.session.kernel.interrupt()")
        self.wait_until_idle()

    def kernel_status(self) -> str:
        """'idle', 'busy', …"""
        return cast("str", self.page.evaluate(f"() => {PANEL}.sessionContext.session.kernel.status"))

    def sources(self) -> list[str]:
        """The text of all cells."""
        cells = f"Array.from({PANEL}.content.model.sharedModel.cells, cell => cell.getSource())"
        return cast("list[str]", self.page.evaluate(f"() => {cells}"))

    def source(self) -> str:
        """The text of the active cell."""
        return cast("str", self.page.evaluate(f"() => {PANEL}.content.activeCell.model.sharedModel.getSource()"))

    def run(self, index: int) -> None:
        """Run a cell to its end."""
        self.page.evaluate(
            f"""async i => {{
                {PANEL}.content.activeCellIndex = i;
                await window.jupyterapp.commands.execute('notebook:run-cell');
            }}""",
            index,
        )
        self.wait_until_idle()

    def begin(self, index: int) -> None:
        """Run a cell, and go on once it runs."""
        self.page.evaluate(
            f"""i => {{
                {PANEL}.content.activeCellIndex = i;
                void window.jupyterapp.commands.execute('notebook:run-cell');
            }}""",
            index,
        )
        self.page.wait_for_function(f"() => {PANEL}.sessionContext.session.kernel.status === 'busy'")

    def add(self, source: str = "", kind: str = "code", at: int | None = None) -> int:
        """Add a cell, at the end if nothing else is said, and put the cursor at its end; gives its index."""
        index: int = self.page.evaluate(
            f"""([source, cell_type, at]) => {{
                const shared = {PANEL}.content.model.sharedModel;
                const index = at ?? shared.cells.length;
                shared.insertCell(index, {{ cell_type, source }});
                return index;
            }}""",
            [source, kind, at],
        )
        self.edit(index)
        return index

    def remove(self, index: int) -> None:
        """Remove a cell."""
        self.page.evaluate(f"i => {PANEL}.content.model.sharedModel.deleteCell(i)", index)

    def write(self, source: str) -> None:
        """Put another text into the active cell, and the cursor at its end."""
        self.page.evaluate(f"text => {PANEL}.content.activeCell.model.sharedModel.setSource(text)", source)
        self.edit(cast("int", self.page.evaluate(f"() => {PANEL}.content.activeCellIndex")))

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate(f"() => {PANEL}.context.save()")

    def edit(self, index: int) -> None:
        """Put the cursor at the end of a cell."""
        self.page.evaluate(
            f"""async i => {{
                const notebook = {PANEL}.content;
                notebook.activeCellIndex = i;
                await notebook.scrollToItem(i);
                const cell = notebook.widgets[i];
                await cell.ready;
                if (cell.model.type === 'markdown') cell.rendered = false;
                notebook.mode = 'edit';
                cell.editor.focus();
                const line = cell.editor.lineCount - 1;
                cell.editor.setCursorPosition({{ line, column: cell.editor.getLine(line).length }});
            }}""",
            index,
        )
        self.page.wait_for_function(f"() => {PANEL}.content.activeCell.editor.hasFocus()")

    def type(self, text: str) -> None:
        """Type, at a person's pace."""
        self.page.keyboard.type(text, delay=40)

    def press(self, key: str) -> None:
        """Press a key."""
        self.page.keyboard.press(key)

    def see_ghost(self, seconds: float = 15) -> str:
        """The whole ghost text, once it is there and no longer grows."""
        expect(self.ghost).to_be_visible(timeout=seconds * SECONDS)
        expect(self.page.locator(STREAMING)).to_have_count(0, timeout=seconds * SECONDS)
        return self.text_of_ghost()

    def text_of_ghost(self) -> str:
        """What is grey now; '' if nothing is."""
        return "".join(self.page.locator(GHOST).all_inner_texts())

    def see_no_ghost(self) -> None:
        """Nothing is grey."""
        expect(self.page.locator(GHOST)).to_have_count(0)

    def status_item(self) -> Locator:
        """The item in the status bar."""
        return self.page.locator(".jp-CodeComposeStatus")

    def wear(self, theme: str) -> None:
        """Change JupyterLab's theme."""
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        self.page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)

    def scroll_to_top(self) -> None:
        """Show the beginning of the notebook."""
        self.page.evaluate(f"() => {PANEL}.content.scrollToItem(0)")

    def picture(self, path: Path) -> None:
        """Save what is seen, without the file browser beside it."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        expect(self.ghost).to_be_visible()
        self.page.screenshot(path=path)
        self.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
