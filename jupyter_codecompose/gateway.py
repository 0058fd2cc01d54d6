"""The channels of a kernel behind a Kernel Gateway or an Enterprise Gateway: one websocket, as a page would have.

Jupyter Server's own client of a gateway blocks and spins while it waits, so this is another. A gateway counts whoever
is connected and may spare their kernels from culling: after a while without a question the websocket is closed.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import msgspec
from jupyter_server.gateway.gateway_client import GatewayClient
from jupyter_server.utils import url_path_join
from tornado.escape import url_escape
from tornado.httpclient import HTTPError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, WebSocketError, websocket_connect

from jupyter_codecompose.channels import Head, Hear, Message, question

HEARD = ('"status"', '"execute_input"')


class _Envelope(msgspec.Struct):
    """A message on the websocket."""

    channel: str
    header: msgspec.Raw
    parent_header: msgspec.Raw
    content: msgspec.Raw


class Remote:
    """The channels of a gateway's kernel, opened when it is first asked.

    `retry` is in seconds until a broken websocket is replaced, `silence` until one that nobody needs is closed.
    """

    state = ""
    retry = 5.0
    silence = 60.0

    def __init__(self, kernel: Any, hear: Hear) -> None:
        self._kernel = kernel
        self._id = str(kernel.kernel_id)
        self._hear = hear
        self.session = uuid4().hex
        self._socket: WebSocketClientConnection | None = None
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._python: bool | None = None
        self._closed_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    @staticmethod
    def reach(kernel: Any) -> bool:
        """Whether a kernel has been started at the gateway."""
        return bool(kernel.kernel_id)

    def fit(self, kernel: Any) -> bool:
        over = self._closed_at is not None and asyncio.get_running_loop().time() > self._closed_at
        return kernel is self._kernel and str(kernel.kernel_id) == self._id and not over

    async def ready(self) -> bool:
        """Connects, and waits for the kernel to say that it speaks Python: it does when it is idle."""
        if self._closed_at is None and self._socket is None:
            try:
                self._socket = await websocket_connect(self._request(), on_message_callback=self._receive)
            except (OSError, HTTPError, WebSocketError):
                self._lose(self.retry)
        if self._socket and self._python is None:
            about = await self._say("kernel_info_request", {})
            self._python = dict(about.get("language_info", {})).get("name") == "python"
        return bool(self._python)

    async def ask(self, expression: str) -> dict[str, Any]:
        return await self._say("execute_request", question(expression))

    def needed(self) -> None:
        """Puts off the end that comes of silence."""
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self.silence, self.close)

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._socket:
            self._socket.close()
        self._lose(0.0)

    def _request(self) -> HTTPRequest:
        gateway = GatewayClient.instance()
        path = (gateway.kernels_endpoint, url_escape(self._id), f"channels?session_id={self.session}")
        return HTTPRequest(url_path_join(gateway.ws_url or "", *path), **gateway.load_connection_args())

    async def _say(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Sends a request on the shell channel; gives the content of its reply."""
        asked = uuid4().hex
        header = {"msg_id": asked, "msg_type": kind, "session": self.session, "username": "", "version": "5.3"}
        body = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        reply = self._replies[asked] = asyncio.get_running_loop().create_future()
        try:
            if self._socket is None:
                raise WebSocketClosedError
            await self._socket.write_message(msgspec.json.encode(body))
            content = await reply
        except WebSocketClosedError:
            return {"status": "aborted"}
        finally:
            del self._replies[asked]
        return content

    def _receive(self, text: str | bytes | None) -> None:
        """A message on any channel, or the end of them all. Those with buffers are binary, and outputs."""
        if text is None:
            self._lose(self.retry)
        elif isinstance(text, str) and (
            any(kind in text for kind in HEARD) or any(key in text for key in self._replies)
        ):
            self._route(text)

    def _route(self, text: str) -> None:
        try:
            message = msgspec.json.decode(text, type=_Envelope)
            asked = msgspec.json.decode(message.parent_header, type=Head).msg_id
        except msgspec.MsgspecError:
            return
        if message.channel == "iopub":
            heard = Message.read(message.header, message.parent_header, message.content)
            if heard:
                self._hear(heard)
        elif message.channel == "shell" and asked in self._replies and not self._replies[asked].done():
            self._replies[asked].set_result(msgspec.json.decode(message.content))

    def _lose(self, seconds: float) -> None:
        """The websocket is gone; another is opened no sooner than in so many seconds."""
        if self._closed_at is None:
            self._closed_at = asyncio.get_running_loop().time() + seconds
        self._socket = None
        for reply in self._replies.values():
            if not reply.done():
                reply.set_result({"status": "aborted"})
