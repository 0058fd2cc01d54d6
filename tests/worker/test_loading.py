"""From a model's name to an engine: what is told on the way, and what is refused before it costs anything."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import AddedToken, Tokenizer

from model_server.causal import Causal
from model_server.engine import Read, Sampling
from model_server.loading import CHOOSING, described, loader
from model_server.weights import BadCheckpoint
from tests.worker.checkpoints import write_causal, write_checkpoint
from tests.worker.hub import COMMIT, Hub
from tests.worker.serving import ready, serving

Told = list[tuple[float, str]]


def test_progress_goes_from_nothing_to_all(checkpoint: Path) -> None:
    told: Told = []
    tokens, engine = loader(str(checkpoint))(lambda *word: told.append(word))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    messages = list(dict.fromkeys(message for _, message in told))
    assert messages == ["reading the tokenizer", "starting torch", "reading the weights", CHOOSING, "warming up", ""]
    scores = engine.step([Read(engine.new_slot(), tokens.encode("import "))])
    assert 0 <= scores[0].pick(Sampling()) < tokens.size


def test_what_a_way_on_offer_needs_is_ready_before_the_first_request(checkpoint: Path) -> None:
    tokens, _ = loader(str(checkpoint))(lambda *word: None)
    assert "breaks" in vars(tokens)


def test_a_download_and_the_load_behind_it_are_one_progress(hub: Hub) -> None:
    told: Told = []
    loader(hub.name, "v1")(lambda *word: told.append(word))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert (0.8, "downloading some-model@c0ffee00, 0 of 1 MB") in told
    assert told[-1][1] == f"somebody/some-model at commit {COMMIT}"


def test_a_model_of_another_architecture_in_shards(hub: Hub, tmp_path: Path) -> None:
    uploaded = tmp_path / "uploaded"
    model = write_causal(uploaded, "qwen2")
    (uploaded / "model.safetensors").unlink()
    model.save_pretrained(uploaded, max_shard_size="100KB")
    hub.files = {path.name: path.read_bytes() for path in uploaded.iterdir()}
    told: Told = []
    _, engine = loader(hub.name)(lambda *word: told.append(word))
    assert isinstance(engine, Causal)
    assert len([name for name in hub.fetched if name.startswith("model-0")]) > 1
    shares = [share for share, _ in told]
    assert shares == sorted(shares)


def test_what_was_fetched_once_asks_no_hub(hub: Hub) -> None:
    loader(hub.name)(lambda *word: None)
    hub.asked.clear()
    told: Told = []
    loader(hub.name)(lambda *word: told.append(word))
    assert told[0] == (0.0, "reading the tokenizer")
    assert told[-1] == (1.0, f"somebody/some-model at commit {COMMIT}")
    assert not hub.asked


async def test_the_commit_is_in_the_health(hub: Hub) -> None:
    async with serving(loader(hub.name)) as worker:
        await ready(worker)
        assert worker.loop.health.message == f"ready; somebody/some-model at commit {COMMIT}"


def refused(hub: Hub) -> str:
    """What is said of a model whose weights are not even fetched."""
    with pytest.raises(BadCheckpoint) as said:
        loader(hub.name)(lambda *word: None)
    assert "model.safetensors" not in hub.fetched
    return str(said.value)


def test_an_unknown_family_is_refused_before_its_weights_come(hub: Hub) -> None:
    tokenizer = json.loads(hub.files["tokenizer.json"])
    tokenizer["added_tokens"] = []
    kept = [name for name in tokenizer["model"]["vocab"] if not name.startswith("<|")]
    tokenizer["model"]["vocab"] = {name: number for number, name in enumerate(kept)}
    hub.files["tokenizer.json"] = json.dumps(tokenizer).encode()
    assert "supported families" in refused(hub)


def test_a_tokenizer_of_another_model_is_refused_before_its_weights_come(hub: Hub) -> None:
    config = json.loads(hub.files["config.json"])
    hub.files["config.json"] = json.dumps(config | {"vocab_size": 3}).encode()
    assert "tokenizer.json has more tokens than config.json" in refused(hub)


@pytest.mark.parametrize("special", [False, True])
def test_tokens_that_were_added_without_room_in_the_network_are_refused_where_a_text_may_hold_them(
    checkpoint: Path, tmp_path: Path, special: bool
) -> None:
    directory = shutil.copytree(checkpoint, tmp_path / "copy")
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer.add_tokens([AddedToken("<<added>>", special=special)])
    tokenizer.save(str(directory / "tokenizer.json"))
    if special:
        assert described(directory).encode("<<added>>")
    else:
        with pytest.raises(BadCheckpoint, match=r"tokenizer\.json has more tokens than config\.json"):
            described(directory)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"add_cross_attention": True}, "needs an encoder cannot be served"),
        ({"model_type": "mamba"}, "keeps a state that cannot be shortened"),
        ({"model_type": "qwen2", "quantization_config": {}}, "not quantised"),
    ],
)
def test_a_network_that_cannot_run_is_refused_before_its_weights_come(
    hub: Hub, changes: dict[str, object], said: str
) -> None:
    config = json.loads(hub.files["config.json"])
    hub.files["config.json"] = json.dumps(config | changes).encode()
    assert said in refused(hub)


def test_weights_that_are_damaged_are_said(tmp_path: Path) -> None:
    model = write_checkpoint(tmp_path)
    (model / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(BadCheckpoint, match="damaged or cut short"):
        loader(str(model))(lambda *word: None)


@pytest.mark.parametrize("missing", ["torch", "huggingface_hub"])
def test_what_is_not_installed_is_named(missing: str, checkpoint: Path) -> None:
    model = str(checkpoint) if missing == "torch" else "somebody/some-model"
    program = f"""
import sys
sys.modules[{missing!r}] = None
from model_server.loading import loader
from model_server.weights import BadCheckpoint
try:
    loader({model!r})(lambda *word: None)
except BadCheckpoint as said:
    print(said)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == f"{missing} is not installed: pip install 'jupyter-codecompose[local]'\n"


def test_what_is_installed_and_does_not_fit_is_said_in_its_own_words(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: object) -> None:
        raise ImportError("libtorch_cpu.so: cannot open shared object file", name="torch._C")

    monkeypatch.setattr("model_server.loading.network", load)
    with pytest.raises(BadCheckpoint, match=r"^libtorch_cpu\.so: cannot open"):
        loader(str(checkpoint))(lambda *word: None)
