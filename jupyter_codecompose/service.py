"""One request's life: what is asked for, what to send, the worker's stream, and what of it is shown.

Each request ends in exactly one `End` or `Fault`, within its deadline. It knows the order of the steps, and neither
HTTP nor models. A step that can fail raises one of our errors; this is the edge where anything else becomes one too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from logging import Logger
from time import perf_counter
from traceback import extract_tb

from msgspec.structs import asdict

from jupyter_codecompose.context import parts
from jupyter_codecompose.errors import CodeComposeError, Late
from jupyter_codecompose.grounding import allowed
from jupyter_codecompose.kernel import Facts
from jupyter_codecompose.notebook import Notebook, read
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.tidy import Tidy
from jupyter_codecompose.triggers import Intent, intent
from jupyter_codecompose.wire import Chunk, End, Event, Explanation, Fault, Snapshot, Status
from jupyter_codecompose.worker import Worker
from model_server.wire import Completion, CompletionRequest, StreamOptions

LINE_TOKENS = 48
WARM_SECONDS = 120.0
WARM_EDITORS = 8


class Service:
    """Suggestions for snapshots, by a worker and whoever knows the kernels."""

    def __init__(self, settings: Settings, worker: Worker, facts: Facts, log: Logger) -> None:
        self._settings = settings
        self._worker = worker
        self._facts = facts
        self._log = log
        self._warming: dict[str, asyncio.Task[None]] = {}

    def status(self) -> Status:
        """Where the worker stands. Starts nothing."""
        return self._worker.status()

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

    async def complete(self, snapshot: Snapshot) -> AsyncGenerator[Event, None]:
        """The suggestion for a cursor, piece by piece, and a last word."""
        deadline = asyncio.get_running_loop().time() + self._settings.timeout
        self._cool(snapshot.editor)
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
        clock = Clock()
        notebook = read(snapshot)
        wanted = intent(notebook, invoked=snapshot.trigger == "invoke")
        if wanted is Intent.SILENT:
            yield End(reason="silent", milliseconds=clock.total())
            return
        clock.note("intent")
        request = await self._request(snapshot, notebook, wanted)
        clock.note("context")
        tidy = Tidy(notebook.left, notebook.right, block=wanted is Intent.BLOCK, language=notebook.language)
        last: Completion | None = None
        reason = ""
        async with aclosing(self._worker.complete(request)) as replies:
            async for reply in replies:
                last = reply
                for choice in reply.choices:
                    reason = choice.finish_reason or reason
                    text = tidy.feed(choice.text)
                    if text:
                        yield Chunk(text=text)
                if tidy.done and not snapshot.explain:
                    break
        stopped = tidy.done
        text = tidy.close()
        if text:
            yield Chunk(text=text)
        clock.note("stream")
        yield End(
            reason="length" if reason == "length" and not stopped else "stop",
            model=last.model if last else "",
            milliseconds=clock.total(),
            explanation=_explanation(last, clock) if snapshot.explain else None,
        )

    async def _request(self, snapshot: Snapshot, notebook: Notebook, wanted: Intent | None) -> CompletionRequest:
        """What is sent; with no intent the worker only reads, and writes nothing."""
        facts = await self._facts.of(snapshot.kernel) if snapshot.kernel else ()
        most = self._settings.max_tokens
        return CompletionRequest(
            parts=parts(notebook, facts, path=snapshot.path),
            max_tokens={None: 0, Intent.LINE: min(most, LINE_TOKENS)}.get(wanted, most),
            stop="\n" if wanted is Intent.LINE else None,
            stream=True,
            stream_options=StreamOptions(include_usage=True),
            editor=snapshot.editor,
            allowed=allowed(notebook.left, facts),
            explain=snapshot.explain,
        )

    async def _warm(self, snapshot: Snapshot) -> None:
        """Reads the notebook into the worker once it is ready. What goes wrong here, the next request will tell."""
        try:
            request = await self._request(snapshot, read(snapshot), None)
            if await self._worker.until(("ready",), WARM_SECONDS) == "ready":
                async with asyncio.timeout(WARM_SECONDS), aclosing(self._worker.complete(request)) as replies:
                    async for _ in replies:
                        pass
        except (CodeComposeError, TimeoutError):
            return
        except Exception as error:  # noqa: BLE001 (the edge)
            self._own_fault(error)

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


class Clock:
    """Milliseconds, from the request's first moment and step by step."""

    def __init__(self) -> None:
        self._first = self._last = perf_counter()
        self.steps: dict[str, float] = {}

    def note(self, step: str) -> None:
        """The step that ends now."""
        now = perf_counter()
        self.steps[step], self._last = _milliseconds(now - self._last), now

    def total(self) -> float:
        return _milliseconds(perf_counter() - self._first)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _explanation(last: Completion | None, clock: Clock) -> Explanation | None:
    """Our steps and the worker's; its own lie within our `stream`."""
    if last is None or last.explanation is None or last.usage is None:
        return None
    theirs = last.explanation
    return Explanation(
        prompt=theirs.prompt,
        prompt_tokens=last.usage.prompt_tokens,
        reused_tokens=last.usage.prompt_tokens_details.cached_tokens,
        steps_ms=clock.steps
        | {name.removesuffix("_ms"): took for name, took in asdict(theirs).items() if name.endswith("_ms")},
    )
