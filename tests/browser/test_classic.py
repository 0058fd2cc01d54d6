"""What a person sees in the classic notebook, with the real server, the real worker and the bundled model.

Where a suggestion must have a certain shape, the answer is put in the server's place; everything else is real.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.browser.answers import Answers
from tests.browser.classic import ClassicPage
from tests.browser.conftest import SIZE
from tests.browser.jupyter import EXAMPLES, Server, serving
from tests.browser.page import SECONDS, NotebookPage
from tests.browser.requests import snapshot_in

pytest.importorskip("nbclassic")
pytestmark = pytest.mark.browser

DOCS = Path(__file__).parents[2] / "docs"
TYPED = "answer = "
BLOCK = "[\n    1,\n    2,\n"
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
}


@pytest.fixture(scope="module")
def classic(browser: Browser, server: Server) -> Iterator[ClassicPage]:
    """The quickstart notebook in the classic notebook, its cells run."""
    shutil.copy(EXAMPLES / "quickstart.ipynb", server.root / "classic.ipynb")
    context = browser.new_context(viewport=SIZE)
    classic = ClassicPage(context.new_page())
    classic.open(address(server, "classic.ipynb"))
    for index in (1, 3, 5):
        classic.run(index)
    yield classic
    context.close()


@pytest.fixture
def cell(classic: ClassicPage) -> Iterator[ClassicPage]:
    """The cursor in a new empty cell at the end, where nothing was suggested yet; it is gone afterwards."""
    classic.suggest("")
    index = classic.add()
    classic.wait_until_quiet()
    classic.answer_as_usual()
    yield classic
    classic.answer_as_usual()
    classic.remove(index)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own."""
    page = browser.new_page(viewport=SIZE)
    yield page
    page.close()


def address(server: Server, name: str) -> str:
    """Where a notebook is shown."""
    return f"{server.url}/nbclassic/notebooks/{name}?token={server.token}"


def test_tab_accepts_a_column_that_only_the_kernel_knows(cell: ClassicPage) -> None:
    assert [source for source in cell.sources() if "wind" in source] == []
    cell.type('weather["wi')
    assert cell.see_ghost().startswith("nd")
    assert cell.source() == 'weather["wi"]'
    cell.press("Tab")
    assert cell.source() == 'weather["wind"]'
    assert cell.mode() == "edit"


def test_what_was_accepted_is_undone_in_one_step(cell: ClassicPage) -> None:
    cell.suggest(TYPED + BLOCK)
    cell.type(TYPED)
    cell.see_ghost()
    cell.press("Tab")
    assert cell.source() == TYPED + BLOCK
    cell.press("Control+z")
    assert cell.source() == TYPED
    cell.press("Control+Shift+z")
    assert cell.source() == TYPED + BLOCK


def test_a_block_stands_where_it_will_be(cell: ClassicPage) -> None:
    """What is right of the cursor is shown behind the last grey line, and is not doubled."""
    cell.write("print()")
    cell.press("ArrowLeft")
    cell.suggest("print(1,\n    2")
    cell.type("1")
    assert cell.see_ghost() == ",\n    2"
    expect(cell.page.locator(".cell.selected .CodeMirror-code")).to_have_text("print(1,    2)")
    assert cell.source() == "print(1)"
    cell.press("Tab")
    assert cell.source() == "print(1,\n    2)"
    cell.type("x")
    cell.see_no_ghost()
    assert cell.source() == "print(1,\n    2x)"


def test_letters_that_match_move_through_the_ghost_without_a_request(cell: ClassicPage) -> None:
    cell.suggest(TYPED + "sum([1, 2])")
    cell.type(TYPED)
    cell.see_ghost()
    asked = len(cell.asked)
    cell.type("sum")
    assert cell.text_of_ghost() == "([1, 2])"
    assert cell.source() == TYPED + "sum"
    assert cell.asked_but(asked, ahead=TYPED + "sum([1, 2])") == []
    cell.press("Tab")
    assert cell.source() == TYPED + "sum([1, 2])"


def test_brackets_that_match_are_not_closed_twice(cell: ClassicPage) -> None:
    """The host closes what is opened; here the suggestion does."""
    cell.suggest(TYPED + "f(['a'])")
    cell.type(TYPED)
    cell.see_ghost()
    asked = len(cell.asked)
    cell.type("f(['")
    assert cell.text_of_ghost() == "a'])"
    assert cell.source() == TYPED + "f(['"
    cell.type("a'])")
    assert cell.source() == TYPED + "f(['a'])"
    cell.see_no_ghost()
    assert cell.asked_but(asked, ahead=TYPED + "f(['a'])") == []
    cell.suggest("")
    cell.type_until_answered(" + (")
    assert cell.source() == TYPED + "f(['a']) + ()"


