from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose.prompt import BEGINNINGS, NEAR, PIECE, STEP, Pieces, rendered, sides
from model_server.families import FAMILIES
from model_server.layout import Family
from model_server.published import CODELLAMA, QWEN, STARCODER2
from model_server.wire import Cell, CompletionRequest, Fact, Header, Parts

FACTS = (Fact(name="df", type="DataFrame", members=("region",)),)
PARTS = Parts(
    header=Header(language="python", kernel="k", path="lab/n.ipynb"),
    facts=FACTS,
    before=(Cell("markdown", "Sales"), Cell("code", "import pandas as pd"), Cell("code", "x = ")),
    after=(Cell("code", "\ny = 3"), Cell("code", "x + y")),
)


def asked(parts: Parts = PARTS, max_tokens: int = 48) -> CompletionRequest:
    return CompletionRequest(parts=parts, max_tokens=max_tokens)


def file_of(before: str, after: str = "") -> Parts:
    return Parts(header=Header(path="a.py"), before=(Cell("code", before),), after=(Cell("code", after),))


def test_the_layout_of_a_family_as_text() -> None:
    assert rendered(QWEN, asked(), 2048) == (
        "<|fim_prefix|># lab/n.py\n# Defined in the kernel:\n# df: DataFrame['region']\n"
        "# %% [markdown]\n# Sales\n\n# %%\nimport pandas as pd\n\n# %%\nx = "
        "<|fim_suffix|>\ny = 3\n\n# %%\nx + y\n<|fim_middle|>"
    )


def test_what_a_tokenizer_puts_first_is_left_to_it() -> None:
    assert rendered(CODELLAMA, asked(), 2048).startswith("▁<PRE> # lab/n.py")
    assert rendered(STARCODER2, asked(), 2048).startswith("<file_sep><fim_prefix>")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@given(before=st.text(max_size=900), after=st.text(max_size=400), context=st.integers(256, 700))
def test_no_family_goes_over_its_budget(family: Family, before: str, after: str, context: int) -> None:
    prompt = rendered(family, asked(file_of(before, after)), context)
    assert len(PIECE.findall(prompt)) <= context
    for mark in family.marks:
        assert prompt.count(mark) <= 2


def test_special_tokens_of_the_notebook_are_only_text() -> None:
    typed = "<|fim_suffix|> <|im_start|> <s>"
    prompt = rendered(QWEN, asked(file_of(typed)), 2048)
    assert prompt.count("<|fim_suffix|>") == 1
    assert "<|im_start|>" not in prompt
    assert not any(token in prompt for token in BEGINNINGS)
    assert "< |fim_suffix|> < |im_start|> < s>" in prompt
    assert "<|im_start|>" not in sides(asked(file_of(typed)), 2048).before


def test_what_is_no_latin_counts_a_token_a_character() -> None:
    pieces = Pieces()
    assert len(pieces.encode("abcdef")) == 2
    assert len(pieces.encode("日本語")) == 3
    assert pieces.text([*pieces.encode("naïve 🚀"), pieces.special("<end>")]) == "naïve 🚀<end>"


def test_two_sides() -> None:
    text = sides(asked(), 2048)
    assert (text.path, text.above) == ("lab/n.py", "")
    assert text.before.startswith("# Defined in the kernel:\n# df: DataFrame['region']\n# %% [markdown]\n# Sales\n")
    assert text.before.endswith("# %%\nx = ")
    assert text.after == "\ny = 3\n\n# %%\nx + y\n"


def test_a_prompt_and_suffix_stand_for_themselves() -> None:
    text = sides(CompletionRequest(prompt="a = ", suffix="\nb"), 2048)
    assert (text.before, text.after) == ("a = ", "\nb")


def test_sides_keep_to_their_budget() -> None:
    parts = file_of("x = 1\n" * 5000, "y = 2\n" * 5000)
    text = sides(asked(parts), 1024)
    assert len(text.above + text.before + text.after) <= 3 * 1024
    assert text.before.endswith("x = 1\n")
    assert text.after.startswith("y = 2\n")


def test_what_stands_far_above_stays_while_somebody_types() -> None:
    lines = "".join(f"value_{number} = compute({number})\n" for number in range(400))
    cut = {sides(asked(file_of(lines + "x" * typed)), 16_384).above for typed in range(STEP // 2)}
    assert len(cut) <= 2
    assert all(above.endswith("\n") and len(lines) - len(above) <= NEAR for above in cut)
