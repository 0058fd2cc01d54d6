"""The worker with an engine that takes no time, or a given one: its queue, its loop, its tokenizer and its HTTP are the
real ones.

Run as a program it prints its address, as the worker does, and ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from functools import partial

from tornado.netutil import bind_sockets

from model_server.__main__ import told_to_stop
from model_server.api import Api
from model_server.engine import Engine, FakeEngine
from model_server.loop import Loop, Progress
from model_server.options import TOKEN_VARIABLE
from model_server.server import http_server
from model_server.tokens import Tokens
from model_server.weights import BUNDLED_DIRECTORY

SENTENCE = 'df.groupby("species")["mass"].mean().sort_values(ascending=False).head(10)'
CONTEXT = 16_384


def load(seconds: float, progress: Progress) -> tuple[Tokens, Engine]:
    """The bundled model's tokenizer, and an engine that says one sentence, a token every `seconds`."""
    tokens = Tokens.load(BUNDLED_DIRECTORY)
    sentence = [*tokens.encode(SENTENCE), tokens.special(tokens.family.ends[0])]
    return tokens, FakeEngine(sentence, CONTEXT, seconds)


async def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.0, help="what a step of the engine takes")
    parser.add_argument("--together", type=int, default=8, help="requests that run together")
    options = parser.parse_args()
    loop = Loop(partial(load, options.seconds), most_slots=options.together, most_jobs=8 * options.together)
    server = http_server(Api(loop, token=os.environ.get(TOKEN_VARIABLE, ""), model="fake"))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    print(json.dumps({"url": f"http://127.0.0.1:{sockets[0].getsockname()[1]}"}), flush=True)
    loop.start()
    await told_to_stop(with_stdin=True).wait()
    server.stop()
    await server.close_all_connections()
    await asyncio.to_thread(loop.stop)


if __name__ == "__main__":
    asyncio.run(main())
