"""The worker's options: what may be given on its command line, and which of it makes no sense."""

from __future__ import annotations

import argparse
import ipaddress
import os
from pathlib import Path

from model_server.families import INCODER
from model_server.weights import HUB_NAME

TOKEN_VARIABLE = "CODECOMPOSE_TOKEN"  # noqa: S105 - its name, not a token


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """The options, checked."""
    parser = argparse.ArgumentParser(
        prog="jupyter codecompose serve",
        description="Serve a model over HTTP: OpenAI's completions, and what this project's own clients add to them.",
        epilog=f"The environment variable {TOKEN_VARIABLE} holds the bearer token that callers must show.",
    )
    models = (
        "'bundled' (the default), a checkpoint directory, or a name on the Hugging Face Hub, downloaded once. "
        f"{INCODER.licence}"
    )
    parser.add_argument("--model", default="bundled", metavar="MODEL", help=models)
    parser.add_argument("--revision", default="", help="with a name on the Hub: the commit, tag or branch to serve")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="port; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--slots", type=int, default=8, help="editors whose text is kept in memory (default: 8)")
    parser.add_argument(
        "--slot-memory", type=int, default=0, metavar="MIB", help="memory for all slots together (default: no bound)"
    )
    parser.add_argument("--no-memory", action="store_true", help="leave out the lines that are kept beside the model")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input closes")
    parser.add_argument("--ray", action="store_true", help="serve replicas, as many as the load asks for, by Ray Serve")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="with --ray: a Ray Serve config, in place of the rest"
    )
    parser.add_argument("--verbose", action="store_true", help="log what happens, never what was typed")
    options = parser.parse_args(argv)
    if wrong := refusal(options):
        parser.error(wrong)
    return options


def refusal(options: argparse.Namespace) -> str:
    """Which option makes no sense, and what to give instead; '' where all do."""
    if not 0 <= options.port <= 65535:
        return f"--port is {options.port}: give 0 to 65535"
    if options.slots < 1:
        return f"--slots is {options.slots}: give 1 or more"
    if options.slot_memory < 0:
        return f"--slot-memory is {options.slot_memory}: give a number of MiB, or 0 for no bound"
    if options.revision and (Path(options.model).is_dir() or not HUB_NAME.fullmatch(options.model)):
        return f"--revision is {options.revision}: it needs a --model that is a name on the Hub, such as OWNER/NAME"
    if options.config and not (options.ray and options.config.is_file()):
        return f"--config is {options.config}: it needs --ray, and must be a file"
    if options.ray and (options.exit_with_stdin or not options.port):
        return "--ray does not go with --exit-with-stdin or --port 0"
    if not is_loopback(options.host) and not os.environ.get(TOKEN_VARIABLE):
        return f"--host {options.host} can be reached by others: set {TOKEN_VARIABLE} to a secret first"
    return ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
