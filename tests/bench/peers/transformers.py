"""transformers' own `generate`, with its cache cut back to the kept prefix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import DynamicCache, XGLMForCausalLM
from transformers.utils.logging import disable_progress_bar

from model_server.slots import common


class Generate:
    """A network and a cache for one text."""

    def __init__(self, directory: Path, dtype: str, threads: int) -> None:
        """Load a checkpoint, in `float32` or `bfloat16`."""
        torch.set_num_threads(threads)
        disable_progress_bar()
        self._model = XGLMForCausalLM.from_pretrained(directory, dtype=getattr(torch, dtype)).eval()
        self._cache = DynamicCache(config=self._model.config)
        self._ids: list[int] = []

    @torch.inference_mode()
    def hold(self, ids: Sequence[int]) -> None:
        """See `Peer`."""
        same = common(self._ids, ids)
        if same < len(self._ids):
            self._cache.crop(same - len(self._ids))
        if same < len(ids):
            self._model(torch.tensor([ids[same:]]), past_key_values=self._cache, logits_to_keep=1)
        self._ids = list(ids)

    @torch.inference_mode()
    def write(self, ids: Sequence[int], count: int) -> list[int]:
        """See `Peer`."""
        whole = torch.tensor([[*self._ids, *ids]])
        options = {"max_new_tokens": count, "min_new_tokens": count, "do_sample": False}
        mask = torch.ones_like(whole)
        out = self._model.generate(whole, attention_mask=mask, past_key_values=self._cache, **options)
        written: list[int] = out[0].tolist()
        self._ids = written[:-1]  # the last token was written, not read
        return written[whole.shape[1] :]
