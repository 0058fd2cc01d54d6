"""`jupyter codecompose evaluate`: how often models write hidden lines exactly as their authors did, and how fast.

    jupyter codecompose evaluate --model bundled --model runs/mine --cases hidden_lines_dev.jsonl.xz

Each model is asked through a worker, started as users start it or running already: greedily, to the end of the line,
without kernel facts. An answer that does not come counts as a wrong one, and is said. Exit status: 0 where every
model gave every answer, 1 where not, 2 where what was asked for makes no sense.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from model_server.corpus.rows import BadRows
from model_server.evaluation import asking
from model_server.evaluation.cases import read_cases
from model_server.evaluation.client import Client
from model_server.evaluation.infilling import read_tasks
from model_server.evaluation.measure import Model, Work, copying, measure
from model_server.evaluation.results import Evaluation, as_json
from model_server.evaluation.sandbox import NoSandbox, confinement
from model_server.evaluation.tables import as_markdown

TOKEN_VARIABLE = "CODECOMPOSE_TOKEN"  # noqa: S105 - its name, not a token
DESCRIPTION = "Ask models for hidden lines and gaps through a worker, and say how often they are right, and how fast."


def models(options: argparse.Namespace) -> Iterator[Model]:
    """The models that the options name; the bundled one where they name none."""
    for name in options.model or ([] if options.worker_url else ["bundled"]):
        yield Model(name, partial(asking.started, name, not options.no_memory))
    for url in options.worker_url:
        yield Model(url, partial(asking.running, url, os.environ.get(TOKEN_VARIABLE, "")))


def work_of(options: argparse.Namespace) -> Work:
    """The cases and tasks that the options choose. Raises BadRows, also where there are none."""
    chosen = (one for one in read_cases(options.cases) if one.group.startswith(options.kind)) if options.cases else ()
    cases = list(islice(chosen, options.limit))
    if options.cases and not cases:
        raise BadRows(f"{options.cases} has no cases of a group that begins with {options.kind!r}")
    tasks = [task for path in options.infilling for task in islice(read_tasks(path), options.limit)]
    return Work(cases, tasks, options.run_code)


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The options, checked."""
    parser = argparse.ArgumentParser(prog="jupyter codecompose evaluate", description=DESCRIPTION)
    add = parser.add_argument
    several = partial(add, action="append", default=[])
    several("--model", metavar="DIR", help="'bundled' (the default) or a checkpoint directory; repeatable")
    several("--worker-url", metavar="URL", help=f"a running worker (its token in {TOKEN_VARIABLE}); repeatable")
    add("--cases", type=Path, metavar="FILE", help="hidden-line cases: .jsonl, .jsonl.xz or .jsonl.gz")
    add("--kind", default="", metavar="PREFIX", help="only groups that begin so, such as 'python notebooks'")
    several("--infilling", type=Path, metavar="FILE", help="a HumanEval infilling file, .jsonl or .gz; repeatable")
    add("--run-code", action="store_true", help="run the programs that the infilling makes, and say how many pass")
    add("--limit", type=int, default=None, metavar="N", help="only the first N of each file")
    add("--no-memory", action="store_true", help="the networks alone, in the workers that are started here")
    add("--json", type=Path, default=None, metavar="FILE", help="write the figures there")
    add("--markdown", type=Path, default=None, metavar="FILE", help="write the tables there too")
    options = parser.parse_args(argv)
    check(parser, options)
    return options


def check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """End with status 2 where options make no sense, before anything is done."""
    if not options.cases and not options.infilling:
        parser.error("give --cases, --infilling or both")
    if options.limit is not None and options.limit < 1:
        parser.error(f"--limit is {options.limit}: give 1 or more")
    for file in (options.json, options.markdown):
        if file and not file.absolute().parent.is_dir():
            parser.error(f"{file.parent} is no directory to write {file.name} into")
    for url in options.worker_url:
        try:
            Client(url, "")
        except ValueError as wrong:
            parser.error(str(wrong))


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; gives the exit status."""
    options = arguments(argv)
    try:
        work = work_of(options)
        sandbox = confinement().words if options.run_code else ""
        results = [measure(model, work) for model in models(options)]
    except (BadRows, NoSandbox) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    found = Evaluation(results, copying(work.cases), sandbox)
    print(as_markdown(found), end="")
    if options.markdown:
        options.markdown.write_text(as_markdown(found), "utf-8")
    if options.json:
        options.json.write_text(json.dumps(as_json(found), indent=2) + "\n", "utf-8")
    return int(any(result.trouble for result in results))


if __name__ == "__main__":
    sys.exit(main())
