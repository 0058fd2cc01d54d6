"""Checkpoints fetched from the Hugging Face Hub: which files of a repository, in which order, and whether they fit.

What describes a model comes first and is looked at before its weights come. Only JSON, text and safetensors are ever
fetched: no pickle, no code. This file does not know how files travel, nor what makes a checkpoint servable.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from model_server.repository import Repository, ask, bring, pin
from model_server.weights import COMPANIONS, INDEX, BadCheckpoint, by_hand, has_pickles, named

log = logging.getLogger("model_server")

SINGLE = "model.safetensors"
MEGABYTE = 1_000_000


def fetch(name: str, revision: str, look: Callable[[Path], object], progress: Callable[[float, str], None]) -> Path:
    """Bring a repository here, at a commit, a tag or a branch (its main one by default); gives the directory.

    `look` sees the directory when everything but the weights is there, and raises BadCheckpoint where those are not
    worth fetching. `progress` hears the share of the weights' bytes that is here. Raises BadCheckpoint.
    """
    progress(0.0, f"asking the Hub for {name}")
    repository = ask(name, revision)
    log.info("%s is at commit %s", name, repository.commit)
    check_kind(repository)
    directory = pin(repository, revision)
    bring(repository, repository.among((*COMPANIONS, INDEX)), lambda here: None)
    look(directory)
    weights = weights_of(repository, directory)
    check_room(repository, weights, directory)
    bring(repository, weights, in_megabytes(repository, repository.size(weights), progress))
    return directory


def in_megabytes(repository: Repository, total: int, progress: Callable[[float, str], None]) -> Callable[[int], None]:
    """Tells `progress` in shares and in words what it hears in bytes."""
    short = f"{repository.name.partition('/')[2]}@{repository.commit[:8]}"
    megabytes = -(-total // MEGABYTE)

    def told(here: int) -> None:
        progress(min(1.0, here / max(1, total)), f"downloading {short}, {here // MEGABYTE} of {megabytes} MB")

    return told


def check_kind(repository: Repository) -> None:
    """Raises BadCheckpoint where nothing is worth fetching."""
    if repository.among(["config.json"]) and repository.size(repository.among((SINGLE, INDEX))):
        return
    if has_pickles(repository.sizes):
        what = "has only pickled weights, which can run code: make safetensors of them, once"
        raise BadCheckpoint(f"{repository.name} {what}: {by_hand(repository.name)}")
    raise BadCheckpoint(
        f"{repository.name} has no config.json with {SINGLE}: name a repository in transformers' layout (not GGUF)"
    )


def weights_of(repository: Repository, directory: Path) -> list[str]:
    """The files of the network itself; others may hold the same weights a second time. Raises BadCheckpoint."""
    if SINGLE in repository.sizes:
        return [SINGLE]
    names = named(directory / INDEX)
    if missing := [name for name in names if name not in repository.sizes]:
        raise BadCheckpoint(f"{repository.name} lacks {missing[0]}, which its {INDEX} names: give another --revision")
    return names


def check_room(repository: Repository, names: Sequence[str], directory: Path) -> None:
    """Raises BadCheckpoint where the disk has no room for what is not here yet."""
    missing = repository.size(name for name in names if not (directory / name).is_file())
    free = shutil.disk_usage(directory).free
    if missing > free:
        sizes = f"{repository.name} needs {missing // MEGABYTE} MB, and {free // MEGABYTE} MB are free on the disk"
        raise BadCheckpoint(f"{sizes}: make room, or set HF_HOME to a directory on a larger disk")
