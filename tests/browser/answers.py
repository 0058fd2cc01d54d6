"""Suggestions that a test writes itself: the page's requests for one are answered in the page, as the server would.

Everything before that border is real: the keys, the host, the plugin, its client. Nothing is put in front of a person.
"""

from __future__ import annotations

from typing import Any, cast

from playwright.sync_api import Page

SCRIPT = """
(() => {
  // As in a page that forbids threads: requests go out from the page itself.
  window.Worker = class { constructor() { throw new Error('no threads here'); } };
  const real = window.fetch;
  const answers = (window.answers = { target: '', held: '', fault: null, streams: null, asked: [], go: () => {} });
  const encoder = new TextEncoder();
  window.fetch = async (input, init) => {
    if (!(input.url ?? `${input}`).includes('/codecompose/complete')) return real(input, init);
    const request = new Request(input, init);
    const asked = await request.json();
    answers.asked.push(asked);
    const before = Array.from(asked.cells[asked.active].source).slice(0, asked.cursor).join('');
    const text = answers.target.startsWith(before) ? answers.target.slice(before.length) : '';
    const first = Math.max(0, answers.held.length - before.length);
    const pieces = answers.held ? [text.slice(0, first), text.slice(first)] : [text];
    const body = new ReadableStream({
      async start(controller) {
        const send = event => controller.enqueue(encoder.encode(`data: ${JSON.stringify(event)}\\n\\n`));
        const { signal } = request;
        signal.addEventListener('abort', () => controller.error(new DOMException('', 'AbortError')));
        if (answers.streams) {
          answers.streams.push({ asked, signal, send, close: () => controller.close() });
          return;
        }
        if (answers.fault) {
          send({ type: 'fault', code: 'internal', message: answers.fault });
          controller.close();
          return;
        }
        for (const [index, piece] of pieces.entries()) {
          if (index > 0) await new Promise(resolve => { answers.go = resolve; });
          if (signal.aborted) return;
          if (piece) send({ type: 'chunk', text: piece });
        }
        send({ type: 'end', reason: text ? 'stop' : 'silent', model: 'script' });
        controller.close();
      }
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  };
})();
"""


class Answers:
    """What is suggested in a page: the rest of a target, wherever the text before the cursor is its beginning."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.add_init_script(SCRIPT)

    def suggest(self, target: str, *, held: str = "", fault: str | None = None) -> None:
        """From now on suggest the rest of `target`; no more than `held` before `go`; or fail with a `fault`."""
        self._page.evaluate(
            "more => { Object.assign(window.answers, more); }", {"target": target, "held": held, "fault": fault}
        )

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
