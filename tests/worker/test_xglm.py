"""The engine against transformers' own XGLM on the same random checkpoint."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import XGLMConfig, XGLMForCausalLM

from model_server import arithmetic
from model_server.engine import BadScores, Read, Sampling, step_one
from model_server.logits import Logits
from model_server.weights import BadCheckpoint, shapes
from model_server.weights import XGLMConfig as Sizes
from model_server.xglm import XGLM, KVSlot

GREEDY = Sampling()
IDS = torch.randint(3, 300, (60,), generator=torch.Generator().manual_seed(1)).tolist()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, XGLMForCausalLM]:
    """A checkpoint that transformers wrote, in InCoder's shape made small."""
    torch.manual_seed(0)
    sizes = {"vocab_size": 300, "d_model": 64, "ffn_dim": 256, "num_layers": 3, "attention_heads": 4}
    config = XGLMConfig(**sizes, max_position_embeddings=256, dropout=0.0, attention_dropout=0.0, scale_embedding=True)
    model = XGLMForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.1)
    directory = tmp_path_factory.mktemp("reference")
    model.save_pretrained(directory)
    return directory, model


def engine(reference: tuple[Path, XGLMForCausalLM], way: arithmetic.Name = "float32") -> XGLM:
    return XGLM.load(reference[0], lambda share: None, way)


def table(loaded: XGLM, slot: KVSlot, ids: list[int]) -> torch.Tensor:
    """The scores after each of some ids."""
    return loaded.step([Read(slot, ids, every=True)])[0].table


@pytest.mark.parametrize("way", arithmetic.candidates([torch.empty(1)]))
def test_logits_are_those_of_transformers(reference: tuple[Path, XGLMForCausalLM], way: arithmetic.Name) -> None:
    tolerance = {"float32": 1e-5, "bfloat16": 0.02, "int8": 0.05, "mixed": 0.05}[way]
    with torch.inference_mode():
        expected = reference[1](torch.tensor([IDS])).logits[0]
    loaded = engine(reference, way)
    logits = table(loaded, loaded.new_slot(), IDS).float()
    assert (logits - expected).abs().max() <= tolerance * expected.abs().max()


def test_greedy_text_is_that_of_generate(reference: tuple[Path, XGLMForCausalLM]) -> None:
    expected = reference[1].generate(torch.tensor([IDS]), max_new_tokens=40, do_sample=False, eos_token_id=None)
    loaded = engine(reference)
    slot = loaded.new_slot()
    scores = step_one(loaded, slot, IDS)
    for _ in range(40):
        scores = step_one(loaded, slot, [scores.pick(GREEDY)])
    assert slot.ids == expected[0].tolist()


@pytest.mark.parametrize("cuts", [(17, 20), (1, 2, 3), (59,)])
def test_reading_in_pieces_is_reading_at_once(reference: tuple[Path, XGLMForCausalLM], cuts: tuple[int, ...]) -> None:
    loaded = engine(reference)
    whole, pieces = loaded.new_slot(), loaded.new_slot()
    expected = table(loaded, whole, IDS)
    read = [table(loaded, pieces, IDS[a:b]) for a, b in zip((0, *cuts), (*cuts, len(IDS)), strict=True)]
    torch.testing.assert_close(torch.cat(read), expected, atol=1e-5, rtol=1e-4)


def test_a_shortened_slot_answers_as_a_fresh_one(reference: tuple[Path, XGLMForCausalLM]) -> None:
    loaded = engine(reference)
    used, fresh = loaded.new_slot(), loaded.new_slot()
    step_one(loaded, used, [*IDS[:30], *reversed(IDS[:20])])
    del used.ids[30:]
    again, first = step_one(loaded, used, IDS[30:]), step_one(loaded, fresh, IDS)
    assert again.pick(GREEDY) == first.pick(GREEDY)


