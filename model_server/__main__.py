"""The worker's command line: `python -m model_server`, and behind it `jupyter codecompose serve`."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import logging
import os
import signal
import sys
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from model_server.engine import Engine
from model_server.families import INCODER
from model_server.loop import Load, Loop, Progress
from model_server.memory import beside
from model_server.server import application
from model_server.tokens import Tokens
from model_server.weights import BadCheckpoint, resolve

TOKEN_VARIABLE = "CODECOMPOSE_TOKEN"  # noqa: S105 - its name, not a token


def loader(model: str) -> Load:
    """What the engine's thread runs first: a checkpoint to a tokenizer and an engine, with its progress."""

    def load(progress: Progress) -> tuple[Tokens, Engine]:
        directory = resolve(model)
        progress(0.05, "starting torch")
        try:
            from model_server.xglm import XGLM
        except ImportError as error:
            need = "pip install 'jupyter-codecompose[local]'"
            raise BadCheckpoint(f"{error.name} is not installed: {need}") from None
        progress(0.5, "reading the tokenizer")
        tokens = Tokens.load(directory)
        if tokens.family.licence:
            print(tokens.family.licence, file=sys.stderr)
        progress(0.6, "reading the weights")
        engine = XGLM.load(directory, lambda share: progress(0.6 + 0.2 * share, "reading the weights"))
        if max(tokens.ends) >= engine.config.vocab_size:
            raise BadCheckpoint(
                f"{directory}: tokenizer.json has more tokens than config.json; take both from one source"
            )
        progress(0.9, "warming up")
        slot = engine.new_slot()
        slot.read([0] * 64)
        slot.read([0])
        return tokens, engine

    return load


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """The options, checked."""
    parser = argparse.ArgumentParser(prog="jupyter codecompose serve", description="Serve a model over HTTP.")
    models = f"'bundled' (the default), or a checkpoint directory such as InCoder's. {INCODER.licence}"
    parser.add_argument("--model", default="bundled", help=models)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="port; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--slots", type=int, default=8, help="editors whose text is kept in memory (default: 8)")
    parser.add_argument("--no-memory", action="store_true", help="the network alone, without the memory beside it")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input closes")
    parser.add_argument("--verbose", action="store_true", help="log what happens, never what was typed")
    options = parser.parse_args(argv)
    if not 0 <= options.port <= 65535:
        parser.error(f"--port is {options.port}: give 0 to 65535")
    if options.slots < 1:
        parser.error(f"--slots is {options.slots}: give 1 or more")
    if not is_loopback(options.host) and not os.environ.get(TOKEN_VARIABLE):
        parser.error(f"--host {options.host} can be reached by others: set {TOKEN_VARIABLE} to a secret first")
    return options


async def serve(options: argparse.Namespace) -> int:
    """Listen, say where, load, and serve until told to stop; gives the exit status."""
    try:
        sockets = bind_sockets(options.port, options.host)
    except OSError as error:
        print(
            f"cannot listen on {options.host}:{options.port}: {error.strerror}; choose another --port", file=sys.stderr
        )
        return 1
    remember = (lambda: None) if options.no_memory else (lambda: beside(resolve(options.model)))
    loop = Loop(loader(options.model), remember=remember, most_slots=options.slots)
    name = "bundled" if options.model == "bundled" else Path(options.model).name
    server = HTTPServer(application(loop, token=os.environ.get(TOKEN_VARIABLE, ""), model=name))
    server.add_sockets(sockets)
    port = sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://{options.host}:{port}"}), flush=True)
    loop.start()
    await told_to_stop(options.exit_with_stdin)
    server.stop()
    await asyncio.to_thread(loop.stop)
    await server.close_all_connections()
    return 0


async def told_to_stop(with_stdin: bool) -> None:
    """Wait for SIGTERM, SIGINT, or the end of standard input."""
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, stop.set)

    def read_stdin() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            stop.set()

    if with_stdin:
        running.add_reader(sys.stdin.fileno(), read_stdin)
    await stop.wait()


def main(argv: list[str] | None = None) -> int:
    """Run the worker; gives the exit status."""
    options = arguments(argv)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, format="%(name)s: %(message)s")
    return asyncio.run(serve(options))


if __name__ == "__main__":
    sys.exit(main())
