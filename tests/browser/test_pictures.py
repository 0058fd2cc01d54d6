"""The pictures in the documentation, made by doing what they show, so that they cannot lie.

They are kept only where `CODECOMPOSE_SCREENSHOTS` is set, and thrown away elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import SIZE
from tests.browser.page import NotebookPage

pytestmark = pytest.mark.browser

DOCS = Path(__file__).parents[2] / "docs"
SMALL: ViewportSize = {"width": 840, "height": 520}
MOST_BYTES = 400_000
COLOURS = 96
KEY, LOOK = 110, 1600
"""Milliseconds that a frame of the film stands: after a key, and where there is something to see."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where pictures go."""
    return DOCS if os.environ.get("CODECOMPOSE_SCREENSHOTS") else tmp_path


@pytest.fixture
def scene(lab: NotebookPage) -> Iterator[NotebookPage]:
    """A small window on the notebook, with nothing beside it, and the cursor in a new cell below the data."""
    lab.page.set_viewport_size(SMALL)
    lab.page.mouse.move(0, 0)
    lab.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    lab.add(at=2)
    lab.page.locator(".jp-Cell").nth(1).evaluate("cell => cell.scrollIntoView({ block: 'start' })")
    yield lab
    lab.remove(2)
    lab.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    lab.page.set_viewport_size(SIZE)


class Film:
    """Frames of a page, each with how long it stands."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []
        self._stands: list[int] = []

    def take(self, milliseconds: int) -> None:
        """One frame."""
        self._frames.append(Image.open(BytesIO(self._page.screenshot())).convert("RGB"))
        self._stands.append(milliseconds)

    def type(self, text: str) -> None:
        """A frame for each key."""
        for letter in text:
            self._page.keyboard.type(letter)
            self.take(KEY)

    def save(self, path: Path) -> None:
        """A film that runs for ever, in the colours of its richest frame."""
        palette = self._frames[-1].quantize(COLOURS)
        first, *rest = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in self._frames]
        first.save(path, save_all=True, append_images=rest, duration=self._stands, loop=0, optimize=True)


def test_a_picture_of_the_popup(scene: NotebookPage, folder: Path) -> None:
    scene.type('windy = weather[weather["wi')
    scene.see_ghost()
    scene.status_item().focus()
    scene.press("Enter")
    expect(scene.page.locator(".jp-CodeComposePopup")).to_be_visible()
    scene.page.screenshot(path=folder / "status.png")
    scene.press("Escape")
    assert folder.joinpath("status.png").stat().st_size > 20_000


def test_a_moving_picture(scene: NotebookPage, folder: Path) -> None:
    film = Film(scene.page)
    film.take(LOOK)
    film.type('windy = weather[weather["wi')
    scene.see_ghost()
    film.take(LOOK)
    scene.press("Tab")
    film.take(LOOK // 2)
    film.type(' > 8]\nweather["wind"].')
    scene.see_ghost()
    film.take(LOOK)
    scene.press("ControlOrMeta+ArrowRight")
    film.take(LOOK)
    scene.press("Tab")
    film.take(LOOK // 2)
    scene.run(2)
    film.take(2 * LOOK)
    film.save(folder / "typing.gif")
    assert folder.joinpath("typing.gif").stat().st_size <= MOST_BYTES
    with Image.open(folder / "typing.gif") as made:
        assert getattr(made, "n_frames", 1) > 30
