"""What a person sees and hears at a glance: ghost text in every theme, the status bar, its popup, and what a screen
reader says.

With the real server, worker and bundled model; what a server seldom says (loading, down) is said in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.page import NotebookPage

pytestmark = pytest.mark.browser

READABLE = 4.5
"""The least contrast of text to its background, by the Web Content Accessibility Guidelines, level AA."""
COLOURS = """ghost => {
    const numbers = text => text.match(/[\\d.]+/g).map(Number);
    let background = null;
    for (let node = ghost; !background; node = node.parentElement) {
        const [red, green, blue, alpha = 1] = numbers(getComputedStyle(node).backgroundColor);
        background = alpha === 1 ? [red, green, blue] : null;
    }
    const { color, opacity } = getComputedStyle(ghost);
    const [red, green, blue, alpha = 1] = numbers(color);
    const weight = alpha * Number(opacity);
    const text = [red, green, blue].map((value, i) => value * weight + background[i] * (1 - weight));
    return [text, background];
}"""
SPEECH = """() => {
    window.speech = [];
    let pressed = 0;
    addEventListener('keydown', () => { pressed = performance.now(); }, { capture: true });
    const region = document.querySelector('.jp-CodeComposeAnnouncer');
    new MutationObserver(() => {
        window.speech.push([region.textContent, performance.now() - pressed]);
    }).observe(region, { childList: true });
}"""
PAUSE = 700
"""Milliseconds since the last key: no sooner is anything said."""
TYPED = 'windy = weather[weather["'


@pytest.fixture
def popup(cell: NotebookPage) -> Iterator[Locator]:
    """The popup, opened by keyboard after a suggestion."""
    cell.type(TYPED)
    cell.see_ghost()
    cell.status_item().focus()
    cell.press("Enter")
    popup = cell.page.locator(".jp-CodeComposePopup")
    expect(popup).to_be_visible()
    yield popup
    cell.press("Escape")
    expect(popup).to_have_count(0)


def luminance(colour: list[float]) -> float:
    """Relative luminance of sRGB, as the guidelines define it."""
    channels = [value / 255 for value in colour]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: list[float], other: list[float]) -> float:
    """From 1, the same, to 21, black on white."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_the_guidelines() -> None:
    assert contrast([0, 0, 0], [255, 255, 255]) == pytest.approx(21)
    assert contrast([119, 119, 119], [255, 255, 255]) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Dark High Contrast", "JupyterLab Light"])
def test_ghost_text_is_readable(cell: NotebookPage, theme: str) -> None:
    cell.wear(theme)
    cell.type(TYPED)
    cell.see_ghost()
    text, background = cell.ghost.evaluate(COLOURS)
    typed = cell.page.locator(".jp-mod-active .cm-line").first.evaluate(COLOURS)
    assert contrast(text, background) >= READABLE
    assert contrast(text, background) < contrast(*typed), "it can be told from what was typed"
    cell.wear("JupyterLab Light")


def test_the_status_bar_tells_model_and_latency(cell: NotebookPage) -> None:
    cell.type(TYPED)
    cell.see_ghost()
    expect(cell.status_item()).to_have_text(re.compile(r"^CodeCompose: bundled · \d+ ms$"))


def test_the_popup_tells_of_the_last_answer(popup: Locator) -> None:
    facts = dict(zip(popup.locator("dt").all_inner_texts(), popup.locator("dd").all_inner_texts(), strict=True))
    assert facts["Model"] == "bundled"
    assert re.fullmatch(r"\d+ ms to its first text, \d+ ms in all", facts["Last answer"])
    assert re.fullmatch(r"\d+ cells, \d+ facts of the kernel(, \d+ tokens)?", facts["Made from"])
    expect(popup.locator("p")).to_have_text("Suggestions appear as you type. Tab accepts one.")


def test_the_popup_takes_the_focus_and_gives_it_back(cell: NotebookPage, popup: Locator) -> None:
    item = cell.status_item()
    expect(popup).to_be_focused()
    expect(item).to_have_attribute("aria-expanded", "true")
    cell.press("Tab")
    expect(popup.get_by_role("button", name="Pause")).to_be_focused()
    cell.press("Escape")
    expect(popup).to_have_count(0)
    expect(item).to_be_focused()
    expect(item).to_have_attribute("aria-expanded", "false")
    cell.press("Space")
    expect(popup).to_be_focused()


def test_what_is_done_elsewhere_closes_the_popup(cell: NotebookPage, popup: Locator) -> None:
    item = cell.status_item()
    cell.page.locator(".jp-mod-active .cm-content").click()
    expect(popup).to_have_count(0)
    expect(cell.page.locator(".jp-mod-active .cm-content")).to_be_focused()
    item.click()
    expect(popup).to_be_focused()
    cell.press("Shift+Tab")
    expect(popup).to_have_count(0)
    item.click()
    item.click()
    expect(popup).to_have_count(0)


def test_pause_and_resume(cell: NotebookPage, popup: Locator) -> None:
    cell.press("Tab")
    cell.press("Enter")
    button = popup.get_by_role("button", name="Resume")
    expect(button).to_be_focused()
    expect(cell.status_item()).to_have_text("CodeCompose: paused")
    expect(popup.locator("p")).to_contain_text("only when you ask")
    cell.press("Enter")
    expect(popup.get_by_role("button", name="Pause")).to_be_focused()
    expect(cell.status_item()).to_contain_text("bundled")