def test_a_letter_that_does_not_match_takes_the_ghost_away(cell: ClassicPage) -> None:
    cell.suggest(TYPED + "sum(")
    cell.type(TYPED)
    cell.see_ghost()
    cell.suggest("")
    cell.type("Q")
    cell.see_no_ghost()
    assert cell.source() == TYPED + "Q"


def test_a_word_at_a_time(cell: ClassicPage) -> None:
    cell.suggest(TYPED + "left.right")
    cell.type(TYPED)
    cell.see_ghost()
    asked = len(cell.asked)
    cell.press("Control+ArrowRight")
    assert cell.source() == TYPED + "left"
    assert cell.text_of_ghost() == ".right"
    cell.press("Control+ArrowRight")
    assert cell.source() == TYPED + "left.right"
    cell.see_no_ghost()
    assert cell.asked_but(asked, ahead=TYPED + "left.right") == []


def test_a_line_at_a_time(cell: ClassicPage) -> None:
    cell.suggest(TYPED + "[\n    1,\n]")
    cell.type(TYPED)
    cell.see_ghost()
    cell.press("Control+ArrowDown")
    assert cell.source() == TYPED + "["
    cell.press("Control+ArrowDown")
    assert cell.source() == TYPED + "[\n    1,"
    assert cell.text_of_ghost() == "\n]"


def test_without_a_ghost_that_key_is_the_hosts(cell: ClassicPage) -> None:
    cell.write("one two")
    cell.press("Home")
    cell.press("Control+ArrowRight")
    assert cell.cursor() == 3
    assert cell.source() == "one two"


def test_escape_takes_the_ghost_away_and_only_then_leaves_the_cell(cell: ClassicPage) -> None:
    cell.suggest(TYPED + "sum(")
    cell.type(TYPED)
    cell.see_ghost()
    cell.press("Escape")
    cell.see_no_ghost()
    assert cell.mode() == "edit"
    assert cell.source() == TYPED
    asked = len(cell.asked)
    cell.type("x")
    cell.press("Backspace")
    cell.wait_until_quiet()
    cell.see_no_ghost()
    assert {request["cells"][request["active"]]["source"] for request in cell.asked[asked:]} <= {TYPED + "x"}
    cell.press("Escape")
    assert cell.mode() == "command"


def test_tab_without_a_ghost_is_the_hosts(cell: ClassicPage) -> None:
    cell.suggest("")
    cell.press("Tab")
    assert cell.source() == "    "
    cell.type_until_answered("weather.temp")
    cell.press("Tab")
    expect(cell.page.locator("#complete")).to_be_visible()
    assert cell.source() == "    weather.temp"
    cell.press("Escape")
    expect(cell.page.locator("#complete")).to_have_count(0)
    assert cell.mode() == "edit"


def test_the_ghost_stays_away_from_the_list_of_completions(cell: ClassicPage) -> None:
    cell.suggest("")
    cell.type_until_answered("weather.te")
    cell.press("Tab")
    choices = cell.page.locator("#complete")
    expect(choices).to_be_visible()
    cell.suggest("weather.temp_minimum")
    asked = len(cell.asked)
    cell.press("ArrowDown")
    cell.wait_until_quiet()
    cell.see_no_ghost()
    assert len(cell.asked) == asked
    cell.press("Enter")
    expect(choices).to_have_count(0)
    assert cell.source() == "weather.temp_min"
    assert cell.see_ghost() == "imum"
    cell.press("Tab")
    assert cell.source() == "weather.temp_minimum"


@pytest.fixture
def say(cell: ClassicPage) -> Iterator[Callable[[str], None]]:
    """Answers the newest request, piece by piece; '' is the end."""
    cell.page.evaluate(
        """() => {
            const real = Worker.prototype.postMessage;
            window.stopSaying = () => { Worker.prototype.postMessage = real; };
            Worker.prototype.postMessage = function (errand) {
                if (!errand.url?.endsWith('/complete')) return real.call(this, errand);
                const news = event => ({ id: errand.id, status: 200, text: `data: ${JSON.stringify(event)}\\n\\n` });
                window.say = event => this.onmessage({ data: news(event) });
            };
        }"""
    )

    def say(text: str) -> None:
        cell.page.wait_for_function("() => window.say", timeout=10 * SECONDS)
        event = {"type": "chunk", "text": text} if text else {"type": "end", "reason": "stop"}
        cell.page.evaluate("event => window.say(event)", event)

    yield say
    cell.page.evaluate("() => window.stopSaying()")


