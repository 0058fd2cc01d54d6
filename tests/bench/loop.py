"""The worker's own loop over the model, in this process and without HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from model_server.generation import Done
from model_server.loading import loader
from model_server.loop import Loop
from model_server.memory import beside
from model_server.wire import CompletionRequest
from tests.bench.plan import Plan

LOAD_SECONDS, ANSWER_SECONDS = 60.0, 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The milliseconds to the first text and to the end, and the tokens that were written."""

    first: float
    whole: float
    tokens: int


@asynccontextmanager
async def loaded(plan: Plan, *, with_memory: bool = False) -> AsyncIterator[Loop]:
    """A loop that is ready, with the memory beside the model or without; it ends with the block."""
    loop = Loop(loader(str(plan.model)), remember=lambda: beside(plan.model) if with_memory else None, most_slots=16)
    loop.start()
    async with asyncio.timeout(LOAD_SECONDS):
        while loop.health.state == "loading":  # noqa: ASYNC110 - another thread
            await asyncio.sleep(0.02)
    assert loop.health.state == "ready", loop.health.message
    yield loop
    await asyncio.to_thread(loop.stop)


async def asked(loop: Loop, request: CompletionRequest) -> Answer:
    """One request from its first moment to its last word. Raises TimeoutError."""
    begun, first, tokens = time.perf_counter(), 0.0, 0
    async with asyncio.timeout(ANSWER_SECONDS), aclosing(loop.ask(request, request.user)) as pieces:
        async for piece in pieces:
            first = first or time.perf_counter()
            if isinstance(piece, Done):
                tokens = piece.usage.completion_tokens
    ended = time.perf_counter()
    return Answer(((first or ended) - begun) * 1000, (ended - begun) * 1000, tokens)
