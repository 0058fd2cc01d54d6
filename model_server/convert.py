"""`jupyter codecompose convert`: safetensors made of a checkpoint's pickled weights, once, since no others are served.

What is written stands in a directory of its own until all of it is there.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from model_server.pickles import pickles, tensors
from model_server.tokens import Tokens
from model_server.weights import COMPANIONS, INDEX, BadCheckpoint, read_json, resolve, weight_files

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LARGEST_BYTES = 4_000_000_000
"""The most that one file holds, unless a single tensor is larger."""
DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}
PROBE = 'def f(x):\n    return {"é": [x, ...]}  # ok\n'


def convert(source: Path, out: Path, dtype: torch.dtype | None = None) -> list[str]:
    """Write `source`'s weights and what belongs to them to `out`, which may be the same directory; gives the names of
    what was written. Raises BadCheckpoint, and then nothing is left behind."""
    config = read_json(source / "config.json")
    files = [] if has_safetensors(source) else pickles(source)
    if files and has_safetensors(out):
        raise BadCheckpoint(f"{out} has the safetensors of some model already: give another --out")
    new = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix="convert-", suffix=".part") as name:
            part = Path(name)
            copy_companions(source, part, twice=not out.samefile(source))
            if files:
                write(tensors(files, config, dtype), part)
            return move(part, out)
    except (OSError, SafetensorError) as error:
        _forget(out, new=new)
        raise BadCheckpoint(f"{out} could not be written ({error}): make room there, or give another --out") from None
    except BaseException:
        _forget(out, new=new)
        raise


def move(part: Path, out: Path) -> list[str]:
    """Give what is whole its place: the weights first, the index that names them last. Gives the names."""
    files = sorted(part.iterdir(), key=lambda file: (file.name == INDEX, file.name))
    for file in files:
        file.replace(out / file.name)
    return [file.name for file in files]


def _forget(out: Path, *, new: bool) -> None:
    """Remove a directory that was made for nothing."""
    if new:
        shutil.rmtree(out, ignore_errors=True)


def write(weights: Iterable[tuple[str, Tensor]], directory: Path) -> None:
    """Write tensors to as few files as their bound allows, with an index where there are several."""
    shards: list[list[str]] = []
    size = 0
    for shard in shards_of(weights):
        save_file(shard, directory / str(len(shards)), metadata={"format": "pt"})
        shards.append(list(shard))
        size += sum(tensor.nbytes for tensor in shard.values())
    names = shard_names(len(shards))
    for number, name in enumerate(names):
        (directory / str(number)).rename(directory / name)
    if len(names) > 1:
        where = {tensor: name for name, shard in zip(names, shards, strict=True) for tensor in shard}
        index = {"metadata": {"total_size": size}, "weight_map": where}
        (directory / INDEX).write_text(json.dumps(index, indent=2) + "\n")


def shards_of(weights: Iterable[tuple[str, Tensor]]) -> Iterator[dict[str, Tensor]]:
    """Tensors in their order, as many together as a file holds."""
    shard: dict[str, Tensor] = {}
    size = 0
    for name, tensor in weights:
        if shard and size + tensor.nbytes > LARGEST_BYTES:
            yield shard
            shard, size = {}, 0
        shard[name] = tensor
        size += tensor.nbytes
    yield shard


def shard_names(count: int) -> list[str]:
    """Hugging Face's names for so many files."""
    if count == 1:
        return ["model.safetensors"]
    return [f"model-{number:05}-of-{count:05}.safetensors" for number in range(1, count + 1)]


def copy_companions(source: Path, directory: Path, *, twice: bool) -> None:
    """Copy what belongs to a checkpoint beside its weights, where it is wanted `twice`; build a tokenizer that is
    missing. Raises BadCheckpoint."""
    for name in COMPANIONS:
        if twice and (source / name).is_file():
            shutil.copyfile(source / name, directory / name)
    if not (source / "tokenizer.json").is_file():
        built_tokenizer(source).save(str(directory / "tokenizer.json"))


def built_tokenizer(source: Path) -> Tokenizer:
    """A tokenizer from older files, by the class that the checkpoint names. Raises BadCheckpoint."""
    missing = f"{source}/tokenizer.json is missing"
    settings = source / "tokenizer_config.json"
    if not settings.is_file() or not read_json(settings).get("tokenizer_class"):
        raise BadCheckpoint(f"{missing}, and nothing names the class to build it with: fetch it from the same source")
    from transformers import AutoTokenizer

    try:
        found = AutoTokenizer.from_pretrained(str(source), local_files_only=True, trust_remote_code=False)
        built: Tokenizer = found.backend_tokenizer
        faithful = built.decode(built.encode(PROBE, add_special_tokens=False).ids) == PROBE
    except (ImportError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadCheckpoint(f"{missing} and could not be built ({error}): fetch it from the same source") from None
    if not faithful:
        raise BadCheckpoint(f"{missing}, and what could be built loses text: fetch it from the same source")
    return built


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="jupyter codecompose convert",
        description="Make safetensors of a checkpoint's pickled weights, once; the worker reads nothing else.",
    )
    parser.add_argument("model", metavar="DIR", help="a checkpoint directory with pytorch_model.bin, or its shards")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write (default: the same directory)")
    parser.add_argument("--dtype", choices=DTYPES, help="store the weights so (default: as they are)")
    return parser.parse_args(argv)


def run(options: argparse.Namespace) -> None:
    """Convert what is not converted yet, and say what comes next. Raises BadCheckpoint."""
    given = Path(options.model).expanduser()
    source = resolve(options.model)
    done = has_safetensors(source)
    out = source if done else options.out or (source if given.is_dir() else Path(given.name))
    if done:
        print(f"{source} has its safetensors already")
    if names := convert(source, out, DTYPES.get(options.dtype)):
        print(f"written to {out}: {', '.join(names)}")
    if licence := Tokens.load(out).family.licence:
        print(licence)
    print(f"serve it: jupyter codecompose serve --model {shlex.quote(str(out))}")


def has_safetensors(directory: Path) -> bool:
    """Whether a checkpoint's weights can be served as they are."""
    try:
        return bool(weight_files(directory))
    except BadCheckpoint:
        return False


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    options = arguments(argv)
    try:
        run(options)
    except BadCheckpoint as wrong:
        print(wrong, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
