"""An honest fake of a server that is not our worker: it answers as vLLM does, or whatever a test gives it to answer.

It says the same to whatever it is asked, keeps what it was asked, and refuses a `suffix` as vLLM does.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

QWEN = {"id": "Qwen/Qwen2.5-Coder-7B", "object": "model", "owned_by": "vllm", "max_model_len": 4096}
SECRET = "the server's own words"


@dataclass
class Refusal:
    """An answer in place of a completion."""

    status: int
    body: str = json.dumps({"error": {"message": SECRET, "type": "BadRequestError", "param": None, "code": 400}})
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass
class FakeVLLM:
    """A server on a port of this machine. `events` is what its streams hold before `last`."""

    models: Any = field(default_factory=lambda: {"object": "list", "data": [QWEN]})
    health: tuple[int, str] = (200, "")
    refusal: Refusal | None = None
    events: tuple[bytes, ...] | None = None
    last: bytes = b"data: [DONE]\n\n"
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    frozen: bool = False
    cancelled: int = 0
    url: str = ""

    async def start(self, certificate: ssl.SSLContext | None = None) -> None:
        app = web.Application()
        app.router.add_get("/health", self._get_health)
        app.router.add_get("/v1/models", self._get_models)
        app.router.add_post("/v1/completions", self._post_completion)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=certificate).start()
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _get_health(self, request: web.Request) -> web.Response:
        status, body = self.health
        return web.Response(status=status, text=body, content_type="text/html")

    async def _get_models(self, request: web.Request) -> web.Response:
        if isinstance(self.models, Refusal):
            return web.Response(status=self.models.status, text=self.models.body, headers=self.models.headers)
        return web.json_response(self.models)

    async def _post_completion(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.requests.append(asked)
        self.headers.append(dict(request.headers))
        refusal = self.refusal or (Refusal(400) if "suffix" in asked else None)
        if refusal:
            return web.Response(status=refusal.status, text=refusal.body, headers=refusal.headers)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        for event in self.events if self.events is not None else said(counted="stream_options" in asked):
            await response.write(event)
        if self.frozen:
            await self._freeze()
        await response.write(self.last)
        return response

    async def _freeze(self) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


def said(*texts: str, counted: bool = False) -> list[bytes]:
    """vLLM's events for a text, with an event of usage alone where that is asked for."""
    pieces = texts or ("val", "ue")
    usage = {"prompt_tokens": 20, "total_tokens": 22, "completion_tokens": 2, "prompt_tokens_details": None}
    events = [chunk(choices=[choice(text, "stop" if text is pieces[-1] else None)]) for text in pieces]
    return [*events, chunk(choices=[], usage=usage)] if counted else events


def choice(text: str | None, reason: str | None = None) -> dict[str, Any]:
    """One choice of an event."""
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": reason, "stop_reason": None}


def chunk(**fields: Any) -> bytes:
    """One event."""
    whole = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": QWEN["id"], "usage": None} | fields
    return b"data: " + json.dumps(whole).encode() + b"\n\n"
