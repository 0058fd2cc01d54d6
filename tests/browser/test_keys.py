"""The keys and the controls, in JupyterLab and Notebook 7, with suggestions that the test has written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, expect

from tests.browser.answers import Answers
from tests.browser.conftest import SIZE
from tests.browser.jupyter import Server, wait_until
from tests.browser.page import PANEL, SECONDS, NotebookPage

pytestmark = pytest.mark.browser

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
TARGET = "total = frame.mean(axis=1)"
BLOCK = "for row in rows:\n    first(row)\n    second(row)"
POPUP = ".jp-Completer:not(.lm-mod-hidden)"
HISTORY = "@jupyterlab/inline-completer:history"
WATCH_SECONDS = 1.0


class Keys(NotebookPage):
    """A notebook in which suggestions are written by the test."""

    def __init__(self, browser: Browser) -> None:
        page = browser.new_page(viewport=SIZE)
        super().__init__(page)
        self.answers = Answers(page)

    def begin_with(self, text: str, target: str, **how: Any) -> str:
        """Type a text into the empty cell, with a target in mind; gives the ghost."""
        self.answers.suggest(target, **how)
        self.type(text)
        return self.see_ghost()

    def mode(self) -> str:
        """'edit' or 'command'."""
        return cast("str", self.page.evaluate(f"() => {PANEL}.content.mode"))

    def metadata(self) -> Any:
        """What the notebook says to CodeCompose."""
        return self.page.evaluate(f"() => {PANEL}.content.model.getMetadata('codecompose') ?? null")

    def execute(self, command: str) -> None:
        """Execute a command, as the palette does, and put the cursor back."""
        self.page.evaluate("id => window.jupyterapp.commands.execute(id)", command)
        self.page.evaluate(f"() => {PANEL}.content.activeCell.editor.focus()")

    def wait_for_source(self, source: str) -> None:
        """Wait until the active cell holds a text."""
        self.page.wait_for_function(
            f"text => {PANEL}.content.activeCell.model.sharedModel.getSource() === text", arg=source
        )

    def see_no_request(self) -> None:
        """Nothing is asked, for longer than any pause."""
        self.page.wait_for_timeout(WATCH_SECONDS * SECONDS)
        assert self.asked_here() == []

    def asked_here(self) -> list[str]:
        """Why something was asked for the cell as it is; not what was asked ahead."""
        source = self.source()
        return [made["trigger"] for made in self.answers.asked if made["cells"][made["active"]]["source"] == source]


@pytest.fixture(scope="module")
def front(browser: Browser, server: Server) -> Iterator[Keys]:
    """A notebook in JupyterLab."""
    nbformat.write(new_notebook(cells=[new_code_cell("n = 1")], metadata=KERNEL), server.root / "keys.ipynb")
    keys = Keys(browser)
    keys.open(f"{server.url}/lab/tree/keys.ipynb?reset&token={server.token}")
    keys.run(0)
    # A kernel's first answers take longer than the host waits for them.
    for code in ("n.", "prin"):
        complete = "kernel.requestComplete({ code, cursor_pos: code.length })"
        keys.page.evaluate(f"code => {PANEL}.sessionContext.session.{complete}", code)
    yield keys
    keys.page.close()


@pytest.fixture
def alone(browser: Browser) -> Iterator[Keys]:
    """A page of its own."""
    keys = Keys(browser)
    yield keys
    keys.page.close()


@pytest.fixture
def cell(front: Keys) -> Iterator[Keys]:
    """The cursor in a new empty cell at the end, which is gone afterwards; nothing was asked yet."""
    front.answers.suggest("")
    index = front.add()
    front.answers.forget()
    yield front
    front.remove(index)


def test_tab_without_a_ghost_opens_the_popup(cell: Keys) -> None:
    cell.type("prin")
    cell.see_no_ghost()
    cell.press("Tab")
    expect(cell.page.locator(POPUP)).to_be_visible()
    assert cell.source() == "prin"


def test_tab_accepts_the_ghost(cell: Keys) -> None:
    assert cell.begin_with("total", TARGET) == TARGET.removeprefix("total")
    cell.press("Tab")
    cell.wait_for_source(TARGET)


def test_tab_at_the_beginning_of_a_line_indents(cell: Keys) -> None:
    cell.type("if n:\n")
    cell.press("Home")
    cell.press("Tab")
    cell.wait_for_source("if n:\n        ")


def test_tab_after_an_empty_answer_indents(cell: Keys) -> None:
    cell.begin_with("total", TARGET)
    cell.type("Q")
    cell.see_no_ghost()
    cell.press("Home")
    cell.press("Tab")
    cell.wait_for_source("    totalQ")


def test_tab_while_streaming_takes_what_is_there(cell: Keys) -> None:
    cell.answers.suggest(TARGET, held="total = ")
    cell.type("total")
    expect(cell.ghost).to_have_text(" = ")
    cell.press("Tab")
    cell.wait_for_source("total = ")
    cell.answers.go()
    cell.see_ghost()
    cell.press("Tab")
    cell.wait_for_source(TARGET)


def test_typing_along_a_stream_doubles_no_letter(cell: Keys) -> None:
    cell.answers.suggest(TARGET, held="total = ")
    cell.type("total")
    expect(cell.ghost).to_have_text(" = ")
    cell.type(" =")
    cell.answers.go()
    expect(cell.ghost).to_have_text(TARGET.removeprefix("total ="))
    cell.press("Tab")
    cell.wait_for_source(TARGET)


def test_tab_after_the_last_letter_was_typed_is_the_hosts(cell: Keys) -> None:
    cell.begin_with("pri", "print")
    cell.type("nt")
    cell.see_no_ghost()
    cell.press("Home")
    cell.press("Tab")
    cell.wait_for_source("    print")


def test_tab_at_an_error_is_the_hosts(cell: Keys) -> None:
    cell.answers.suggest("", fault="It broke.")
    cell.type("    prin")
    cell.press("Alt+\\")
    expect(cell.page.locator(".jp-GhostText-errorIndicator")).to_be_attached()
    cell.press("Tab")
    expect(cell.page.locator(POPUP)).to_be_visible()


def test_tab_in_the_popup_is_the_popups(cell: Keys) -> None:
    cell.type("n.")
    cell.press("Tab")
    expect(cell.page.locator(POPUP)).to_be_visible()
    cell.answers.suggest("n.wrong")
    cell.press("Tab")
    cell.press("Enter")
    expect(cell.page.locator(POPUP)).to_have_count(0)
    assert cell.source() not in ("n.", "n.wrong")


def test_word_by_word(cell: Keys) -> None:
    cell.begin_with("total", TARGET)
    for word in (" =", " frame", ".mean", "("):
        before = cell.source()
        cell.press("ControlOrMeta+ArrowRight")
        cell.wait_for_source(before + word)
        expect(cell.ghost).to_have_text(TARGET.removeprefix(before + word))
        assert cell.asked_here() == []
    cell.press("Tab")
    cell.wait_for_source(TARGET)


def test_a_word_in_the_middle_of_a_line(cell: Keys) -> None:
    cell.answers.suggest("print(total, end)")
    cell.type("print()")
    cell.press("ArrowLeft")
    cell.type("to")
    assert cell.see_ghost() == "tal, end)"
    cell.press("ControlOrMeta+ArrowRight")
    cell.wait_for_source("print(total)")
    cell.press("Escape")
    assert cell.mode() == "edit"


def test_line_by_line(cell: Keys) -> None:
    cell.begin_with("for", BLOCK)
    for line in ("for row in rows:", "for row in rows:\n    first(row)", BLOCK):
        cell.press("ControlOrMeta+ArrowDown")
        cell.wait_for_source(line)
    cell.see_no_ghost()


def test_the_keys_of_the_host_without_a_ghost(cell: Keys) -> None:
    cell.type("one two\nthree")
    cell.press("Home")
    cell.press("ControlOrMeta+ArrowRight")
    cell.type("!")
    assert cell.source() == "one two\nthree!"
    cell.press("Escape")
    cell.page.wait_for_function(f"() => {PANEL}.content.mode === 'command'")


def test_escape_dismisses_and_stays(cell: Keys) -> None:
    cell.begin_with("total", TARGET)
    cell.answers.forget()
    cell.press("Escape")
    cell.see_no_ghost()
    assert cell.mode() == "edit"
    cell.see_no_request()
    cell.see_no_ghost()
    cell.type(" ")
    assert cell.see_ghost() == TARGET.removeprefix("total ")
    cell.press("Escape")
    assert cell.mode() == "edit"
    cell.press("Escape")
    cell.page.wait_for_function(f"() => {PANEL}.content.mode === 'command'")


def test_a_dismissed_stream_does_not_come_back(cell: Keys) -> None:
    cell.answers.suggest(TARGET, held="total = ")
    cell.type("total")
    expect(cell.ghost).to_have_text(" = ")
    cell.press("Escape")
    cell.answers.go()
    cell.page.wait_for_timeout(WATCH_SECONDS * SECONDS)
    cell.see_no_ghost()


@pytest.mark.parametrize("typed", ["# the sum of all rows\n", "for row in rows:\n"])
def test_enter_after_a_line_that_leads_on(cell: Keys, typed: str) -> None:
    source = typed + ("    " if typed.startswith("for") else "")
    cell.answers.suggest(source + "total = 0", start=len(source))
    cell.type(typed.removesuffix("\n"))
    cell.press("Enter")
    assert cell.see_ghost() == "total = 0"
    assert cell.source() == source
    assert cell.asked_here() == ["pause"]
    cell.press("Tab")
    cell.wait_for_source(source + "total = 0")


def test_an_empty_line_and_no_other(cell: Keys) -> None:
    cell.write("one = 1\n\ntwo = 2")
    cell.answers.suggest("one = 1\nhalf = 0.5")
    cell.press("ArrowUp")
    assert cell.see_ghost() == "half = 0.5"
    cell.answers.forget()
    cell.press("ArrowUp")
    cell.see_no_ghost()
    cell.see_no_request()


def test_a_new_cell_below_one_that_has_run(front: Keys) -> None:
    front.run(0)
    front.answers.suggest("print(n)")
    front.edit(0)
    front.press("Shift+Enter")
    try:
        assert front.see_ghost() == "print(n)"
        assert front.asked_here() == ["pause"]
        assert front.source() == ""
    finally:
        front.remove(1)


def test_a_pause_asks_nobody_else(alone: Keys, server: Server) -> None:
    settings = server.settings("@jupyterlab/completer-extension/inline-completer")
    settings.write_text(json.dumps({"providers": {HISTORY: {"enabled": True}}}))
    nbformat.write(new_notebook(cells=[new_code_cell()], metadata=KERNEL), server.root / "others.ipynb")
    alone.open(f"{server.url}/lab/tree/others.ipynb?reset&token={server.token}")
    alone.edit(0)
    assert alone.begin_with("total", TARGET) == TARGET.removeprefix("total")
    alone.press("Tab")
    alone.press("Enter")
    alone.answers.forget()
    alone.see_no_request()


def test_what_was_asked_for_in_one_cell_does_not_come_in_another(cell: Keys) -> None:
    cell.answers.suggest(TARGET, held="total")
    cell.type("total")
    cell.press("Alt+\\")
    cell.page.wait_for_function("() => window.answers.asked.some(({ trigger }) => trigger === 'invoke')")
    cell.edit(0)
    cell.answers.go()
    cell.page.wait_for_timeout(WATCH_SECONDS * SECONDS)
    cell.see_no_ghost()
    cell.press("Tab")
    assert TARGET.removeprefix("total") not in "".join(cell.sources())
    cell.press("Escape")


def test_the_popup_and_the_ghost(cell: Keys) -> None:
    cell.answers.suggest("n.real + 1")
    cell.type("n.")
    cell.see_ghost()
    cell.press("Escape")
    cell.press("Tab")
    expect(cell.page.locator(POPUP)).to_be_visible()
    cell.type("r")
    cell.see_no_ghost()
    expect(cell.page.locator(POPUP)).to_be_visible()
    cell.press("Escape")
    assert cell.see_ghost() == "eal + 1"
    expect(cell.page.locator(POPUP)).to_have_count(0)
    assert cell.mode() == "edit"


def test_pause_everywhere(cell: Keys) -> None:
    cell.execute("codecompose:toggle")
    cell.answers.suggest(TARGET)
    cell.type("total\n")
    cell.see_no_request()
    cell.press("Backspace")
    cell.press("Alt+\\")
    assert cell.see_ghost() == TARGET.removeprefix("total")
    cell.type(" ")
    expect(cell.ghost).to_have_text(TARGET.removeprefix("total "))
    cell.execute("codecompose:toggle")


def test_off_in_this_notebook(cell: Keys) -> None:
    cell.execute("codecompose:toggle-document")
    assert cell.metadata() == {"automatic": False}
    cell.answers.suggest(TARGET)
    cell.type("total")
    cell.see_no_request()
    cell.press("Alt+\\")
    assert cell.see_ghost() == TARGET.removeprefix("total")
    cell.execute("codecompose:toggle-document")
    assert cell.metadata() is None
    cell.write("")
    cell.type("total")
    cell.see_ghost()


def test_off_in_this_language(cell: Keys) -> None:
    cell.execute("codecompose:toggle-language")
    cell.answers.suggest(TARGET)
    cell.type("total")
    cell.see_no_request()
    cell.execute("codecompose:toggle-language")
    cell.type(" ")
    cell.see_ghost()


def test_off_in_this_cell(cell: Keys) -> None:
    cell.execute("codecompose:toggle-cell")
    cell.answers.suggest(TARGET)
    cell.type("total")
    cell.press("Alt+\\")
    cell.see_no_request()
    cell.execute("codecompose:toggle-cell")
    tags = cell.page.evaluate(f"() => {PANEL}.content.activeCell.model.getMetadata('tags')")
    assert tags == []
    cell.type(" ")
    cell.see_ghost()


def test_without_what_the_kernel_knows(cell: Keys) -> None:
    cell.answers.suggest(TARGET)
    cell.type("tot")
    cell.see_ghost()
    assert cell.answers.asked[-1]["kernel"]
    cell.execute("codecompose:toggle-kernel")
    assert cell.metadata() == {"kernel": False}
    cell.write("")
    cell.type("total ")
    cell.see_ghost()
    assert cell.answers.asked[-1]["kernel"] is None
    cell.execute("codecompose:toggle-kernel")


def test_the_commands_have_a_menu_and_a_place_in_the_palette(front: Keys) -> None:
    commands = json.loads(front.page.evaluate("() => JSON.stringify(window.jupyterapp.commands.listCommands())"))
    ours = {command for command in commands if command.startswith("codecompose:")}
    front.page.get_by_role("menuitem", name="Settings", exact=True).click()
    front.page.locator(".lm-Menu-item[data-type=submenu]", has_text="CodeCompose").hover()
    items = front.page.locator(".lm-Menu-item[data-command^='codecompose:']")
    expect(items).to_have_count(len(ours))
    word = front.page.locator("[data-command='codecompose:accept-word'] .lm-Menu-itemShortcut")
    expect(word).to_have_text("Ctrl+Right")
    front.press("Escape")
    front.press("Escape")
    front.press("Escape")
    front.press("ControlOrMeta+Shift+c")
    front.page.locator(".lm-CommandPalette-input").fill("CodeCompose")
    found = front.page.locator(".lm-CommandPalette-item[data-command^='codecompose:']")
    expect(found).to_have_count(len(ours))
    front.press("Escape")


def test_notebook_7(alone: Keys, server: Server) -> None:
    pytest.importorskip("notebook")
    nbformat.write(new_notebook(cells=[new_code_cell("")], metadata=KERNEL), server.root / "keys7.ipynb")
    alone.open(f"{server.url}/notebooks/keys7.ipynb?token={server.token}")
    alone.edit(0)
    alone.begin_with("for", BLOCK)
    alone.press("ControlOrMeta+ArrowRight")
    alone.wait_for_source("for row")
    alone.press("Escape")
    alone.see_no_ghost()
    assert alone.mode() == "edit"
    alone.type(" ")
    alone.see_ghost()
    alone.press("ControlOrMeta+ArrowDown")
    alone.wait_for_source("for row in rows:")
    alone.press("Tab")
    alone.wait_for_source(BLOCK)


def test_the_file_editor(alone: Keys, server: Server) -> None:
    server.root.joinpath("keys.py").write_text("")
    page, answers = alone.page, alone.answers
    page.goto(f"{server.url}/lab/tree/keys.py?reset&token={server.token}", wait_until="domcontentloaded")
    page.wait_for_function("() => window.jupyterapp")
    page.evaluate("() => window.jupyterapp.restored")
    page.locator(".jp-FileEditor .cm-content").click()

    def is_asked() -> bool:
        page.keyboard.press("Alt+\\")
        page.wait_for_timeout(100)
        return bool(answers.asked)

    wait_until(is_asked, "nobody completes in this editor")
    answers.suggest(TARGET)
    page.keyboard.type("total", delay=40)
    ghost = page.locator(".jp-FileEditor .jp-GhostText").first
    expect(ghost).to_have_text(TARGET.removeprefix("total"))
    page.keyboard.press("ControlOrMeta+ArrowRight")
    expect(ghost).to_have_text(TARGET.removeprefix("total ="))
    page.keyboard.press("Escape")
    expect(ghost).to_have_count(0)
    answers.suggest("total =\nmore = 1")
    page.keyboard.press("Enter")
    expect(ghost).to_have_text("more = 1")
    page.keyboard.press("Tab")
    source = "window.jupyterapp.shell.currentWidget.content.model.sharedModel.getSource()"
    page.wait_for_function(f"() => {source} === 'total =\\nmore = 1'")
    answers.suggest(TARGET)
    page.evaluate("() => window.jupyterapp.commands.execute('codecompose:toggle-document')")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("total", delay=40)
    answers.forget()
    page.keyboard.type(" ")
    page.wait_for_timeout(WATCH_SECONDS * SECONDS)
    assert answers.asked == []
    page.keyboard.press("Alt+\\")
    expect(ghost).to_have_text(TARGET.removeprefix("total "))
