"""The bundled model as a worker in this process: no HTTP, no queue, and every answer is whole before it is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from jupyter_codecompose.context import CONTEXT_TOKENS
from jupyter_codecompose.wire import Status
from model_server import tuning
from model_server.generation import Piece, alone, generate
from model_server.memory import beside
from model_server.slots import Slots
from model_server.tokens import Tokens
from model_server.wire import Choice, Completion, CompletionRequest


class Bundled:
    """What a service asks of its worker."""

    def __init__(self, model: Path) -> None:
        self._tokens = Tokens.load(model)
        self._slots = Slots(tuning.load(model, lambda share: None), 2)
        self._memory = beside(model)
        self.context = CONTEXT_TOKENS

    def status(self) -> Status:
        return Status(state="ready", progress=1.0, message="", model="bundled", version="")

    async def complete(
        self, request: CompletionRequest, sent: Callable[[bytes], None] | None = None
    ) -> AsyncGenerator[Completion, None]:
        pieces = await asyncio.to_thread(self._pieces, request)
        for piece in pieces:
            yield Completion(id="c", created=0, model="bundled", choices=(Choice(text=piece),))

    def doubt(self) -> None:
        """It is here."""

    async def close(self) -> None:
        """Nothing is held."""

    def _pieces(self, request: CompletionRequest) -> list[str]:
        steps = alone(generate(request, request.editor, self._tokens, self._slots, self._memory), self._slots.engine)
        return [step.text for step in steps if isinstance(step, Piece) and step.text]
