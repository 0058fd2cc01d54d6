"""Any causal language model: what it writes is what transformers writes, kept or cold, alone or together."""

from __future__ import annotations

import json
import random
import shutil
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from model_server import causal
from model_server.arithmetic import GUESSES
from model_server.causal import Causal
from model_server.engine import BadScores, Branches, Front, Read, Sampling, driven, ids_of, step_one
from model_server.generation import alone, generate, prompt_ids
from model_server.loading import loader
from model_server.pretrained import DTYPES
from model_server.slots import Slots
from model_server.tokens import Tokens
from model_server.weights import BadCheckpoint
from model_server.wire import Cell, CompletionRequest, Header, Parts
from tests.worker.checkpoints import CAUSAL, LINES, WINDOW, write_causal
from tests.worker.serving import ready, serving
from tests.worker.test_main import url, wait_ready, worker

HEADER = Header("python", "python3", "lab/a.ipynb")
NOTEBOOK = Parts(
    HEADER,
    before=(Cell("markdown", "# Penguins"), Cell("code", LINES), Cell("code", 'df.groupby("species")')),
    after=(Cell("code", "\nprint(df)"), Cell("code", "y = 2")),
)
LONG = Parts(HEADER, before=(Cell("code", LINES * 9),), after=(Cell("code", LINES * 9),))
GAPS = {
    "notebook": CompletionRequest(parts=NOTEBOOK, max_tokens=24),
    "prompt and suffix": CompletionRequest(prompt="total = ", suffix=" / len(values)\n", max_tokens=24),
    "longer than the context": CompletionRequest(parts=LONG, max_tokens=24),
}


@dataclass
class Both:
    """The same checkpoint twice: as it is served here, and in transformers."""

    directory: Path
    tokens: Tokens
    engine: Causal
    reference: PreTrainedModel

    def written(self, request: CompletionRequest, slots: Slots) -> list[int]:
        """The prompt that was read and the tokens that were written, except the last one."""
        list(alone(generate(request, "somebody", self.tokens, slots), self.engine))
        return list(slots.kept[-1].slot.ids)

    def theirs(self, ids: list[int], most: int) -> list[int]:
        """What transformers' `generate` makes of the same prompt."""
        given, ends = torch.tensor([ids]), sorted(self.tokens.ends)
        written = self.reference.generate(
            given, attention_mask=torch.ones_like(given), max_new_tokens=most, do_sample=False, eos_token_id=ends
        )
        return [int(token) for token in written[0]]

    def table(self, ids: list[int]) -> torch.Tensor:
        """Scores after every id, read at once without keeping anything."""
        with torch.inference_mode():
            table: torch.Tensor = self.reference(torch.tensor([ids]), use_cache=False).logits[0]
        return table


