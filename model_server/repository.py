"""A repository of the Hugging Face Hub at one commit: what it has, and files of it brought into the Hub's own cache.

The only file that talks to the Hub, through huggingface_hub. Every failure is one sentence. It does not know which
files are worth having.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model_server.weights import BadCheckpoint

ANSWER_SECONDS = 5.0
"""How long the Hub may take to say what it has; after that it counts as out of reach."""


@dataclass(frozen=True, slots=True)
class Repository:
    """What a name on the Hub stands for at a commit; `sizes` are its files' bytes."""

    name: str
    commit: str
    sizes: Mapping[str, int]

    def among(self, names: Iterable[str]) -> list[str]:
        """Those of `names` that it has."""
        return [name for name in names if name in self.sizes]

    def size(self, names: Iterable[str]) -> int:
        """Bytes of some of its files together."""
        return sum(self.sizes[name] for name in names)


def ask(name: str, revision: str) -> Repository:
    """What the Hub has under a name, at a commit, a tag or a branch. Raises BadCheckpoint."""
    from huggingface_hub import HfApi, constants

    constants.HF_HUB_DISABLE_XET = True  # its own threads would neither tell how far they are nor end with us
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its warnings hold signed addresses
    with one_sentence(name, revision):
        found = HfApi().model_info(name, revision=revision or None, files_metadata=True, timeout=ANSWER_SECONDS)
        return Repository(name, str(found.sha), {file.rfilename: file.size or 0 for file in found.siblings or ()})


def pin(repository: Repository, revision: str) -> Path:
    """Let the cache know which commit a branch or a tag stands for, so that it is found without a network too; gives
    that commit's directory. Raises BadCheckpoint."""
    from huggingface_hub import hf_hub_download

    with one_sentence(repository.name, revision):
        hf_hub_download(repository.name, "config.json", revision=revision or None)
        return Path(hf_hub_download(repository.name, "config.json", revision=repository.commit)).parent


def bring(repository: Repository, names: Sequence[str], told: Callable[[int], None]) -> None:
    """Fetch those of `names` that are not here, one after another. Raises BadCheckpoint.

    A connection that is cut goes on where it was. `told` hears the bytes that are here; an exception of its own ends
    the download, and then no half of a file is left.
    """
    from huggingface_hub import hf_hub_download

    before = 0
    for name in names:
        with one_sentence(repository.name, repository.commit):
            meter = meter_from(before, told)
            hf_hub_download(repository.name, name, revision=repository.commit, tqdm_class=meter)
        before += repository.sizes[name]
        told(before)


def meter_from(before: int, told: Callable[[int], None]) -> type:
    """What huggingface_hub takes for a progress bar: it tells the bytes of this file and of those `before`."""

    class Meter:
        def __init__(self, *_: object, **__: object) -> None:
            self.here = before

        def __enter__(self) -> Meter:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, more: float | None = 1) -> None:
            self.here += int(more or 0)
            told(self.here)

    return Meter


@contextmanager
def one_sentence(name: str, revision: str) -> Iterator[None]:
    """Whatever goes wrong within is a BadCheckpoint."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - among them those of the HTTP library beneath, which has changed twice
        raise BadCheckpoint(sentence(error, name, revision)) from None


def sentence(error: Exception, name: str, revision: str) -> str:
    """What went wrong with a repository, and what to do."""
    from huggingface_hub import constants, errors

    hub = constants.ENDPOINT
    cause = error.__cause__ if isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__ else error
    match cause:
        case errors.OfflineModeIsEnabled():
            return f"{name} is not on this machine and HF_HUB_OFFLINE is set: unset it, or {elsewhere(name, revision)}"
        case errors.GatedRepoError():
            return f"{name} is gated: accept its terms at {hub}/{name}, then run 'hf auth login'"
        case errors.RepositoryNotFoundError():
            return f"there is no directory {name} and no such model on the Hub; if it is private, run 'hf auth login'"
        case errors.RevisionNotFoundError():
            return f"{name} has no revision {revision}: give one of its commits, tags or branches"
        case errors.HFValidationError():
            return f"{name} cannot be a name on the Hub: give --model OWNER/NAME"
        case errors.HfHubHTTPError(response=response) if response.status_code in (401, 403):
            return f"{hub} refuses {name} ({response.status_code}): run 'hf auth login' with a token that may read it"
        case errors.HfHubHTTPError(response=response):
            return f"{hub} answers {response.status_code} for {name}: try again later"
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return f"the disk is full: make room for {name}, or set HF_HOME to a directory on a larger disk"
        case OSError(errno=int()):
            where = constants.HF_HUB_CACHE
            return f"{name} cannot be kept in {where} ({cause.strerror}): set HF_HOME to a directory of yours"
        case errors.FileMetadataError() | ValueError() | KeyError():
            return f"{hub} does not answer as the Hub does: check HF_ENDPOINT, and the proxy on the way there"
        case OSError():
            return f"{name} came with a wrong size: start again; the files that are whole are kept"
    reason = type(cause).__name__
    return f"{hub} is out of reach ({reason}) and {name} is not on this machine: {elsewhere(name, revision)}"


def elsewhere(name: str, revision: str) -> str:
    """How a model comes to a machine without a network."""
    folder = name.partition("/")[2]
    pinned = f" --revision {revision}" if revision else ""
    return (
        f"where there is a network run 'hf download {name}{pinned} --local-dir {folder}', copy that directory here, "
        f"and give --model {folder}"
    )
