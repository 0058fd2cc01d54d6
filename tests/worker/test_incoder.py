"""A small random InCoder, served: its layout, and token by token what transformers writes on the same ids."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedTokenizerFast, XGLMForCausalLM

from model_server import arithmetic
from model_server.engine import Read
from model_server.families import INCODER
from model_server.generation import alone, generate, prompt_ids
from model_server.loading import loader
from model_server.options import arguments
from model_server.slots import Slots
from model_server.terminal import shown
from model_server.tokens import Tokens
from model_server.wire import Cell, CompletionRequest, Header, Parts
from model_server.xglm import XGLM
from tests.worker.checkpoints import LINES, write_incoder
from tests.worker.serving import ready, serving

NOTEBOOK = Parts(
    Header("python", "python3", "lab/a.ipynb"),
    before=(
        Cell("markdown", "# Penguins, by *mass*"),
        Cell("code", "import pandas as pd\n\ndf = pd.read_csv('p.csv')"),
        Cell("output", "left out"),
        Cell("code", 'df.groupby("species")'),
    ),
    after=(Cell("code", "\nprint(df)"), Cell("markdown", "The end"), Cell("code", "y = 2")),
)
SCRIPT = Parts(Header("python", "", "src/a.py"), before=(Cell("code", LINES + "for row in "),))
LONG = Parts(NOTEBOOK.header, before=(Cell("code", LINES * 40),), after=(Cell("code", LINES * 40),))
GAPS = {
    "notebook": CompletionRequest(parts=NOTEBOOK, max_tokens=32),
    "nothing after": CompletionRequest(parts=SCRIPT, max_tokens=32),
    "prompt and suffix": CompletionRequest(prompt="total = ", suffix=" / len(values)\n", max_tokens=32),
    "typed sentinels": CompletionRequest(prompt="s = '<|mask:0|> <|endoftext|>", suffix="'", max_tokens=32),
    "longer than the context": CompletionRequest(parts=LONG, max_tokens=32),
}

TOLERANCES = {"float32": 1e-5, "bfloat16": 0.02}
"""Of the largest score."""


@dataclass
class Both:
    """The same checkpoint twice: as it is served here, and in transformers."""

    directory: Path
    tokens: Tokens
    engine: XGLM
    reference: XGLMForCausalLM

    def ours(self, request: CompletionRequest) -> list[int]:
        """The prompt that was read and the tokens that were written, except the last one."""
        slots = Slots(self.engine, 1)
        list(alone(generate(request, "somebody", self.tokens, slots), self.engine))
        return list(slots.kept[0].slot.ids)

    def theirs(self, ids: list[int], most: int) -> list[int]:
        """What transformers' `generate` makes of the same prompt."""
        given = torch.tensor([ids])
        ends = sorted(self.tokens.ends)
        written = self.reference.generate(
            given, attention_mask=torch.ones_like(given), max_new_tokens=most, do_sample=False, eos_token_id=ends
        )
        return [int(token) for token in written[0]]


