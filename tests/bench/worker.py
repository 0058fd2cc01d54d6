"""One suggestion on the bundled model: 512 tokens read and 20 written, cold and warm, beside transformers' `generate`.

Warm means that all but the last 3 tokens of the prompt were read before. Everything runs on one thread, in one process
and one run, so that the ratios hold.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import torch
from transformers import XGLMForCausalLM

from model_server.families import BUNDLED
from model_server.generation import Tree, greedy
from model_server.memory import beside
from model_server.rerank import opinions
from model_server.tokens import Tokens
from model_server.weights import BUNDLED_DIRECTORY
from model_server.wire import Cell, Header, Parts
from model_server.xglm import XGLM, KVSlot
from tests.bench.figures import Figures, median, milliseconds, percentile

PROMPT, TYPED, WRITTEN, SHORT = 512, 3, 20, 8
ROUNDS = 15


def prompt(tokens: Tokens) -> list[int]:
    """A prompt of 512 tokens: this project's own code, cut to fit."""
    source = Path(__file__).parents[2].joinpath("model_server/families.py").read_text()
    parts = Parts(Header("python", "", "families.py"), (), (Cell("code", source),))
    ids = BUNDLED.layout(parts, tokens, 1024)
    return ids[:8] + ids[8 - PROMPT :]


def write(engine: XGLM, slot: KVSlot, count: int) -> None:
    """Write tokens as the worker does, whatever they are."""
    for _ in islice(greedy(slot, Tree(), engine.guesses), count):
        pass


def plainly(engine: XGLM, ids: list[int]) -> Callable[[], None]:
    """Tokens one by one, with no guesses, after a prompt."""
    slot = engine.new_slot()
    slot.read(ids)

    def run() -> None:
        del slot.ids[len(ids) :]
        for _ in islice(greedy(slot, Tree(), 0), WRITTEN):
            pass

    return run


def cold(engine: XGLM, ids: list[int], count: int) -> Callable[[], None]:
    """A suggestion on a slot that has read nothing."""
    slot = engine.new_slot()

    def run() -> None:
        slot.ids.clear()
        slot.read(ids)
        write(engine, slot, count)

    return run


def warm(engine: XGLM, ids: list[int], count: int) -> Callable[[], None]:
    """A suggestion on a slot that has read all but the last few tokens."""
    slot = engine.new_slot()
    slot.read(ids[:-TYPED])

    def run() -> None:
        del slot.ids[len(ids) - TYPED :]
        slot.read(ids[-TYPED:])
        write(engine, slot, count)

    return run


def remembered(engine: XGLM, tokens: Tokens) -> Callable[[], object]:
    """What the memory adds to a suggestion: candidates recalled, and scored by the network side by side."""
    memory = beside(BUNDLED_DIRECTORY)
    assert memory
    source = Path(__file__).parents[2].joinpath("model_server/families.py").read_text()
    at = source.index("budget", len(source) // 2)
    parts = Parts(Header("python"), (), (Cell("code", source[:at]),), (Cell("code", source[at + len("budget") :]),))
    ids = BUNDLED.layout(parts, tokens, PROMPT)
    slot = engine.new_slot()
    slot.read(ids)
    return lambda: opinions(parts, slot, tokens, memory, engine.context - len(ids), 48)


def generate(dtype: torch.dtype, ids: list[int]) -> Callable[[], object]:
    """The same with transformers."""
    model = XGLMForCausalLM.from_pretrained(BUNDLED_DIRECTORY, dtype=dtype).eval()
    batch = torch.tensor([ids])
    options = {"max_new_tokens": WRITTEN, "min_new_tokens": WRITTEN, "do_sample": False}

    def run() -> object:
        with torch.inference_mode():
            return model.generate(batch, attention_mask=torch.ones_like(batch), **options)

    return run


def measure(figures: Figures) -> None:
    """Take the worker's figures."""
    ids = prompt(Tokens.load(BUNDLED_DIRECTORY))
    engine = XGLM.load(BUNDLED_DIRECTORY, lambda share: None)
    print(engine.arithmetic)
    colds = milliseconds(cold(engine, ids, WRITTEN), ROUNDS)
    warms = milliseconds(warm(engine, ids, WRITTEN), ROUNDS)
    shorts = milliseconds(warm(engine, ids, SHORT), ROUNDS)
    firsts = milliseconds(warm(engine, ids, 0), ROUNDS)
    floats = milliseconds(generate(torch.float32, ids), 5)
    halves = milliseconds(generate(torch.bfloat16, ids), 5)
    figures.add("worker.cold.p50_ms", median(colds), "ms")
    figures.add("worker.cold.prefill.p50_ms", median(milliseconds(cold(engine, ids, 0), ROUNDS)), "ms")
    figures.add("worker.warm.p50_ms", median(warms), "ms")
    figures.add("worker.warm.p95_ms", percentile(warms, 0.95), "ms")
    figures.add("worker.warm.first_token.p50_ms", median(firsts), "ms")
    figures.add("worker.warm.8_tokens.p50_ms", median(shorts), "ms")
    figures.add("worker.token.p50_ms", (median(warms) - median(firsts)) / WRITTEN, "ms")
    figures.add("worker.token.no_guesses.p50_ms", median(milliseconds(plainly(engine, ids), ROUNDS)) / WRITTEN, "ms")
    recalls = milliseconds(remembered(engine, Tokens.load(BUNDLED_DIRECTORY)), ROUNDS)
    figures.add("worker.memory.p50_ms", median(recalls), "ms")
    figures.add("generate.float32.p50_ms", median(floats), "ms")
    figures.add("generate.bfloat16.p50_ms", median(halves), "ms")
    figures.add("worker.cold.ratio_to_generate", min(median(floats), median(halves)) / median(colds), "times faster")
    figures.add("worker.warm.ratio_to_cold", median(colds) / median(warms), "times faster")
