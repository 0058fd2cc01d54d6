"""From the name of a model to a tokenizer and an engine that has warmed up, telling all along how far it is.

Runs on the engine's thread. torch and transformers are imported behind it only, by the engines' own files.
"""

from __future__ import annotations

from pathlib import Path

from model_server.engine import Branches, Engine, Read
from model_server.hub import fetch
from model_server.loop import Load, Progress
from model_server.tokens import Tokens
from model_server.weights import BadCheckpoint, NotFetched, read_config, read_json, resolve

DOWNLOAD = 0.8
"""The share of a load that a download is taken for."""
WARM_ROWS = 64
CHOOSING = "choosing what computes fastest here"
"""Takes ten seconds or so, once for a machine: machine code is made, and every way is timed."""


def loader(model: str, revision: str = "") -> Load:
    """What the engine's thread runs first. Its last word to `progress` says which commit of the Hub is served."""

    def load(progress: Progress) -> tuple[Tokens, Engine]:
        try:
            return loaded(model, revision, progress)
        except ModuleNotFoundError as error:
            raise BadCheckpoint(f"{error.name} is not installed: pip install 'jupyter-codecompose[local]'") from None
        except ImportError as error:  # it is installed, but does not fit what stands beside it
            raise BadCheckpoint(str(error)) from None

    return load


def loaded(model: str, revision: str, progress: Progress) -> tuple[Tokens, Engine]:
    """A model, ready for its first request. Raises BadCheckpoint, and ImportError where something is not installed."""
    directory, rest = found(model, revision, progress)
    rest(0.0, "reading the tokenizer")
    tokens = described(directory)
    engine = network(directory, between(rest, 0.1, 0.9))
    rest(0.9, "warming up")
    warm_up(tokens, engine)
    progress(1.0, identity(model, directory))
    return tokens, engine


def found(model: str, revision: str, progress: Progress) -> tuple[Path, Progress]:
    """Where a model is, fetched if need be, and who hears of the rest of the load. Raises BadCheckpoint."""
    try:
        return resolve(model, revision), progress
    except NotFetched:
        directory = fetch(model, revision, look, between(progress, 0.0, DOWNLOAD))
        return directory, between(progress, DOWNLOAD, 1.0)


def look(directory: Path) -> None:
    """Whether a model's weights are worth fetching, by what describes it. Raises BadCheckpoint."""
    described(directory)
    if is_xglm(directory):
        read_config(directory)
    else:
        from model_server.pretrained import checked_config

        checked_config(directory)


def described(directory: Path) -> Tokens:
    """The tokenizer, if its family is supported and it fits the network. Raises BadCheckpoint; needs no weights."""
    tokens = Tokens.load(directory)
    entries = read_json(directory / "config.json").get("vocab_size")
    if isinstance(entries, int) and tokens.last >= entries:
        raise BadCheckpoint(f"{directory}: tokenizer.json has more tokens than config.json; take both from one source")
    return tokens


def network(directory: Path, progress: Progress) -> Engine:
    """The engine that runs a checkpoint of its architecture. Raises BadCheckpoint."""
    progress(0.0, "starting torch")

    def told(share: float) -> None:
        progress(0.4 + 0.5 * share, "reading the weights" if share < 1 else CHOOSING)

    if is_xglm(directory):
        from model_server import tuning

        return tuning.load(directory, told)
    from model_server.causal import Causal

    return Causal.load(directory, told)


def is_xglm(directory: Path) -> bool:
    """Whether the hand-written engine runs a checkpoint; transformers runs the others."""
    return read_json(directory / "config.json").get("model_type") == "xglm"


def warm_up(tokens: Tokens, engine: Engine) -> None:
    """Let the first request find everything allocated and compiled: a prompt's step, a token's and that of a way to go
    on, and which tokens may stand behind a word."""
    slot = engine.new_slot()
    for rows in (min(WARM_ROWS, engine.context - 2), 1):
        (scores,) = engine.step([Read(slot, [0] * rows)])
    (branches,) = engine.step([Branches(slot, [[0]])])
    scores.judge(branches, [[0]], tokens.breaks)


def identity(model: str, directory: Path) -> str:
    """Which commit of the Hub a directory of its cache holds; '' for any other directory."""
    return f"{model} at commit {directory.name}" if directory.parent.name == "snapshots" else ""


def between(progress: Progress, begin: float, end: float) -> Progress:
    """Progress of a part, as progress of the whole."""
    return lambda share, message: progress(begin + (end - begin) * share, message)
