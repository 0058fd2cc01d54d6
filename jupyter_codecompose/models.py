"""What a server says of the models it serves (`GET /v1/models`), and which way of asking follows from it. Pure.

vLLM answers 400 to a `suffix` and current llama.cpp overlooks it; llama.cpp has `/infill`; Ollama, without a `suffix`,
puts a prompt into the model's chat template. Whoever serves under its own name is told by the model's name, where that
is certain. Nothing that a server says is repeated but its model's name.
"""

from __future__ import annotations

import re

from jupyter_codecompose.errors import Down
from jupyter_codecompose.foreign import Served
from model_server.families import FAMILIES

NONE_OFFERED = "The worker offers no model."
SEVERAL_OFFERED = "The worker offers several models: name one in CodeCompose.worker_model."
NOT_OFFERED = "The worker does not offer the model that CodeCompose.worker_model names."
TAKES_NO_SUFFIX = "The worker takes no suffix: set CodeCompose.worker_prompt to 'auto', or to its model's family."
UNCERTAIN = (
    "It is not certain how the worker's model fills in the middle: set CodeCompose.worker_prompt to 'suffix', 'infill' "
    f"or its family ({', '.join(family.name for family in FAMILIES)})."
)

MAX_NAME = 100
OWNERS = {"llamacpp": "infill", "library": "suffix"}
"""Servers that show by `owned_by` how they are asked: llama.cpp, and Ollama for the models of its library."""
SUFFIXLESS = ("llamacpp", "vllm")
NAMES = {
    "incoder": r"incoder",
    "santacoder": r"santacoder",
    "starcoder2": r"starcoder2",
    "starcoder": r"starcoder",
    "codellama": r"code-?llama(?!.*(python|34b))",
    "deepseek-coder": r"deepseek-coder",
    "qwen2.5-coder": r"qwen2\.5-coder",
    "codegemma": r"codegemma",
    "granite-code": r"granite.*code",
    "codestral": r"(?<!mamba-)codestral",
}
"""The families by the names that their checkpoints are published under."""
INSTRUCT = re.compile(r"instruct|chat|[-_]it\b")
"""Models tuned to answer; whether they still fill in the middle, their names do not tell."""


def chosen(offered: tuple[Served, ...], wanted: str) -> Served:
    """The model named `wanted` ('' for the only one). Raises `Down` with what to do."""
    if wanted:
        named = [model for model in offered if model.id in (wanted, f"{wanted}:latest")]
        if not named:
            raise Down(NOT_OFFERED)
        return named[0]
    if len(offered) != 1:
        raise Down(SEVERAL_OFFERED if offered else NONE_OFFERED)
    return offered[0]


def way(model: Served, wanted: str) -> str:
    """How to ask for `model`: 'suffix', 'infill' or a family's name, `wanted` unless that is 'auto'. Raises `Down`."""
    if wanted == "suffix" and model.owned_by in SUFFIXLESS:
        raise Down(TAKES_NO_SUFFIX)
    if wanted != "auto":
        return wanted
    found = OWNERS.get(model.owned_by or "") or family_named(model.id) or family_named(model.root or "")
    if not found:
        raise Down(UNCERTAIN)
    return found


def family_named(name: str) -> str:
    """The family of the published checkpoint called `name`; '' where that is not certain."""
    name = name.lower()
    if INSTRUCT.search(name):
        return ""
    return next((family for family, pattern in NAMES.items() if re.search(pattern, name)), "")


def shown(model: Served) -> str:
    """Its name, as it may be shown to people."""
    return "".join(filter(str.isprintable, model.id))[:MAX_NAME]
