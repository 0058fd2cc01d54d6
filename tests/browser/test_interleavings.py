"""Random interleavings of a person's keys and a worker's stream in a real JupyterLab, against a plain string.

After each step the text and the cursor are those of the string, and whatever is grey in any frame is a text that the
worker has given for that place, without what was typed of it since. `CODECOMPOSE_SEED` and `CODECOMPOSE_CASES` choose
others; a failure says with which seed its case is run again alone. `labextension/tests/interleavings.test.ts` has far
more of them, without a browser.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page

from tests.browser.answers import Answers
from tests.browser.conftest import SIZE
from tests.browser.jupyter import Server
from tests.browser.page import GHOST, PANEL, NotebookPage

pytestmark = pytest.mark.browser

FIRST = int(os.environ.get("CODECOMPOSE_SEED", "1"))
CASES = int(os.environ.get("CODECOMPOSE_CASES", "500"))
PART, STEPS = 100, 8
OPENINGS = ["", "a", "ab;a", "b\na;b", "🙂\na", "a)"]
LETTERS = ["a", "b", ";", ")", "\n", "🙂"]
PIECES = ["a", "b", "ab", "ba", ";a", ")", "\n", "🙂", "a\nb"]
MOVES = ["ArrowLeft", "ArrowLeft", "ArrowRight", "Home", "End", "Control+Home", "Control+End"]
ALWAYS = ["type", "type", "type", "type", "backspace", "undo", "move", "ask", "ask"]
ONCE_ASKED = ["say"] * 8 + ["end"]
ONCE_GREY = ["accept", "accept", "word", "word", "escape"]
END = {"type": "end", "reason": "stop", "model": "script"}
FAULT = {"type": "fault", "code": "internal", "message": "It broke."}
WAITS = [0, 0, 30]
WORD = re.compile(r"\s*(?:[ab]+|\)+|;+|🙂+)")

SCRIPT = """
(() => {
  const textOf = node =>
    node.nodeName === 'BR' ? '\\n'
    // The host adds empty lines for the height.
    : node.nodeType === Node.TEXT_NODE ? node.data.replaceAll('\\n', '')
    : node.className === 'jp-GhostText-expandHidden' ? ''
    : Array.from(node.childNodes, textOf).join('');
  const watch = (window.watch = { frames: [], pressed: null, editor: null });
  const read = () => {
    const { state } = watch.editor;
    const { head } = state.selection.main;
    const nodes = Array.from(document.querySelectorAll('GHOST'));
    const before = state.sliceDoc(0, head);
    const isAtCursor = nodes.every(node => watch.editor.posAtDOM(node) === head);
    return { before, after: state.sliceDoc(head), ghost: nodes.map(textOf).join(''), isAtCursor };
  };
  // What is resized in a frame is told after all else in it, right before it is painted.
  const sentinel = document.createElement('div');
  new ResizeObserver(() => {
    const now = watch.editor && read();
    if (now?.ghost && JSON.stringify(now) !== JSON.stringify(watch.frames.at(-1))) watch.frames.push(now);
  }).observe(sentinel);
  const tick = () => {
    sentinel.style.width = sentinel.style.width === '1px' ? '2px' : '1px';
    requestAnimationFrame(tick);
  };
  document.addEventListener('DOMContentLoaded', () => {
    sentinel.style.cssText = 'position: fixed; height: 1px; visibility: hidden';
    document.body.append(sentinel);
    tick();
  });
  window.addEventListener('keydown', event => {
    if (!watch.editor) return;
    watch.pressed = read().ghost;
    // Nobody presses these for what is no longer there.
    const isForGhost = ['Tab', 'Escape'].includes(event.key) || (event.ctrlKey && event.key === 'ArrowRight');
    if (isForGhost && !watch.pressed) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, { capture: true });
  watch.begin = (notebook, seed, text) => {
    notebook.model.cells.get(0).sharedModel.setSource(`case ${seed}`);
    const cell = notebook.activeCell;
    const shared = cell.model.sharedModel;
    shared.setSource(text);
    shared.clearUndoHistory();
    watch.shared = shared;
    watch.editor = cell.editor.editor;
    watch.editor.dispatch({ selection: { anchor: text.length } });
    watch.frames = [];
    answers.streams = [];
  };
  const say = (stream, event) => {
    if (stream.signal.aborted) return;
    stream.send(event);
    if (event.type !== 'chunk') {
      stream.isOver = true;
      stream.close();
    }
  };
  watch.look = async (event, wait) => {
    const { length } = answers.streams;
    if (event) say(answers.streams[event[0]], event[1]);
    const end = performance.now() + wait;
    while (performance.now() < end && !watch.frames.length && answers.streams.length === length) {
      await new Promise(requestAnimationFrame);
    }
    // As for somebody slow: each step is undone alone.
    watch.shared.undoManager.stopCapturing();
    const { frames, pressed } = watch;
    watch.frames = [];
    watch.pressed = null;
    return {
      ...read(),
      source: watch.shared.getSource(),
      asked: answers.streams.map(({ asked }) => [asked.cells[asked.active].source, asked.cursor]),
      open: answers.streams.flatMap(({ signal, isOver }, index) => signal.aborted || isOver ? [] : [index]),
      frames,
      pressed
    };
  };
})();
""".replace("GHOST", GHOST)


class Reference:
    """A text and a cursor, and nothing else that an editor has."""

    def __init__(self, text: str) -> None:
        self.before, self.after = text, ""
        self._past: list[str] = []

    @property
    def text(self) -> str:
        """All of it."""
        return self.before + self.after

    def insert(self, text: str) -> None:
        """Put a text at the cursor."""
        if text:
            self._past.append(self.text)
            self.before += text

    def backspace(self) -> None:
        """Delete the letter before the cursor."""
        if self.before:
            self._past.append(self.text)
            self.before = self.before[:-1]

    def undo(self, place: int) -> None:
        """Take the last change back, and the cursor to wherever the editor takes it."""
        self._put(self._past.pop() if self._past else self.text, place)

    def move(self, key: str) -> None:
        """Move the cursor as a key does."""
        here = len(self.before)
        places = {
            "ArrowLeft": max(here - 1, 0),
            "ArrowRight": min(here + 1, len(self.text)),
            "Home": self.before.rfind("\n") + 1,
            "End": here + len(self.after.split("\n", 1)[0]),
            "Control+Home": 0,
            "Control+End": len(self.text),
        }
        self._put(self.text, places[key])

    def _put(self, text: str, place: int) -> None:
        self.before, self.after = text[:place], text[place:]


@dataclass
class Said:
    """What the worker has said for a place: all that it came to, one after another."""

    before: str
    after: str
    texts: list[str] = field(default_factory=list)


class Case:
    """Some steps in a cell; the one above names the seed, so that nothing kept from another case fits."""

    def __init__(self, page: Page, seed: int) -> None:
        self._page = page
        self._chance = random.Random(seed)
        self._seed = seed
        self._reference = Reference(self._chance.choice(OPENINGS))
        self._said: list[Said] = []
        self._open: list[int] = []
        self._ghost = ""
        self._story = f"CODECOMPOSE_SEED={seed} CODECOMPOSE_CASES=1:"
        self.painted = 0

    def run(self) -> None:
        """All steps, one after another."""
        begin = f"([seed, text]) => watch.begin({PANEL}.content, seed, text)"
        self._page.evaluate(begin, [self._seed, self._reference.text])
        for _ in range(STEPS):
            kinds = ALWAYS + ONCE_ASKED * bool(self._open) + ONCE_GREY * bool(self._ghost)
            kind = self._chance.choice(kinds)
            self._note(kind)
            getattr(self, f"_{kind}")()

    def _type(self) -> None:
        is_along = self._ghost and self._chance.random() < 0.6
        letter = self._ghost[0] if is_along else self._chance.choice(LETTERS)
        self._note(letter)
        if letter == "\n":
            self._page.keyboard.press("Enter")
        else:
            self._page.keyboard.type(letter)
        self._reference.insert(letter)
        self._check(self._look())

    def _backspace(self) -> None:
        self._page.keyboard.press("Backspace")
        self._reference.backspace()
        self._check(self._look())

    def _undo(self) -> None:
        self._page.keyboard.press("Control+z")
        seen = self._look()
        self._reference.undo(len(seen["before"]))
        self._check(seen)

    def _move(self) -> None:
        key = self._chance.choice(MOVES)
        self._note(key)
        self._page.keyboard.press(key)
        self._reference.move(key)
        self._check(self._look())

    def _ask(self) -> None:
        self._page.keyboard.press("Alt+\\")
        self._check(self._look())

    def _accept(self) -> None:
        self._take("Tab", lambda text: text)

    def _word(self) -> None:
        self._take("Control+ArrowRight", next_word)

    def _escape(self) -> None:
        self._page.keyboard.press("Escape")
        seen = self._look()
        self._note(seen["pressed"])
        self._check(seen)
        assert not (seen["pressed"] and seen["ghost"]), f"not dismissed: {self._story}"

    def _say(self) -> None:
        index, piece = self._chance.choice(self._open), self._chance.choice(PIECES)
        self._note(piece)
        texts = self._said[index].texts
        texts.append((texts[-1] if texts else "") + piece)
        self._check(self._look([index, {"type": "chunk", "text": piece}]))

    def _end(self) -> None:
        last = END if self._chance.random() < 0.8 else FAULT
        self._check(self._look([self._chance.choice(self._open), last]))

    def _take(self, key: str, part_of: Callable[[str], str]) -> None:
        """Accept what is grey, or what the worker has said by then and is not painted yet."""
        self._page.keyboard.press(key)
        seen = self._look()
        pressed = seen["pressed"]
        self._note(pressed)
        if pressed:
            before, after = self._reference.before, self._reference.after
            parts = {part_of(rest) for rest in rests(self._said, before, after) if rest.startswith(pressed)}
            taken = seen["before"].removeprefix(before)
            self._reference.insert(taken if taken in parts else part_of(pressed))
        self._check(seen)

    def _look(self, event: list[Any] | None = None) -> dict[str, Any]:
        """What the page has come to, after an event of a stream if there is one; at once or when something is drawn."""
        wait = self._chance.choice(WAITS)
        seen: dict[str, Any] = self._page.evaluate("([event, wait]) => watch.look(event, wait)", [event, wait])
        for source, cursor in seen["asked"][len(self._said) :]:
            self._said.append(Said(source[:cursor], source[cursor:]))
        self._open, self._ghost = seen["open"], seen["ghost"]
        return seen

    def _check(self, seen: dict[str, Any]) -> None:
        reference = self._reference
        now = [seen["before"], seen["after"], seen["source"]]
        assert now == [reference.before, reference.after, reference.text], self._story
        for frame in seen["frames"]:
            given = rests(self._said, frame["before"], frame["after"])
            assert frame["ghost"] in given, f"{frame} is nobody's: {self._story}"
            assert frame["isAtCursor"], f"{frame} is elsewhere: {self._story}"
        self.painted += len(seen["frames"])

    def _note(self, what: str) -> None:
        self._story += f" {what!r}"


def rests(said: list[Said], before: str, after: str) -> list[str]:
    """What was said for a place, or for one before it and was typed since, less what was typed."""
    texts = [
        (text, before.removeprefix(one.before))
        for one in said
        if one.after == after and before.startswith(one.before)
        for text in one.texts
    ]
    return [text.removeprefix(typed) for text, typed in texts if text.startswith(typed)]


def next_word(text: str) -> str:
    """What one word more takes of a suggestion made of `PIECES`."""
    found = WORD.match(text)
    return found.group() if found else text


@pytest.fixture(scope="module")
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """The cursor in the second of two cells of a notebook in JupyterLab."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [new_code_cell(""), new_code_cell("")]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), server.root / "interleavings.ipynb")
    notebook = NotebookPage(browser.new_page(viewport=SIZE))
    Answers(notebook.page)
    notebook.page.add_init_script(SCRIPT)
    notebook.open(f"{server.url}/lab/tree/interleavings.ipynb?reset&token={server.token}")
    notebook.edit(1)
    yield notebook.page
    notebook.page.close()


@pytest.mark.parametrize("first", range(FIRST, FIRST + CASES, PART))
def test_no_case_differs_from_a_plain_text(page: Page, first: int) -> None:
    cases = [Case(page, seed) for seed in range(first, min(first + PART, FIRST + CASES))]
    for case in cases:
        case.run()
    assert sum(case.painted for case in cases) >= len(cases) // 10
