"""`jupyter codecompose`: a suggestion without a browser, a worker of one's own, a model trained on one's own code, and
what to do where nothing works.

Exit status: 0 where it worked, 1 where it did not, 2 where what was asked for makes no sense.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from jupyter_codecompose import __version__, checks, file
from jupyter_codecompose.checks import Check
from jupyter_codecompose.exclude import Paths
from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.kernel import Known
from jupyter_codecompose.service import Service
from jupyter_codecompose.settings import LONGEST, PROMPTS, Settings, WrongSetting, read_token
from jupyter_codecompose.wire import Chunk, Explanation, Fault, Sent, Snapshot
from jupyter_codecompose.worker import Worker

START_SECONDS = 3_600.0
"""A model may have to be downloaded first; the worker itself says how far it is."""
ELSEWHERE = {
    "serve": ("model_server.__main__", "local", "run a worker here"),
    "corpus": ("model_server.corpus.gather", "train", "gather notebooks and source files to train on"),
    "finetune": ("model_server.training.finetune", "train", "train a model further on your own code"),
    "evaluate": (
        "model_server.evaluation.evaluate",
        "train",
        "how often models write hidden lines as their authors did",
    ),
    "convert": ("model_server.convert", "local", "make safetensors of a checkpoint's pickled weights, once"),
}
"""Commands that need more than a Jupyter server has: where each one's `main` is, and the extra that it needs."""
LOG = logging.getLogger("jupyter_codecompose")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; gives its exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given and given[0] in ELSEWHERE:
        return elsewhere(given[0], given[1:])
    options = _parser().parse_args(given)
    try:
        return asyncio.run(complete(options)) if options.command == "complete" else status(options)
    except KeyboardInterrupt:
        return 130


def elsewhere(command: str, argv: list[str]) -> int:
    """A command of the worker or of the training; says which extra to install where something is missing."""
    module, extra, _ = ELSEWHERE[command]
    try:
        run = importlib.import_module(module).main
    except ModuleNotFoundError as missing:
        _tell(f"{missing.name} is not installed: pip install 'jupyter-codecompose[{extra}]'")
        return 1
    return int(run(argv))


def status(options: argparse.Namespace) -> int:
    """Says part by part what works; 1 if any part does not."""
    found = [] if options.url else list(checks.installation())
    found += checks.servers(options.url, options.token)
    for check in found:
        print(check)
    if options.worker:
        found.append(asyncio.run(_worker_check()))
        print(found[-1])
    return int(any(check.ok is False for check in found))


async def complete(options: argparse.Namespace) -> int:
    """Prints a suggestion as it comes."""
    try:
        settings = _settings(options)
        if Paths(settings.exclude_paths).cover(str(options.notebook.resolve())):
            raise file.WrongFile(f"Nothing of {options.notebook} is sent anywhere: its path is excluded.")
        notebook = file.load(options.notebook)
        asked = file.snapshot(
            notebook,
            options.notebook,
            options.cell,
            options.line,
            options.column,
            explain=options.explain,
            kernel="own",
        )
        facts = await file.run(notebook, options.notebook, options.cell, _tell) if options.execute else Namespace()
    except (file.WrongFile, WrongSetting) as wrong:
        _tell(str(wrong))
        return 2
    worker = Worker(settings, LOG)
    service = Service(settings, worker, Known(facts), LOG)
    try:
        if await worker.until(("ready", "failed"), START_SECONDS) != "ready":
            _tell(worker.status().message)
            return 1
        return await _print(service, asked)
    finally:
        await service.close()


async def _print(service: Service, asked: Snapshot) -> int:
    """The suggestion to standard output; how it ended, and the explanation, to standard error."""
    shown = False
    async with aclosing(service.complete(asked)) as events:
        async for event in events:
            if isinstance(event, Chunk):
                shown = True
                print(event.text, end="", flush=True)
            elif isinstance(event, Fault):
                _tell(event.message)
                return 1
            elif event.explanation:
                _explain(event.explanation, service.sent(asked.editor))
    if shown:
        print()
    else:
        _tell("Nothing is suggested here.")
    return 0


def _explain(explanation: Explanation, sent: Sent) -> None:
    masked = ", ".join(f"{count} {family}" for family, count in sent.masked.items())
    _tell(f"\n--- sent ---\n{sent.body}\n--- end of what was sent; masked in the document: {masked or 'nothing'} ---")
    _tell(f"\n--- prompt ---\n{explanation.prompt}\n--- end of prompt ---")
    parts = ", ".join(
        f"{name.replace('_', ' ')} {count} of {explanation.of[name]}" for name, count in explanation.sent.items()
    )
    ways = ", then ".join(f"{count} continuations" if count else "any" for count in explanation.ways)
    steps = ", ".join(f"{step} {took:.1f}" for step, took in explanation.steps_ms.items())
    _tell(f"sent: {parts}; {explanation.reused_tokens} tokens reused")
    _tell(f"allowed: {ways}; cut, since the kernel has none: {', '.join(explanation.cut) or 'nothing'}")
    _tell(f"milliseconds: {steps}")


async def _worker_check() -> Check:
    """Starts our own worker once, to see whether it loads its model."""
    worker = Worker(Settings(), LOG)
    try:
        state = await worker.until(("ready", "failed"), START_SECONDS)
        return Check("worker", state == "ready", state, worker.status().message)
    finally:
        await worker.close()


def _settings(options: argparse.Namespace) -> Settings:
    """What the arguments say; a request may take as long as is allowed, since nobody is typing."""
    return Settings(
        worker_url=options.worker_url,
        token=read_token(""),
        worker_model=options.worker_model,
        worker_prompt=options.worker_prompt,
        worker_context=options.worker_context,
        model=options.model,
        model_revision=options.revision,
        timeout=LONGEST,
    )


def _worker_options(parser: argparse.ArgumentParser) -> None:
    """Which worker is asked, and how; each is the setting of the same name."""
    add = parser.add_argument
    add("--worker-url", default="", help="a worker, or another completions server, that runs already")
    add("--worker-model", default="", help="the name of its model (default: the only one there)")
    add("--worker-prompt", default="auto", help=f"how its prompt is made: {', '.join(PROMPTS)} (default: auto)")
    add("--worker-context", type=int, default=0, help="its model's context in tokens (default: as it says)")
    add("--model", default="bundled", help="for a worker started here: 'bundled', a model's directory, or a Hub name")
    add("--revision", default="", help="a commit, tag or branch of that Hub name")


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jupyter codecompose", description="Ghost text for notebooks.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    one = commands.add_parser("complete", help="print the suggestion at a place in a notebook")
    one.add_argument("notebook", type=Path, help="an .ipynb file")
    one.add_argument("--cell", type=int, required=True, help="the cell's number, counted from 1")
    one.add_argument("--line", type=int, help="the line in it, from 1 (default: its last)")
    one.add_argument("--column", type=int, help="characters left of the cursor (default: the whole line)")
    one.add_argument("--execute", action="store_true", help="run the cells above first, and use what the kernel knows")
    one.add_argument("--explain", action="store_true", help="show what was sent, the prompt, the time of each step")
    _worker_options(one)
    for command, (_, _, what) in ELSEWHERE.items():
        commands.add_parser(command, help=f"{what}; its options: jupyter codecompose {command} --help")
    state = commands.add_parser("status", help="what works, and what to do where it does not")
    state.add_argument("--url", default="", help="ask this Jupyter server alone")
    state.add_argument("--token", default="", help="its token")
    state.add_argument("--worker", action="store_true", help="also start a worker once, to see that it loads")
    return parser