def test_typing_through_a_growing_ghost_doubles_nothing(cell: ClassicPage, say: Callable[[str], None]) -> None:
    """The answer comes in pieces, and letters of it are typed before and after they come."""
    cell.type("Z")
    say("b")
    expect(cell.ghost).to_have_text("b")
    cell.type("bc")
    cell.see_no_ghost()
    say("cdef")
    expect(cell.ghost).to_have_text("def")
    cell.type("d")
    expect(cell.ghost).to_have_text("ef")
    say("gh")
    expect(cell.ghost).to_have_text("efgh")
    cell.press("Tab")
    assert cell.source() == "Zbcdefgh"
    say("")
    cell.wait_until_quiet()
    cell.see_no_ghost()
    assert cell.source() == "Zbcdefgh"


def test_a_run_takes_no_ghost_with_it(classic: ClassicPage) -> None:
    index = classic.add()
    classic.suggest("total = 1 + never")
    classic.type("total = 1")
    classic.see_ghost()
    classic.suggest("")
    classic.press("Shift+Enter")
    classic.see_no_ghost()
    classic.wait_until_idle()
    assert classic.sources()[index:] == ["total = 1", ""]
    classic.page.wait_for_function("i => Number.isInteger(Jupyter.notebook.get_cell(i).input_prompt_number)", arg=index)
    classic.answer_as_usual()
    classic.edit(index + 1)
    classic.type_until_answered("tot")
    cells = classic.asked[-1]["cells"]
    assert (cells[index]["source"], cells[index].get("edited", False)) == ("total = 1", False)
    assert isinstance(cells[index]["count"], int)
    classic.remove(index + 1)
    classic.remove(index)


def test_an_empty_cell_below_one_that_ran(cell: ClassicPage) -> None:
    cell.suggest("weather.head()")
    cell.type("1")
    cell.press("Alt+Enter")
    assert cell.see_ghost() == "weather.head()"
    cell.press("Tab")
    assert cell.source() == "weather.head()"
    cell.answer_as_usual()
    cell.remove(len(cell.sources()) - 1)


def test_changes_that_nobody_typed_ask_for_nothing(cell: ClassicPage) -> None:
    asked = len(cell.asked)
    cell.page.evaluate("() => Jupyter.notebook.get_cell(1).code_mirror.replaceRange('x', {line: 0, ch: 0})")
    cell.page.evaluate("() => Jupyter.notebook.get_cell(1).code_mirror.undo()")
    cell.wait_until_quiet()
    assert len(cell.asked) == asked


def test_the_button_pauses_and_then_it_is_asked_by_hand(cell: ClassicPage) -> None:
    button = cell.button()
    expect(button).to_contain_text("CodeCompose: bundled")
    cell.suggest(TYPED + "sum(")
    button.click()
    expect(button).to_have_text("CodeCompose: paused")
    asked = len(cell.asked)
    cell.type(TYPED)
    cell.wait_until_quiet()
    assert len(cell.asked) == asked
    cell.press("Alt+\\")
    assert cell.see_ghost() == "sum("
    assert cell.asked[-1]["trigger"] == "invoke"
    button.click()
    expect(button).not_to_have_text("CodeCompose: paused")
    cell.type("s")
    assert cell.see_ghost()


def test_what_is_off_for_the_notebook_is_told(cell: ClassicPage) -> None:
    button = cell.button()
    toggle = "() => Jupyter.actions.call('codecompose:toggle-notebook')"
    cell.page.evaluate(toggle)
    expect(button).to_have_text("CodeCompose: off in this document")
    expect(cell.page.locator(".jp-CodeComposeAnnouncer")).to_contain_text("“Suggest in This Document” turns them on.")
    cell.page.evaluate(toggle)
    expect(button).to_contain_text("CodeCompose: bundled")


def test_languages_that_are_off_in_jupyterlab_are_off_here(page: Page, server: Server) -> None:
    server.settings("jupyter-codecompose/plugin").write_text(json.dumps({"languages_off": ["Markdown", "python"]}))
    nbformat.write(new_notebook(cells=[new_code_cell("")], metadata=METADATA), server.root / "off.ipynb")
    off = ClassicPage(page)
    off.open(address(server, "off.ipynb"))
    off.suggest(TYPED + "sum(")
    off.edit(0)
    expect(off.button()).to_have_text("CodeCompose: off for python")
    off.type(TYPED)
    off.wait_until_quiet()
    assert off.asked == []
    off.press("Alt+\\")
    assert off.see_ghost() == "sum("
    page.evaluate("() => Jupyter.actions.call('codecompose:toggle-language')")
    off.type("s")
    assert off.see_ghost() == "um("
    expect(off.button()).not_to_contain_text("off for")


