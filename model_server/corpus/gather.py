"""`jupyter codecompose corpus build PATHS… --out DIR`: notebooks and source files, gathered to train on.

Directories are walked in order and read one file at a time; what is left out is counted with its reason. Whose code it
is, and whether it may be used, this does not know: give it your own.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tqdm import tqdm

from model_server.corpus.duplicates import Duplicates
from model_server.corpus.shards import Shards
from model_server.corpus.sieve import Limits, cleaned, objection
from model_server.corpus.sources import Raw, Unusable, code, documents, known, size

OTHERS = {"node_modules", "bower_components", "site-packages", "dist-packages", "vendor", "vendored", "third_party"}
OTHERS |= {"thirdparty", "3rdparty", "dist", "build", "target", "__pycache__", "venv", "env", "renv", "packrat"}
"""Directories of what others wrote or a machine made; those whose name begins with a dot are left out as well."""


@dataclass
class Report:
    """What became of everything that was looked at: documents and bytes kept, and the reasons for the rest."""

    kept: int = 0
    bytes: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def reasons(self) -> str:
        """What was left out, one reason a line, the most frequent first."""
        return "\n".join(f"{count:>9,}  {reason}" for reason, count in self.left_out.most_common())


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, and what it is called in the corpus."""

    path: Path
    repo: str
    name: str


def gather(
    paths: Sequence[Path],
    limits: Limits = Limits(),  # noqa: B008
    report: Report | None = None,
    skip: Path | None = None,
) -> Iterator[Raw]:
    """The documents of files and directories, in the corpus' form and in order; `skip` is a directory not to enter.

    `report` is counted up on the way. Raises FileNotFoundError where a path does not exist.
    """
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist")
    return sifted(paths, limits, Report() if report is None else report, skip)


def sifted(paths: Sequence[Path], limits: Limits, report: Report, skip: Path | None) -> Iterator[Raw]:
    """What `gather` gives."""
    seen = Duplicates(limits.similarity)
    for source in sources(paths, report, skip):
        for raw in documents(source.path, source.repo, source.name, limits.most_bytes):
            if kept := sift(raw, limits, seen, report):
                report.kept += 1
                report.bytes += size(kept)
                yield kept


def sift(raw: Raw | Unusable, limits: Limits, seen: Duplicates, report: Report) -> Raw | None:
    """A document as it may be kept, or None with its reason counted."""
    reason = str(raw) if isinstance(raw, Unusable) else objection(raw, limits)
    if reason or isinstance(raw, Unusable):
        report.left_out[reason] += 1
        return None
    clean, cells = cleaned(raw)
    if cells:
        report.left_out["cells with a secret (the rest of their notebooks is kept)"] += cells
    if clean is None:
        reason = "with a secret"
    elif cells and objection(clean, limits):
        reason = objection(clean, limits)
    else:
        reason = seen.objection(code(clean))
    if reason:
        report.left_out[reason] += 1
        return None
    return clean


def sources(paths: Sequence[Path], report: Report, skip: Path | None) -> Iterator[Source]:
    """Every file that can be read, sorted within each given path."""
    for given in paths:
        root = given if given.is_dir() else given.parent
        for path in walk(given, report, skip) if given.is_dir() else [given]:
            if not known(path):
                report.left_out["of another kind"] += 1
                continue
            top = repository(path.parent.resolve())
            base = top or root.resolve()
            yield Source(path, base.name, os.path.relpath(path.parent.resolve() / path.name, base).replace(os.sep, "/"))


def walk(root: Path, report: Report, skip: Path | None) -> Iterator[Path]:
    """The files under a directory. Links to directories are not followed, so there are no loops."""
    unread = "directories that cannot be read"
    for directory, below, files in os.walk(root, onerror=lambda error: report.left_out.update([unread])):
        inside = Path(directory)
        entered = [name for name in sorted(below) if name not in OTHERS and not name.startswith(".")]
        report.left_out.update(["directories of others' code, or hidden"] * (len(below) - len(entered)))
        below[:] = [name for name in entered if not (skip and (inside / name).resolve() == skip.resolve())]
        for name in sorted(files):
            yield inside / name


@lru_cache(maxsize=4096)
def repository(directory: Path) -> Path | None:
    """The nearest git repository around a directory."""
    return next((at for at in (directory, *directory.parents) if (at / ".git").exists()), None)


def main(argv: list[str] | None = None) -> int:
    """The command line; gives its exit status."""
    options = _parser().parse_args(argv)
    report = Report()
    try:
        count = build(options.paths, options.out, Limits(options.most_bytes, similarity=options.similarity), report)
    except OSError as error:
        what = f"cannot write to {options.out}: {error.strerror}" if error.errno else str(error)
        return _fail(what)
    except KeyboardInterrupt:
        return _fail("stopped; nothing was written", 130)
    if not report.kept:
        return _fail(f"nothing to train on was found\n{left_out(report)}")
    print(f"kept {report.kept:,} documents, {report.bytes / 1e6:,.1f} MB, in {count} files in {options.out}")
    print(left_out(report))
    return 0


def build(paths: Sequence[Path], out: Path, limits: Limits, report: Report) -> int:
    """Write a corpus; gives the number of its files. Raises OSError where that cannot be done."""
    if existing := sorted(out.glob("train*.jsonl*")):
        raise FileExistsError(f"{out} has {existing[0].name} already: remove it, or give another directory")
    found = gather(paths, limits, report, skip=out)
    with Shards(out) as shards:
        for raw in tqdm(found, unit=" documents", disable=not sys.stderr.isatty()):
            shards.write(raw)
    return shards.count


def left_out(report: Report) -> str:
    """The table of what was left out."""
    return f"left out:\n{report.reasons()}" if report.left_out else "nothing was left out"


def _fail(sentence: str, status: int = 1) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jupyter codecompose corpus", description="Notebooks and source to train on.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    one = commands.add_parser("build", help="gather files and directories into a corpus")
    one.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="notebooks, source files, directories of them")
    one.add_argument("--out", type=Path, required=True, metavar="DIR", help="where train-00.jsonl and so on go")
    one.add_argument("--most-bytes", type=int, default=200_000, help="largest document (default: %(default)s)")
    one.add_argument("--similarity", type=float, default=0.7, help="of near-duplicates (default: %(default)s)")
    return parser