@pytest.mark.parametrize(
    ("command", "word", "sentence"),
    [
        ("toggle-document", "off in this document", "“Suggest in This Document” turns them on."),
        ("toggle-language", "off for python", "“Suggest in This Language” turns them on."),
        ("toggle-cell", "off in this cell", "“Leave This Cell Out”, or its tag no-complete, changes that."),
    ],
)
def test_what_is_off_here_is_told_and_turned_on_by_keyboard(
    cell: NotebookPage, command: str, word: str, sentence: str
) -> None:
    item = cell.status_item()
    cell.page.evaluate(f"() => window.jupyterapp.commands.execute('codecompose:{command}')")
    expect(item).to_have_text(f"CodeCompose: {word}")
    expect(cell.page.locator(".jp-CodeComposeAnnouncer")).to_contain_text(sentence)
    item.focus()
    cell.press("Enter")
    popup = cell.page.locator(".jp-CodeComposePopup")
    expect(popup.locator("p")).to_contain_text(sentence)
    cell.press("Tab")
    expect(popup.get_by_role("button", name="Turn On Here")).to_be_focused()
    cell.press("Enter")
    expect(popup).to_have_count(0)
    expect(item).to_be_focused()
    expect(item).to_contain_text("bundled")
    item.press("Enter")
    expect(popup.get_by_role("button", name="Pause")).to_be_visible()
    expect(popup.get_by_role("button", name="Turn On Here")).to_be_hidden()
    cell.press("Escape")


def test_what_is_off_goes_along_with_the_cursor(cell: NotebookPage) -> None:
    item = cell.status_item()
    left_out = len(cell.sources()) - 1
    cell.page.evaluate("() => window.jupyterapp.commands.execute('codecompose:toggle-cell')")
    expect(item).to_have_text("CodeCompose: off in this cell")
    cell.edit(left_out - 1)
    expect(item).to_contain_text("bundled")
    cell.edit(left_out)
    expect(item).to_have_text("CodeCompose: off in this cell")


def test_what_was_sent_is_behind_the_popup(cell: NotebookPage, popup: Locator) -> None:
    popup.get_by_role("button", name="Show What Was Sent").click()
    expect(popup).to_have_count(0)
    letter = cell.page.locator(".jp-CodeComposeLetter")
    expect(letter.locator("pre")).to_contain_text("windy")
    cell.press("Escape")
    expect(letter).to_have_count(0)
    expect(cell.status_item()).to_be_focused()


def test_the_settings_are_behind_the_popup(cell: NotebookPage, popup: Locator) -> None:
    popup.get_by_role("button", name="Settings").click()
    settings = cell.page.locator("#setting-editor, .jp-SettingsPanel").first
    expect(settings.get_by_text("Suggest while typing")).to_be_visible(timeout=15_000)
    cell.page.evaluate("() => window.jupyterapp.shell.currentWidget.close()")
    cell.show("quickstart.ipynb")


def say(page: Page, state: str, code: str, message: str, progress: float) -> None:
    """From now on the server answers so."""
    status = {"state": state, "message": message, "progress": progress, "model": "", "version": "0.1.0"}
    fault = {"type": "fault", "code": code, "message": message, "progress": progress}
    for route in ("status", "warm"):
        page.route(f"**/codecompose/{route}*", lambda route: route.fulfill(json=status))
    page.route("**/codecompose/complete*", lambda route: route.fulfill(body=f"data: {json.dumps(fault)}\n\n"))


def test_a_model_that_loads_and_one_that_does_not_come(cell: NotebookPage) -> None:
    item = cell.status_item()
    say(cell.page, "loading", "loading", "The model is loading.", 0.42)
    cell.type("x")
    expect(item).to_have_text("CodeCompose: loading 42 %")
    say(cell.page, "failed", "down", "The worker does not answer.", 0)
    expect(item).to_have_text("CodeCompose: failed")
    item.click()
    popup = cell.page.locator(".jp-CodeComposePopup")
    expect(popup.locator("p").first).to_have_text("The worker does not answer.")
    expect(popup.locator("p").last).to_contain_text("jupyter codecompose status")
    cell.page.unroute_all()
    popup.get_by_role("button", name="Try Again").click()
    expect(item).to_have_attribute("data-state", "ready")
    expect(popup.get_by_role("button", name="Pause")).to_be_visible()
    cell.press("Escape")


def test_a_screen_reader_is_told_once_in_a_pause(cell: NotebookPage) -> None:
    region = cell.page.locator(".jp-CodeComposeAnnouncer")
    expect(region).to_have_attribute("aria-live", "polite")
    expect(region).to_have_text("")
    cell.page.evaluate(SPEECH)
    cell.type(TYPED)
    ghost = cell.see_ghost()
    # What was said when a key came late may be more, of which the rest was typed: what is left is nothing new.
    expect(region).to_have_text(re.compile(f"^Suggestion: .*{re.escape(ghost)}$"))
    sentence = region.text_content()
    cell.type(ghost[0])
    cell.press("Tab")
    cell.press("Escape")  # what follows is there at once, and is not what is looked at here
    expect(region).to_have_text("")
    speech = cell.page.evaluate("window.speech")
    assert [text for text, _ in speech].count(sentence) == 1
    assert [text for text, pause in speech if text and pause < PAUSE] == []
    box = region.bounding_box()
    assert box is None or box["width"] <= 1, "it is heard and not seen"