def test_an_error_is_told_in_words(cell: ClassicPage) -> None:
    fault = {"type": "fault", "code": "internal", "message": "The model has failed."}
    body = f"data: {json.dumps(fault)}\n\n"
    cell.page.route("**/codecompose/complete", lambda route: route.fulfill(content_type="text/event-stream", body=body))
    cell.type(TYPED)
    told = cell.page.locator("#notification_codecompose")
    expect(told).to_have_text("The model has failed.")
    cell.see_no_ghost()
    assert cell.source() == TYPED


def test_the_server_is_told_what_jupyterlab_tells_it(classic: ClassicPage, page: Page, server: Server) -> None:
    cells = [
        new_markdown_cell("Some words."),
        new_code_cell(
            "1 + 1",
            execution_count=3,
            outputs=[
                new_output("stream", text="said\n"),
                new_output("execute_result", data={"text/plain": "2", "text/html": "<b>2</b>"}, execution_count=3),
            ],
        ),
        new_code_cell("secret = 1", metadata={"tags": ["no-complete"]}),
        new_raw_cell("as it is"),
        new_code_cell("'🚀' + "),
    ]
    nbformat.write(new_notebook(cells=cells, metadata=METADATA), server.root / "twin.ipynb")
    answers = Answers(page)
    lab = NotebookPage(page)
    lab.open(f"{server.url}/lab/tree/twin.ipynb?reset&token={server.token}")
    lab.edit(4)
    page.keyboard.insert_text("xy")
    page.wait_for_function("() => answers.asked.some(asked => asked.cells[asked.active].source.endsWith('xy'))")
    (theirs,) = (asked for asked in answers.asked if asked["trigger"] == "automatic")
    twin = ClassicPage(classic.page.context.new_page())
    twin.open(address(server, "twin.ipynb"))
    twin.edit(4)
    with twin.page.expect_request(ends_with_xy, timeout=20 * SECONDS) as here:
        twin.page.keyboard.insert_text("xy")
    twin.page.close()
    ours = snapshot_in(here.value)
    assert ours["kernel"]
    assert ours | {"editor": "", "kernel": ""} == theirs | {"editor": "", "kernel": ""}
    assert "secret" not in json.dumps(ours)


def ends_with_xy(request: Request) -> bool:
    """Whether something was asked behind `xy`."""
    if not request.url.endswith("/codecompose/complete"):
        return False
    asked = snapshot_in(request)
    return bool(asked["cells"][asked["active"]]["source"].endswith("xy"))


def test_another_page_of_the_notebook_asks_for_nothing(cell: ClassicPage, server: Server) -> None:
    other = ClassicPage(cell.page.context.new_page())
    other.open(address(server, "classic.ipynb"))
    expect(other.button()).to_have_attribute("data-state", "ready")
    cell.page.bring_to_front()
    asked = len(other.asked)
    cell.type_until_answered(TYPED)
    assert len(other.asked) == asked
    other.page.close()


def test_without_the_server_part_the_page_is_as_ever(page: Page, server: Server) -> None:
    shutil.copy(EXAMPLES / "quickstart.ipynb", server.root / "without.ipynb")
    page.route("**/codecompose/**", lambda route: route.fulfill(status=404))
    said: list[ConsoleMessage] = []
    page.on("console", lambda message: said.append(message))
    failed: list[Exception] = []
    page.on("pageerror", lambda error: failed.append(error))
    classic = ClassicPage(page)
    with page.expect_console_message(lambda message: "CodeCompose" in message.text):
        classic.open(address(server, "without.ipynb"))
    index = classic.add()
    classic.type("x = 1")
    assert classic.sources()[index] == "x = 1"
    assert [message.text for message in said if "CodeCompose" in message.text] == [
        "CodeCompose: the server extension is not there."
    ]
    assert failed == []
    expect(classic.button()).to_have_count(0)
    assert classic.asked == []


def test_below_a_base_url(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, base_url="/user/ada/") as server:
        classic = ClassicPage(page)
        classic.open(address(server, "quickstart.ipynb"))
        classic.run(1)
        classic.add()
        classic.type("weather.")
        ghost = classic.see_ghost()
        classic.press("Tab")
        assert classic.source() == f"weather.{ghost}"
        assert {request["path"] for request in classic.asked} == {"quickstart.ipynb"}


def test_the_picture(classic: ClassicPage, tmp_path: Path) -> None:
    """A picture of ghost text; the one in the documentation only when it is asked for."""
    folder = DOCS if os.environ.get("CODECOMPOSE_SCREENSHOTS") else tmp_path
    classic.page.get_by_role("button", name="Don't show anymore").click()
    classic.add()
    classic.type('weather["wi')
    classic.see_ghost()
    classic.picture(folder / "classic.png")
    assert folder.joinpath("classic.png").stat().st_size > 20_000