@pytest.fixture(scope="module", params=CAUSAL)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    directory = tmp_path_factory.mktemp(request.param)
    model = write_causal(directory, request.param)
    return Both(directory, Tokens.load(directory), Causal.load(directory, lambda share: None, "float32"), model)


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of one architecture; not to be changed."""
    directory = tmp_path_factory.mktemp("qwen")
    write_causal(directory, "qwen2")
    return directory


@pytest.mark.parametrize("gap", GAPS)
def test_infilling_is_that_of_transformers(both: Both, gap: str) -> None:
    request = GAPS[gap]
    prompt = prompt_ids(request, both.tokens, both.engine.context)
    ours, theirs = both.written(request, Slots(both.engine, 1)), both.theirs(prompt, request.max_tokens)
    assert ours[: len(prompt)] == prompt
    assert len(ours) - len(prompt) >= 8, "too few tokens to show anything"
    assert ours == theirs[: len(ours)]


def test_whatever_was_edited_what_is_kept_gives_the_same_text(both: Both) -> None:
    draw = random.Random(1)
    kept, text, reused = Slots(both.engine, 1), LINES, 0
    for _ in range(25):
        at = draw.randrange(len(text))
        text = (
            draw.choice(
                [
                    text[:at] + draw.choice(["x", "\n", "é🚀", LINES]) + text[at:],
                    text[: max(at, 9)],
                    text + "y",
                    LINES[at:],
                ]
            )[-1500:]
            or "x"
        )
        parts = Parts(HEADER, before=(Cell("code", LINES), Cell("code", text)), after=(Cell("code", "\nz = 1"),))
        request = CompletionRequest(parts=parts, max_tokens=draw.choice([0, 4, 12]))
        assert both.written(request, kept) == both.written(request, Slots(both.engine, 1))
        reused += len(kept.kept[0].slot.ids) > WINDOW
    assert reused > 5


def test_chunks_and_forgetting_change_no_scores(both: Both) -> None:
    ids = both.tokens.encode(LINES * 5)[:200]
    slot = both.engine.new_slot()
    for start in range(0, 200, 30):
        both.engine.step([Read(slot, ids[start : start + 30])])
    for left in (150, 90, 7, 0):
        del slot.ids[left:]
        again = both.engine.step([Read(slot, ids[left:160], every=True)])[0]
        torch.testing.assert_close(again.table, both.table(ids[:160])[left:], atol=1e-4, rtol=1e-4)
        assert again.likeliest() == both.table(ids[:160])[left:].argmax(dim=-1).tolist()
    assert slot.size > 0


def test_what_is_read_together_is_read_as_if_alone(both: Both) -> None:
    texts = [
        both.tokens.encode(LINES * 5)[shift : shift + length] for shift, length in ((0, 20), (3, 150), (9, 70), (5, 70))
    ]
    slots = [both.engine.new_slot() for _ in texts]
    both.engine.step([Read(slot, text[:-3]) for slot, text in zip(slots, texts, strict=True)])
    reads = [
        Read(slot, text[-3:], every=number % 2 == 0)
        for number, (slot, text) in enumerate(zip(slots, texts, strict=True))
    ]
    found = both.engine.step([*reads, Read(both.engine.new_slot(), texts[0])])
    for scores, text, every in zip(found, [*texts, texts[0]], (True, False, True, False, False), strict=True):
        rows = 3 if every else 1
        torch.testing.assert_close(scores.table, both.table(text)[-rows:], atol=1e-4, rtol=1e-4)
        assert scores.position == len(text)
    assert [slot.ids for slot in slots] == texts
    further = both.engine.step([Read(slot, [5]) for slot in slots])
    for scores, text in zip(further, texts, strict=True):
        torch.testing.assert_close(scores.table, both.table([*text, 5])[-1:], atol=1e-4, rtol=1e-4)


def test_ways_are_judged_side_by_side_and_leave_nothing_behind(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, ends = both.tokens.encode(LINES)[:90], ids_of([3, 4])
    ways = [ids[10:14], [7], ids[20:22]]
    slot = both.engine.new_slot()
    front = Front(slot, step_one(both.engine, slot, ids))
    for most in (causal.MOST_TOGETHER, 1):
        monkeypatch.setattr(causal, "MOST_TOGETHER", most)
        for score, way in zip(driven(front.judge(ways, ends), both.engine), ways, strict=True):
            table = both.table([*ids, *way])[-len(way) - 1 :].log_softmax(dim=-1)
            chosen = sum(float(table[number, token]) for number, token in enumerate(way))
            assert score.likelihood == pytest.approx(chosen + float(table[-1, ends].logsumexp(0)), abs=1e-3)
    assert slot.ids == ids
    torch.testing.assert_close(
        both.engine.step([Read(slot, [7])])[0].table, both.table([*ids, 7])[-1:], atol=1e-4, rtol=1e-4
    )


def test_a_load_is_told_and_chooses_a_dtype(qwen: Path) -> None:
    told: list[float] = []
    engine = Causal.load(qwen, told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) > 10
    assert engine.arithmetic.split(" ")[0] in DTYPES
    assert all(name in engine.arithmetic for name in DTYPES)
    assert engine.guesses in (0, GUESSES)
    assert Causal.load(qwen, told.append, "bfloat16").arithmetic == "bfloat16 by transformers"


def test_bfloat16_is_close(qwen: Path) -> None:
    ids = Tokens.load(qwen).encode(LINES)[:100]
    tables = [Causal.load(qwen, lambda share: None, way) for way in DTYPES]
    exact, close = (engine.step([Read(engine.new_slot(), ids, every=True)])[0].table for engine in tables)
    assert (close - exact).abs().max() <= 0.05 * exact.abs().max()


def test_the_context_is_bounded(tmp_path: Path) -> None:
    write_causal(tmp_path, "qwen2", max_position_embeddings=32_768)
    assert Causal.load(tmp_path, lambda share: None, "float32").context == causal.MOST_CONTEXT


def test_what_does_not_fit_is_refused_before_anything_is_read(qwen: Path) -> None:
    engine = Causal.load(qwen, lambda share: None, "float32")
    slot, other = engine.new_slot(), engine.new_slot()
    for ids, said in (([1] * 513, "do not fit in 512"), ([9999], "token 9999 is not among")):
        with pytest.raises(ValueError, match=said):
            engine.step([Read(slot, [1]), Read(other, ids)])
    assert (slot.ids, slot.size) == ([], 0)
    with pytest.raises(ValueError, match="nothing was read"):
        engine.step([Branches(slot, [[1]])])


@pytest.mark.parametrize("module", ["layers.1", "layers.1.mlp", "layers.2.self_attn"])
def test_what_failed_once_can_be_read_again(qwen: Path, module: str) -> None:
    engine = Causal.load(qwen, lambda share: None, "float32")
    slots, ids = [engine.new_slot() for _ in range(2)], ([1, 2], [4, 5, 6])
    engine.step([Read(slot, some) for slot, some in zip(slots, ids, strict=True)])
    broken = engine._network.model.get_submodule(module).register_forward_pre_hook(fail)
    for reads in ([Read(slots[0], [3])], [Read(slots[0], [3]), Read(slots[1], [7, 8])]):
        with pytest.raises(MemoryError):
            engine.step(reads)
    broken.remove()
    assert [slot.ids for slot in slots] == [[1, 2], [4, 5, 6]]
    for slot, read in zip(slots, ([3], [7, 8]), strict=True):
        expected = engine.step([Read(engine.new_slot(), [*slot.ids, *read])])[0].table
        torch.testing.assert_close(engine.step([Read(slot, read)])[0].table, expected)


def fail(*given: object) -> None:
    raise MemoryError


def test_damaged_weights_are_said(tmp_path: Path) -> None:
    model = write_causal(tmp_path, "llama")
    with torch.no_grad():
        model.model.norm.weight.fill_(float("nan"))
    model.save_pretrained(tmp_path)
    engine = Causal.load(tmp_path, lambda share: None, "float32")
    (scores,) = engine.step([Read(engine.new_slot(), [1, 2])])
    with pytest.raises(BadScores):
        scores.pick(Sampling())


def edit(directory: Path, **changes: object) -> None:
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def lose_a_tensor(directory: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(directory / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})


def cut_short(directory: Path) -> None:
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def only_pickles(directory: Path) -> None:
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda at: (at / "config.json").unlink(), "config.json is missing"),
        (lambda at: (at / "config.json").write_text("{"), "config.json is not JSON"),
        (lambda at: (at / "model.safetensors").unlink(), "model.safetensors is missing"),
        (only_pickles, "pickled weights.*jupyter codecompose convert"),
        (cut_short, "cannot be loaded .*fetch the checkpoint again"),
        (lose_a_tensor, "no tensor model.layers.1.mlp.up_proj.weight: not a whole checkpoint"),
        (lambda at: edit(at, hidden_size=128), "cannot be loaded"),
        (lambda at: edit(at, hidden_size="wide"), "no causal language model of .*config.json"),
        (lambda at: edit(at, model_type="t5", is_encoder_decoder=True), "needs an encoder"),
        (lambda at: edit(at, model_type="vit"), "no causal language model of .*'vit'"),
        (lambda at: edit(at, model_type="nobodys", auto_map={"AutoConfig": "x.C"}), "'nobodys'.*never run"),
        (lambda at: edit(at, quantization_config={"quant_method": "gptq"}), "give a checkpoint that is not quantised"),
        (
            lambda at: (at / "config.json").write_text('{"model_type": "mamba2"}'),
            "keeps a state that cannot be shortened",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_sentence(
    qwen: Path, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    directory = shutil.copytree(qwen, tmp_path / "copy")
    damage(directory)
    with pytest.raises(BadCheckpoint, match=said) as caught:
        Causal.load(directory, lambda share: None, "float32")
    assert "\n" not in str(caught.value)


async def test_a_tokenizer_with_more_tokens_than_the_network_is_refused(qwen: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(qwen, tmp_path / "copy")
    edit(directory, vocab_size=3)
    async with serving(loader(str(directory))) as served:
        await ready(served)
        assert "has more tokens than config.json" in served.loop.health.message


def test_a_worker_serves_it_over_http(qwen: Path) -> None:
    request = {"prompt": "total = ", "suffix": " / len(values)\n", "max_tokens": 12}
    with worker("--model", str(qwen), "--port", "0", "--no-memory") as process:
        address = url(process)
        wait_ready(address)
        asked = urllib.request.Request(f"{address}/v1/completions", json.dumps(request).encode())
        with urllib.request.urlopen(asked, timeout=30) as reply:
            said = json.load(reply)
        with urllib.request.urlopen(f"{address}/health", timeout=5) as reply:
            health = json.load(reply)
    assert said["choices"][0]["text"]
    assert said["usage"]["completion_tokens"] <= 12
    assert "by transformers" in health["arithmetic"]
    assert "Qwen Research License" in health["message"]


def test_the_engines_are_loaded_by_what_config_json_says(qwen: Path) -> None:
    tokens, engine = loader(str(qwen))(lambda share, message: None)
    assert isinstance(engine, Causal)
    assert tokens.family is CAUSAL["qwen2"][0]
    assert type(AutoModelForCausalLM.from_pretrained(qwen)) is type(engine._network)