@pytest.fixture(scope="module", params=["tied", "untied"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    directory = tmp_path_factory.mktemp("incoder")
    model = write_incoder(directory, tie_word_embeddings=request.param == "tied")
    return Both(directory, Tokens.load(directory), XGLM.load(directory, lambda share: None, "float32"), model)


@pytest.mark.parametrize("gap", GAPS)
def test_infilling_is_that_of_transformers(both: Both, gap: str) -> None:
    request = GAPS[gap]
    prompt = prompt_ids(request, both.tokens, both.engine.context)
    ours, theirs = both.ours(request), both.theirs(prompt, request.max_tokens)
    assert ours[: len(prompt)] == prompt
    assert len(ours) - len(prompt) >= 10, "too few tokens to show anything"
    assert ours == theirs[: len(ours)]


@pytest.mark.parametrize("way", [way for way in arithmetic.candidates([torch.empty(1)]) if way in TOLERANCES])
def test_logits_are_those_of_transformers(both: Both, way: arithmetic.Name) -> None:
    ids = prompt_ids(GAPS["notebook"], both.tokens, both.engine.context)
    with torch.inference_mode():
        expected = both.reference(torch.tensor([ids])).logits[0]
    engine = XGLM.load(both.directory, lambda share: None, way)
    logits = engine.step([Read(engine.new_slot(), ids, every=True)])[0].table.float()
    assert (logits - expected).abs().max() <= TOLERANCES[way] * expected.abs().max()


def test_the_prompt_is_what_transformers_tokenizer_makes_of_the_published_text(both: Both) -> None:
    text = (
        "<| file ext=.ipynb:python filename=a.ipynb |>\n"
        "<text>\n# Penguins, by *mass*\n</text>\n<cell>\nimport pandas as pd\n\ndf = pd.read_csv('p.csv')\n</cell>\n"
        '<cell>\ndf.groupby("species")<|mask:0|>\nprint(df)\n</cell>\n<text>\nThe end\n</text>\n'
        "<cell>\ny = 2\n</cell>\n<|mask:1|><|mask:0|>"
    )
    published = PreTrainedTokenizerFast(tokenizer_file=str(both.directory / "tokenizer.json"))
    assert prompt_ids(GAPS["notebook"], both.tokens, both.engine.context) == published(text)["input_ids"]


def test_a_prompt_longer_than_the_context_keeps_its_header_and_sentinels(both: Both) -> None:
    text = both.tokens.decode(prompt_ids(GAPS["longer than the context"], both.tokens, 2048))
    assert text.startswith("<|endoftext|><| file ext=.ipynb:python filename=a.ipynb |>\n")
    assert text.endswith("<|mask:1|><|mask:0|>")
    assert text.count("<|mask:0|>") == 2
    before, after = text.split("<|mask:0|>")[:2]
    assert before.endswith('"naïve café 🚀")\n')
    assert after.startswith("import numpy as np\n")


def test_half_precision_is_read_as_it_is(both: Both, tmp_path: Path) -> None:
    half = write_incoder(tmp_path).half()
    half.save_pretrained(tmp_path)
    ids = prompt_ids(GAPS["notebook"], both.tokens, both.engine.context)
    with torch.inference_mode():
        expected = half.float()(torch.tensor([ids])).logits[0]
    engine = XGLM.load(tmp_path, lambda share: None, "float32")
    torch.testing.assert_close(
        engine.step([Read(engine.new_slot(), ids, every=True)])[0].table, expected, atol=1e-4, rtol=1e-4
    )


def test_the_licence_is_said_where_a_user_picks_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        arguments(["--help"])
    assert "CC-BY-NC-4.0: not for commercial use" in " ".join(capsys.readouterr().out.split())


async def test_the_licence_is_said_when_it_is_loaded(both: Both, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(shown(loader(str(both.directory)), sys.stderr)) as worker:
        await ready(worker)
        health = await (await worker.client.get(f"{worker.url}/health")).json()
    assert health["message"] == f"ready; {INCODER.licence}"
    assert capsys.readouterr().err == f"{INCODER.licence}\n"


async def test_a_tokenizer_of_another_model_is_refused(both: Both, tmp_path: Path) -> None:
    for file in both.directory.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tokenizer = json.loads((tmp_path / "tokenizer.json").read_text())
    for token in tokenizer["added_tokens"]:
        if token["content"] == "<|mask:0|>":
            token["id"] = 9999
    tokenizer["model"]["vocab"]["<|mask:0|>"] = 9999
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    async with serving(loader(str(tmp_path))) as worker:
        await ready(worker)
        assert "has more tokens than config.json" in worker.loop.health.message


def test_the_worker_serves_no_pickle(tmp_path: Path) -> None:
    """The worker does not even import what reads them."""
    names = "import sys, model_server.__main__, model_server.xglm; print(*(n for n in sys.modules if 'pickles' in n))"
    said = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""


@pytest.mark.parametrize("path", ["x" * 500 + ".ipynb", "é🚀" * 100 + ".ipynb"])
def test_a_name_that_would_crowd_out_the_text_is_left_out(both: Both, path: str) -> None:
    parts = Parts(Header("python", "python3", path), before=(Cell("code", LINES),))
    ids = INCODER.layout(parts, both.tokens, 128)
    assert len(ids) <= 128
    assert both.tokens.decode(ids).startswith("<|endoftext|><| file ext=.ipynb:python |>\n")


def test_a_sentinel_is_never_shown(both: Both) -> None:
    sentinels = {both.tokens.special(f"<|mask:{number}|>") for number in (0, 1)}
    assert sentinels < both.tokens.ends
