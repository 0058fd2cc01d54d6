"""One request's life: what is asked for, what to send, the worker's stream, and what of it is shown.

Each request ends in exactly one `End` or `Fault`, within its deadline. It knows the order of the steps, and neither
HTTP nor models. A step that can fail raises one of our errors; this is the edge where anything else becomes one too.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from logging import Logger
from traceback import extract_tb
from typing import Literal

from jupyter_codecompose import redact
from jupyter_codecompose.context import parts
from jupyter_codecompose.draft import Draft
from jupyter_codecompose.errors import CodeComposeError, Late
from jupyter_codecompose.exclude import Paths
from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.kernel import Facts
from jupyter_codecompose.notebook import Notebook, read
from jupyter_codecompose.sent import Outbox
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.trace import Trace
from jupyter_codecompose.triggers import Intent, intent, lead
from jupyter_codecompose.wire import Chunk, End, Event, Fault, Sent, Snapshot, Status, Used
from jupyter_codecompose.worker import Worker
from model_server.habits import habits
from model_server.wire import Completion, CompletionRequest, StreamOptions

LINE_TOKENS = 48
WARM_SECONDS = 120.0
WARM_EDITORS = 8


class Service:
    """Suggestions for snapshots, by a worker and whoever knows the kernels."""

    def __init__(self, settings: Settings, worker: Worker, facts: Facts, log: Logger, root: str = "") -> None:
        """`root`: the folder that the paths of documents begin in."""
        self._settings = settings
        self._worker = worker
        self._facts = facts
        self._log = log
        self._excluded = Paths(settings.exclude_paths, root)
        self._outbox = Outbox()
        self._user = secrets.token_hex(8)  # tells a shared worker's tenants apart, and not who they are
        self._warming: dict[str, asyncio.Task[None]] = {}
        self._completing: Counter[str] = Counter()

    def status(self) -> Status:
        """Where the worker stands. Starts nothing."""
        return self._worker.status()

    def sent(self, editor: str) -> Sent:
        """What the worker was last given for an editor."""
        return self._outbox.of(editor)

    def start(self) -> None:
        """Starts the worker before anything is asked of it."""
        self._worker.start()

    async def close(self) -> None:
        """Ends all that was started here, and waits for its end."""
        warming = list(self._warming.values())
        for task in warming:
            task.cancel()
        await asyncio.gather(*warming, return_exceptions=True)
        await self._facts.close()
        await self._worker.close()
        self._outbox.clear()

    async def complete(self, snapshot: Snapshot) -> AsyncGenerator[Event, None]:
        """The suggestion for a cursor, piece by piece, and a last word."""
        deadline = asyncio.get_running_loop().time() + self._settings.timeout
        self._cool(snapshot.editor)
        with self._counted(snapshot.editor):
            async with aclosing(self._suggest(snapshot)) as events:
                while True:
                    event = await self._next(events, deadline)
                    yield event
                    if not isinstance(event, Chunk):
                        return

    def warm(self, snapshot: Snapshot) -> Status:
        """Has the worker started, the kernel asked and the notebook read, all behind the caller's back."""
        self._worker.start()
        self._cool(snapshot.editor)
        if len(self._warming) < WARM_EDITORS:
            task = asyncio.create_task(self._warm(snapshot))
            self._warming[snapshot.editor] = task
            task.add_done_callback(self._cooled)
        return self.status()

    async def _next(self, events: AsyncGenerator[Event, None], deadline: float) -> Event:
        """The next event, or the fault that came in its place."""
        try:
            async with asyncio.timeout_at(deadline):
                return await anext(events)
        except TimeoutError:
            self._worker.doubt()
            return Late().fault()
        except CodeComposeError as error:
            return error.fault()
        except Exception as error:  # noqa: BLE001 (the edge)
            return self._own_fault(error)

    async def _suggest(self, snapshot: Snapshot) -> AsyncGenerator[Event, None]:
        trace = Trace()
        page = self._page(snapshot)
        if page is None:
            yield End(reason="silent", milliseconds=trace.total())
            return
        trace.note("redact")
        notebook = read(page.snapshot, outputs=self._settings.tells_outputs)
        wanted = intent(notebook, invoked=snapshot.trigger == "invoke")
        if wanted is Intent.SILENT:
            yield End(reason="silent", milliseconds=trace.total())
            return
        trace.note("intent")
        namespace = await self._namespace(snapshot)
        trace.note("facts")
        first = lead(notebook.left) if wanted is Intent.BELOW else ""
        notebook = replace(notebook, left=notebook.left + first)
        draft = Draft(notebook, namespace, block=wanted is not Intent.LINE, most_lines=self._settings.most_lines)
        ways = draft.allowed or await self._ways(snapshot, notebook.left)
        trace.note("steer")
        asked = self._request(page.snapshot, notebook, namespace, wanted, ways)
        request: CompletionRequest | None = asked
        trace.note("context")
        trace.chose(asked.parts, notebook, namespace, self._worker.context)
        told = Told()
        while request:
            trace.asked(len(request.allowed))
            async with aclosing(self._write(request, draft, page, told, trace)) as texts:
                async for text in texts:
                    yield Chunk(text=first + text)
                    first = ""
            if draft.wrong:
                trace.cut(f"{draft.wrong.what} {'.'.join((*draft.wrong.path, draft.wrong.name))}")
            with trace.part("steer"):
                request = draft.again(request)
        trace.note("stream")
        yield End(
            reason=told.reason,
            model=told.last.model if told.last else "",
            milliseconds=trace.total(),
            used=_used(asked, told.last),
            explanation=trace.explanation(told.last) if snapshot.explain else None,
        )

    async def _write(
        self, request: CompletionRequest, draft: Draft, page: redact.Page, told: Told, trace: Trace
    ) -> AsyncGenerator[str, None]:
        """What may be shown of the worker's answer to one request, piece by piece."""
        reason = ""
        async with aclosing(self._worker.complete(redact.request(request), self._keep(page))) as replies:
            async for reply in replies:
                told.last = reply
                for choice in reply.choices:
                    reason = choice.finish_reason or reason
                    with trace.part("ground"):
                        text = draft.feed(choice.text)
                    if text:
                        yield text
                if draft.done and not request.explain:
                    break
        told.reason = "length" if reason == "length" and not draft.done else "stop"
        with trace.part("ground"):
            text = draft.close()
        if text:
            yield text

    def _page(self, snapshot: Snapshot) -> redact.Page | None:
        """What of a snapshot may be told; None where the cursor stands in what may not."""
        rest = self._excluded.without(snapshot)
        return redact.page(rest) if rest else None

    def _keep(self, page: redact.Page) -> Callable[[bytes], None]:
        """Takes note of what is sent for a page."""
        return partial(self._outbox.keep, page.snapshot.editor, page.families)

    async def _namespace(self, snapshot: Snapshot) -> Namespace:
        """What is known of the notebook's kernel."""
        return await self._facts.of(snapshot.kernel) if snapshot.kernel else Namespace()

    async def _ways(self, snapshot: Snapshot, left: str) -> tuple[str, ...]:
        """How the text at the cursor may go on, by the kernel's own completion."""
        return await self._facts.ways(snapshot.kernel, left) if snapshot.kernel else ()

    def _request(
        self,
        snapshot: Snapshot,
        notebook: Notebook,
        namespace: Namespace,
        wanted: Intent | None,
        allowed: tuple[str, ...] = (),
    ) -> CompletionRequest:
        """What to ask; with no intent the worker only reads, and writes nothing."""
        most = self._settings.max_tokens
        return CompletionRequest(
            parts=parts(notebook, namespace.facts, path=snapshot.path, tokens=self._worker.context),
            max_tokens={None: 0, Intent.LINE: min(most, LINE_TOKENS)}.get(wanted, most),
            stop="\n" if wanted is Intent.LINE else None,
            stream=True,
            stream_options=StreamOptions(include_usage=True),
            user=self._user,
            editor=snapshot.editor,
            allowed=allowed,
            explain=snapshot.explain,
        )

    async def _warm(self, snapshot: Snapshot) -> None:
        """Reads the notebook into the worker once it is ready, but not while a suggestion is made for the editor: the
        worker would end that, and it has the notebook read anyway. What goes wrong here, the next request will tell."""
        try:
            page = self._page(snapshot)
            if page is None:
                return
            await asyncio.to_thread(habits)  # a file that is read once: now, while nobody waits
            namespace = await self._namespace(snapshot)
            notebook = read(page.snapshot, outputs=self._settings.tells_outputs)
            request = self._request(page.snapshot, notebook, namespace, None)
            ready = await self._worker.until(("ready",), WARM_SECONDS) == "ready"
            if ready and not self._completing[snapshot.editor]:
                replies = self._worker.complete(redact.request(request), self._keep(page))
                async with asyncio.timeout(WARM_SECONDS), aclosing(replies):
                    async for _ in replies:
                        pass
        except (CodeComposeError, TimeoutError):
            return
        except Exception as error:  # noqa: BLE001 (the edge)
            self._own_fault(error)

    @contextmanager
    def _counted(self, editor: str) -> Iterator[None]:
        """Notes that a suggestion is being made for an editor; there may be several."""
        self._completing[editor] += 1
        try:
            yield
        finally:
            self._completing[editor] -= 1
            self._completing += Counter()  # keeps those alone that are above nothing

    def _cool(self, editor: str) -> None:
        """Whatever is asked next for an editor takes the place of its warming."""
        task = self._warming.get(editor)
        if task:
            task.cancel()

    def _cooled(self, task: asyncio.Task[None]) -> None:
        self._warming = {editor: other for editor, other in self._warming.items() if other is not task}

    def _own_fault(self, error: Exception) -> Fault:
        """A fault of ours: its kind and place are logged, its message is not, since that may quote a notebook."""
        place = extract_tb(error.__traceback__)[-1]
        self._log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
        return CodeComposeError().fault()


@dataclass
class Told:
    """What the worker said of a suggestion beside its text: its last event, and why it ended."""

    last: Completion | None = None
    reason: Literal["stop", "length"] = "stop"


def _used(asked: CompletionRequest, last: Completion | None) -> Used | None:
    """What was sent, in numbers. Outputs are no cells, and the cursor's cell is sent as two halves."""
    if asked.parts is None:
        return None
    cells = [cell for cell in (*asked.parts.before, *asked.parts.after) if cell.kind != "output"]
    tokens = last.usage.prompt_tokens if last and last.usage else 0
    return Used(cells=len(cells) - 1, facts=len(asked.parts.facts), tokens=tokens)
