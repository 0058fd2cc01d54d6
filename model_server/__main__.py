"""The worker's command line: `python -m model_server`, and behind it `jupyter codecompose serve`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from model_server.api import Api
from model_server.loading import loader
from model_server.loop import Loop
from model_server.memory import beside
from model_server.options import TOKEN_VARIABLE, arguments
from model_server.server import http_server
from model_server.terminal import shown
from model_server.weights import resolve

GRACE_SECONDS = 2.0
"""How long what runs may go on after the signal to stop; a process that is asked to end has five seconds in all."""
LAST_WORD_SECONDS = 0.2
"""How long clients then have to hear that the rest is refused."""
CLOSING_SECONDS = 0.5
"""How long connections may take to close: what a client has sent ahead is answered first."""


async def serve(options: argparse.Namespace) -> int:
    """Listen, say where, load, and serve until told to stop; gives the exit status."""
    try:
        sockets = bind_sockets(options.port, options.host)
    except OSError as error:
        print(
            f"cannot listen on {options.host}:{options.port}: {error.strerror}; choose another --port", file=sys.stderr
        )
        return 1
    stop = told_to_stop(options.exit_with_stdin)
    loop = new_loop(options)
    name = "bundled" if options.model == "bundled" else Path(options.model).name
    server = http_server(Api(loop, token=os.environ.get(TOKEN_VARIABLE, ""), model=name))
    server.add_sockets(sockets)
    loop.start()
    port = sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://{options.host}:{port}"}), flush=True)
    await stop.wait()
    await end(server, loop)
    return 0


async def end(server: HTTPServer, loop: Loop) -> None:
    """Take nothing new, let what runs finish or hear that it is refused, and wait for nobody longer than that."""
    server.stop()
    ended = await asyncio.to_thread(loop.stop, GRACE_SECONDS if loop.in_hand else 0)
    await asyncio.sleep(LAST_WORD_SECONDS)
    with suppress(TimeoutError):
        await asyncio.wait_for(server.close_all_connections(), CLOSING_SECONDS)
    if not ended:
        os._exit(0)  # an end in good order would wait for the load


def new_loop(options: argparse.Namespace) -> Loop:
    """The engine's loop, whose load a person can follow."""
    load = shown(loader(options.model, options.revision), sys.stderr)
    remember = (lambda: None) if options.no_memory else (lambda: beside(resolve(options.model, options.revision)))
    return Loop(load, remember=remember, most_slots=options.slots, most_bytes=options.slot_memory * 2**20)


def told_to_stop(with_stdin: bool) -> asyncio.Event:
    """Set by SIGTERM, SIGINT, or the end of standard input; from now on."""
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, stop.set)

    def read_stdin() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            stop.set()

    if with_stdin:
        running.add_reader(sys.stdin.fileno(), read_stdin)
    return stop


def serve_replicas(options: argparse.Namespace) -> int:
    """Have Ray Serve do it; gives the exit status."""
    try:
        from model_server.cluster import run, run_config
        from model_server.scale import Options
    except ImportError as error:
        print(f"{error.name} is not installed: pip install 'jupyter-codecompose[ray]'", file=sys.stderr)
        return 1
    if options.config:
        return run_config(options.config)
    model = str(Path(options.model).absolute()) if Path(options.model).is_dir() else options.model
    given = (model, options.revision, options.slots, options.slot_memory, not options.no_memory)
    return run(Options(*given), options.host, options.port)


def main(argv: list[str] | None = None) -> int:
    """Run the worker; gives the exit status."""
    options = arguments(argv)
    logging.basicConfig(format="%(name)s: %(message)s")
    if options.verbose:
        logging.getLogger("model_server").setLevel(logging.INFO)  # and no other's: theirs hold addresses with keys
    return serve_replicas(options) if options.ray else asyncio.run(serve(options))


if __name__ == "__main__":
    sys.exit(main())
