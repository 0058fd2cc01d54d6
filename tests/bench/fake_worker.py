"""The worker with an engine that takes no time: its queue, its loop, its tokenizer and its HTTP are the real ones.

Run as a program it prints its address, as the worker does, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from model_server.__main__ import TOKEN_VARIABLE, told_to_stop
from model_server.engine import Engine, FakeEngine
from model_server.loop import Loop, Progress
from model_server.server import application
from model_server.tokens import Tokens
from tests.worker.checkpoints import small_tokenizer

SENTENCE = 'df.groupby("species")["mass"].mean()'
CONTEXT = 16_384


def load(progress: Progress) -> tuple[Tokens, Engine]:
    """A small tokenizer, and an engine that says one sentence."""
    tokens = Tokens(small_tokenizer())
    sentence = [*tokens.encode(SENTENCE), tokens.special(tokens.family.ends[0])]
    return tokens, FakeEngine(sentence, context=CONTEXT)


async def main() -> None:
    """Serve until standard input closes."""
    loop = Loop(load)
    server = HTTPServer(application(loop, token=os.environ.get(TOKEN_VARIABLE, ""), model="fake"))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    loop.start()
    print(json.dumps({"url": f"http://127.0.0.1:{sockets[0].getsockname()[1]}"}), flush=True)
    await told_to_stop(with_stdin=True)
    server.stop()
    await server.close_all_connections()
    await asyncio.to_thread(loop.stop)


if __name__ == "__main__":
    asyncio.run(main())
