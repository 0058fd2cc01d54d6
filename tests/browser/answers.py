"""Suggestions that a test writes itself: what the page's thread is told to ask for is answered here, as by the server.

Everything before that border is real: the keys, the host, the plugin, its client. Nothing is put in front of a person.
"""

from __future__ import annotations

from typing import Any, cast

from playwright.sync_api import Page

SCRIPT = """
(() => {
  const answers = (window.answers = {
    target: '', start: 0, held: '', fault: null, streams: null, asked: [], go: () => {}
  });
  const open = new Map();
  const answer = async (thread, { id, init }) => {
    const controller = new AbortController();
    const { signal } = controller;
    open.set(id, controller);
    const asked = JSON.parse(init.body);
    answers.asked.push(asked);
    await new Promise(resolve => setTimeout(resolve));
    const tell = news => signal.aborted || thread.onmessage({ data: { id, status: 200, ...news } });
    const send = event => tell({ text: `data: ${JSON.stringify(event)}\\n\\n` });
    const close = () => {
      open.delete(id);
      tell({ isLast: true });
    };
    if (answers.streams) {
      answers.streams.push({ asked, signal, send, close });
      return;
    }
    if (answers.fault) {
      send({ type: 'fault', code: 'internal', message: answers.fault });
      close();
      return;
    }
    const before = Array.from(asked.cells[asked.active].source).slice(0, asked.cursor).join('');
    const isHere = before.length >= answers.start && answers.target.startsWith(before);
    const text = isHere ? answers.target.slice(before.length) : '';
    const first = Math.max(0, answers.held.length - before.length);
    const pieces = answers.held ? [text.slice(0, first), text.slice(first)] : [text];
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await new Promise(resolve => { answers.go = resolve; });
      if (piece) send({ type: 'chunk', text: piece });
    }
    send({ type: 'end', reason: text ? 'stop' : 'silent', model: 'script' });
    close();
  };
  window.Worker = class extends Worker {
    postMessage(errand) {
      if (errand.url?.includes('/codecompose/complete')) {
        void answer(this, errand);
      } else if (!errand.url && open.has(errand.id)) {
        open.get(errand.id).abort();
        open.delete(errand.id);
      } else {
        super.postMessage(errand);
      }
    }
  };
})();
"""


class Answers:
    """What is suggested in a page: the rest of a target, wherever the text before the cursor is its beginning."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.add_init_script(SCRIPT)

    def suggest(self, target: str, *, start: int = 0, held: str = "", fault: str | None = None) -> None:
        """From now on suggest the rest of `target`, once `start` characters of it are there; no more than `held` before
        `go`; or fail with a `fault`."""
        more = {"target": target, "start": start, "held": held, "fault": fault}
        self._page.evaluate("more => { Object.assign(window.answers, more); }", more)

    def go(self) -> None:
        """Let a stream that is held go on."""
        self._page.evaluate("() => window.answers.go()")

    @property
    def asked(self) -> list[dict[str, Any]]:
        """All snapshots that were sent, the first one first."""
        return cast("list[dict[str, Any]]", self._page.evaluate("() => window.answers.asked"))

    def forget(self) -> None:
        """Forget what was asked."""
        self._page.evaluate("() => { window.answers.asked.length = 0; }")
