"""Pickled checkpoints become safetensors that serve the same; what cannot is said, and nothing is left behind."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models
from transformers import XGLMForCausalLM

from model_server import convert
from model_server.convert import main
from model_server.engine import Read
from model_server.families import INCODER
from model_server.tokens import Tokens
from model_server.weights import INDEX, BadCheckpoint, read_weights, resolve
from model_server.xglm import XGLM
from tests.worker.checkpoints import incoder_tokenizer, pickle_weights, write_incoder

IDS = list(range(4, 60))
COMMAND = "import sys; from model_server.convert import main; sys.exit(main())"


class Evil:
    """A pickle that runs a command where it is trusted."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch evil-was-run",)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, XGLMForCausalLM]:
    directory = tmp_path_factory.mktemp("original")
    return directory, write_incoder(directory)


@pytest.fixture
def pickled(original: tuple[Path, XGLMForCausalLM], tmp_path: Path) -> Path:
    """The checkpoint as a directory with one pickle."""
    directory = tmp_path / "incoder-1B"
    shutil.copytree(original[0], directory)
    pickle_weights(directory, original[1])
    return directory


def content(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def logits(directory: Path) -> torch.Tensor:
    engine = XGLM.load(directory, lambda share: None, "float32")
    return engine.step([Read(engine.new_slot(), IDS, every=True)])[0].table


def test_it_serves_the_same(
    original: tuple[Path, XGLMForCausalLM], pickled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(pickled)
    assert main([str(pickled)]) == 0
    assert content(pickled) == before | {"model.safetensors"}
    assert torch.equal(logits(pickled), logits(original[0]))
    said = capsys.readouterr().out
    assert INCODER.licence in said
    assert said.endswith(f"serve it: jupyter codecompose serve --model {pickled}\n")


def test_what_is_written_twice_or_computed_is_left_out(original: tuple[Path, XGLMForCausalLM], pickled: Path) -> None:
    main([str(pickled)])
    names = set(load_file(pickled / "model.safetensors"))
    assert names == set(load_file(original[0] / "model.safetensors"))
    assert not {"lm_head.weight", "model.embed_positions.weights"} & names


def test_a_head_of_its_own_is_kept(tmp_path: Path) -> None:
    model = write_incoder(tmp_path, tie_word_embeddings=False)
    expected = logits(tmp_path)
    pickle_weights(tmp_path, model)
    assert main([str(tmp_path)]) == 0
    assert torch.equal(logits(tmp_path), expected)


def test_shards_become_shards(
    original: tuple[Path, XGLMForCausalLM], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(original[0], tmp_path, dirs_exist_ok=True)
    pickle_weights(tmp_path, original[1], shards=3)
    monkeypatch.setattr(convert, "LARGEST_BYTES", 200_000)
    assert main([str(tmp_path)]) == 0
    index = json.loads((tmp_path / INDEX).read_text())
    files = sorted(set(index["weight_map"].values()))
    assert files[0] == f"model-00001-of-{len(files):05}.safetensors"
    assert len(files) > 3
    assert index["metadata"]["total_size"] == sum(t.nbytes for t in read_weights(tmp_path, lambda share: None).values())
    assert torch.equal(logits(tmp_path), logits(original[0]))
    again = XGLMForCausalLM.from_pretrained(tmp_path)
    assert torch.equal(again.model.embed_tokens.weight, original[1].model.embed_tokens.weight)


def test_another_directory_gets_all_that_is_served(
    original: tuple[Path, XGLMForCausalLM], pickled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "deeper" / "out"
    assert main([str(pickled), "--out", str(out), "--dtype", "bfloat16"]) == 0
    assert content(out) >= {"config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"}
    assert "pytorch_model.bin" not in content(out)
    assert {tensor.dtype for tensor in load_file(out / "model.safetensors").values()} == {torch.bfloat16}
    torch.testing.assert_close(logits(out), logits(original[0]), atol=0.2, rtol=0.05)
    assert main([str(pickled), "--out", str(out)]) == 1, "it has a model already"


def test_twice_is_once(pickled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(pickled)])
    written = (pickled / "model.safetensors").stat()
    assert main([str(pickled)]) == 0
    assert "has its safetensors already" in capsys.readouterr().out
    assert (pickled / "model.safetensors").stat().st_mtime_ns == written.st_mtime_ns


def test_a_pickle_of_the_first_format(original: tuple[Path, XGLMForCausalLM], pickled: Path) -> None:
    state = original[1].state_dict()
    torch.save(state, pickled / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    assert main([str(pickled)]) == 0
    assert torch.equal(logits(pickled), logits(original[0]))


@pytest.mark.parametrize("old_format", [False, True])
def test_a_pickle_that_would_run_something(
    pickled: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, old_format: bool
) -> None:
    monkeypatch.chdir(pickled)
    state = {"model.layer_norm.bias": torch.ones(64), "evil": Evil()}
    torch.save(state, pickled / "pytorch_model.bin", _use_new_zipfile_serialization=not old_format)
    before = content(pickled)
    assert main([str(pickled)]) == 1
    assert content(pickled) == before
    assert f"asks for {Evil().__reduce__()[0].__module__}.system to be run, and was refused" in capsys.readouterr().err


@pytest.mark.parametrize("kept", [0, 1, 10, 1000, 100_000, -1])
@pytest.mark.parametrize("old_format", [False, True])
def test_a_pickle_that_is_cut_short(
    original: tuple[Path, XGLMForCausalLM],
    pickled: Path,
    capsys: pytest.CaptureFixture[str],
    kept: int,
    old_format: bool,
) -> None:
    path = pickled / "pytorch_model.bin"
    torch.save(original[1].state_dict(), path, _use_new_zipfile_serialization=not old_format)
    path.write_bytes(path.read_bytes()[:kept])
    before = content(pickled)
    assert main([str(pickled)]) == 1
    assert content(pickled) == before
    assert "pytorch_model.bin is" in (said := capsys.readouterr().err)
    assert "fetch or copy it again" in said


@pytest.mark.parametrize(
    ("holds", "said"),
    [(b"version https://git-lfs.github.com/spec/v1\n", "no pickle of weights"), (None, "something else than named")],
)
def test_a_file_that_is_something_else(
    pickled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], holds: bytes | None, said: str
) -> None:
    if holds:
        (pickled / "pytorch_model.bin").write_bytes(holds)
    else:
        torch.save({"model": {"a": torch.ones(1)}}, pickled / "pytorch_model.bin")
    out = tmp_path / "out"
    assert main([str(pickled), "--out", str(out)]) == 1
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_missing_shard_is_named(
    original: tuple[Path, XGLMForCausalLM], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(original[0], tmp_path, dirs_exist_ok=True)
    pickle_weights(tmp_path, original[1], shards=2)
    (tmp_path / "pytorch_model-00002-of-00002.bin").unlink()
    assert main([str(tmp_path)]) == 1
    assert "names pytorch_model-00002-of-00002.bin, which is not beside it" in capsys.readouterr().err


@pytest.mark.parametrize("own", [True, False], ids=["beside", "elsewhere"])
def test_a_full_disk_is_said_and_nothing_is_left(pickled: Path, tmp_path: Path, own: bool) -> None:
    before, out = content(pickled), tmp_path / "out"
    result = subprocess.run(
        [sys.executable, "-c", COMMAND, str(pickled), "--out", str(pickled if own else out)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert result.returncode == 1
    assert "could not be written" in result.stderr
    assert "make room there" in result.stderr
    assert "Traceback" not in result.stderr
    assert content(pickled) == before
    assert not out.exists()


def test_a_tokenizer_is_built_from_older_files(pickled: Path) -> None:
    tokenizer = incoder_tokenizer()
    assert isinstance(tokenizer.model, models.BPE)
    (pickled / "tokenizer.json").unlink()
    tokenizer.model.save(str(pickled))
    marks = {"additional_special_tokens": list(INCODER.marks), "bos_token": "<|endoftext|>"}
    (pickled / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer"} | marks))
    assert main([str(pickled)]) == 0
    tokens = Tokens.load(pickled)
    assert tokens.family is INCODER
    assert tokens.special("<|mask:0|>") == tokenizer.token_to_id("<|mask:0|>")
    assert tokens.decode(tokens.encode("for x in y:\n    pass")) == "for x in y:\n    pass"


@pytest.mark.parametrize("config", ["{}", '{"tokenizer_class": "GPT2Tokenizer"}', None])
def test_a_tokenizer_that_cannot_be_built(
    pickled: Path, capsys: pytest.CaptureFixture[str], config: str | None
) -> None:
    (pickled / "tokenizer.json").unlink()
    (pickled / "tokenizer_config.json").unlink()
    if config:
        (pickled / "tokenizer_config.json").write_text(config)
    before = content(pickled)
    assert main([str(pickled)]) == 1
    assert "tokenizer.json is missing" in capsys.readouterr().err
    assert content(pickled) == before


def test_a_model_of_another_family_is_converted_and_said(pickled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Tokenizer(models.BPE()).save(str(pickled / "tokenizer.json"))
    assert main([str(pickled)]) == 1
    said = capsys.readouterr()
    assert "written to" in said.out
    assert "supported families" in said.err


def test_a_name_that_is_nowhere_is_told_how_to_fetch_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facebook/incoder-1B-that-nobody-has"]) == 1
    assert "hf download" in capsys.readouterr().err


def test_what_the_hub_left_in_its_cache_is_written_here(
    pickled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    kept = cache / "models--facebook--incoder-1B"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("0" * 40)
    shutil.copytree(pickled, kept / "snapshots" / ("0" * 40))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert main(["facebook/incoder-1B"]) == 0
    assert content(here / "incoder-1B") >= {"config.json", "tokenizer.json", "model.safetensors"}
    assert resolve("incoder-1B") == Path("incoder-1B")


def test_nothing_to_convert(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BadCheckpoint, match=r"no pytorch_model\.bin"):
        convert.convert(tmp_path, tmp_path)