def test_slots_read_together_as_each_alone(reference: tuple[Path, XGLMForCausalLM]) -> None:
    loaded = engine(reference)
    texts = [IDS[:1], IDS[5:40], IDS[:60], IDS[30:33]]
    kept, alone = [loaded.new_slot() for _ in texts], [loaded.new_slot() for _ in texts]
    for parts in ([text[: len(text) // 2] for text in texts], [text[len(text) // 2 :] for text in texts]):
        reads = [Read(slot, part, every=True) for slot, part in zip(kept, parts, strict=True) if part]
        ones = [table(loaded, slot, part) for slot, part in zip(alone, parts, strict=True) if part]
        for scores, one in zip(loaded.step(reads), ones, strict=True):
            torch.testing.assert_close(scores.table, one, atol=1e-5, rtol=1e-4)
    assert [slot.ids for slot in kept] == texts


def test_scores_that_are_no_numbers_are_refused(reference: tuple[Path, XGLMForCausalLM]) -> None:
    loaded = engine(reference)
    broken = Logits(table(loaded, loaded.new_slot(), IDS) * float("nan"), 60)
    for choose in (lambda: broken.pick(GREEDY), lambda: broken.pick(Sampling(1.0)), broken.likeliest):
        with pytest.raises(BadScores, match="no numbers"):
            choose()


def test_a_seed_draws_the_same_tokens(reference: tuple[Path, XGLMForCausalLM]) -> None:
    loaded = engine(reference)
    scores, warm = step_one(loaded, loaded.new_slot(), IDS), Sampling(temperature=1.5, seed=3)
    assert len({scores.pick(warm) for _ in range(8)}) == 1
    assert len({scores.pick(Sampling(temperature=1.5)) for _ in range(64)}) > 1


@pytest.mark.parametrize("temperature", [5e-324, 1e-40, 1e-9, 1e-4])
def test_a_tiny_temperature_is_greedy(reference: tuple[Path, XGLMForCausalLM], temperature: float) -> None:
    loaded = engine(reference)
    scores = step_one(loaded, loaded.new_slot(), IDS)
    assert scores.pick(Sampling(temperature, seed=1)) == scores.pick(GREEDY)


class Far(torch.Tensor):
    """Scores on a device where no seed of the processor's can be used."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.multinomial:
            raise RuntimeError("expected a generator of this device")
        out = super().__torch_function__(func, types, args, kwargs or {})  # type: ignore[no-untyped-call]
        return out.as_subclass(torch.Tensor) if func is torch.Tensor.cpu else out


def test_a_seed_may_be_given_where_the_scores_are_elsewhere() -> None:
    table = torch.randn(1, 50, generator=torch.Generator().manual_seed(2))
    warm = Sampling(temperature=1.5, seed=3)
    assert Logits(table.as_subclass(Far), 7).pick(warm) == Logits(table, 7).pick(warm)


def test_a_tiny_top_p_is_greedy(reference: tuple[Path, XGLMForCausalLM]) -> None:
    loaded = engine(reference)
    scores = step_one(loaded, loaded.new_slot(), IDS)
    assert scores.pick(Sampling(temperature=1.0, top_p=1e-6)) == scores.pick(GREEDY)


def test_a_slot_has_an_end(reference: tuple[Path, XGLMForCausalLM]) -> None:
    loaded = engine(reference)
    slot = loaded.new_slot()
    step_one(loaded, slot, IDS * 4)
    with pytest.raises(ValueError, match="240 \\+ 60 tokens do not fit in 256"):
        step_one(loaded, slot, IDS)


def test_an_unknown_token_is_refused_before_anything_is_read(reference: tuple[Path, XGLMForCausalLM]) -> None:
    loaded = engine(reference)
    slot, other = loaded.new_slot(), loaded.new_slot()
    with pytest.raises(ValueError, match="token 300 is not among the network's 300"):
        loaded.step([Read(other, [1]), Read(slot, [5, 300])])
    assert slot.ids == other.ids == []


def test_a_wrong_shape_is_named(reference: tuple[Path, XGLMForCausalLM], tmp_path: Path) -> None:
    for file in reference[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = tmp_path / "config.json"
    config.write_text(config.read_text().replace('"ffn_dim": 256', '"ffn_dim": 512'))
    with pytest.raises(BadCheckpoint, match=r"layers\.0\.fc1\.weight is"):
        XGLM.load(tmp_path, lambda share: None, "float32")


class Peak(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes that a device holds, and the most that it held."""

    def __init__(self, device: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.device, self.most = device, 0
        self._made: list[weakref.ref[torch.Tensor]] = []

    def __torch_dispatch__(self, func: Any, _types: object, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **kwargs or {})
        if isinstance(out, torch.Tensor) and out.device.type == self.device:
            self._made.append(weakref.ref(out))
            self.most = max(self.most, self.held)
        return out

    @property
    def held(self) -> int:
        """Bytes now; what several tensors share counts once."""
        stores = [tensor.untyped_storage() for made in self._made if (tensor := made()) is not None]
        return sum({store._cdata: store.nbytes() for store in stores}.values())


@pytest.mark.parametrize("stored", [torch.float16, torch.float32])
def test_a_device_never_holds_a_checkpoint_a_second_time(stored: torch.dtype) -> None:
    config = Sizes(vocab_size=300, d_model=64, ffn_dim=256, num_layers=12, attention_heads=4, max_position_embeddings=8)
    weights = {name: torch.zeros(shape, dtype=stored) for name, shape in shapes(config).items()}
    with Peak("meta") as peak:
        loaded = XGLM(config, weights, "bfloat16", torch.device("meta"))
        held = peak.held
    assert loaded.new_slot().size > 0
    assert sum(weight.numel() * 2 for weight in weights.values()) < held
    assert peak.most < 1.25 * held
