"""Layouts: what stands where, what is cut, and what is never lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_server.families import BUNDLED, FAMILIES, INCODER, ORDINARY, family_of
from model_server.layout import (
    CHARACTERS,
    STEP,
    TEMPLATE,
    Family,
    cells_near_end,
    describe,
    keep_end,
    near_end,
    share,
)
from model_server.published import CODELLAMA, CODESTRAL, DEEPSEEK, GRANITE, PUBLISHED, QWEN, STARCODER
from model_server.scripts import Script, Text
from model_server.tokens import Tokens
from model_server.wire import Cell, Fact, Header, Parts
from tests.worker.checkpoints import incoder_tokenizer, published_tokenizer, small_tokenizer

BUNDLED_TOKENS = Tokens(small_tokenizer())
INCODER_TOKENS = Tokens(incoder_tokenizer())
SCRIPTS = {family.name: Tokens(published_tokenizer(family), *family.kinds[:1]) for family in PUBLISHED}
ALL = {BUNDLED.name: BUNDLED_TOKENS, INCODER.name: INCODER_TOKENS} | SCRIPTS
PARTS = Parts(
    Header("python", "python3", "lab/a.ipynb"),
    (Fact("df", "DataFrame", "pandas", ("mass", "it's")), Fact("np", "module", "numpy")),
    (Cell("markdown", "# Title"), Cell("code", "x = 1"), Cell("output", "1"), Cell("code", "df.he")),
    (Cell("code", ")\nprint(x)"), Cell("code", "y = 2")),
)
KNOWN = "# Defined in the kernel:\n# df: DataFrame['mass', \"it's\"]\n# import numpy as np\n"
CELLS = "# %% [markdown]\n# # Title\n\n# %%\nx = 1\n\n# %% [output]\n# 1\n\n# %%\ndf.he"
AFTER = ")\nprint(x)\n\n# %%\ny = 2\n"
NOTEBOOKS = {
    "santacoder": f"<fim-prefix><fim-suffix>{AFTER}<fim-middle># lab/a.py\n{KNOWN}{CELLS}",
    "starcoder": f"<fim_prefix><fim_suffix>{AFTER}<fim_middle># lab/a.py\n{KNOWN}{CELLS}",
    "granite-code": f"<fim_prefix><fim_suffix>{AFTER}<fim_middle># lab/a.py\n{KNOWN}{CELLS}",
    "starcoder2": f"<file_sep><fim_prefix><fim_suffix>{AFTER}<fim_middle>lab/a.py\n{KNOWN}{CELLS}",
    "codellama": f"<s> <PRE> # lab/a.py\n{KNOWN}{CELLS} <SUF>{AFTER} <MID>",
    "deepseek-coder": (
        f"<｜begin▁of▁sentence｜><｜fim▁begin｜>#lab/a.py\n{KNOWN}{CELLS}<｜fim▁hole｜>{AFTER}<｜fim▁end｜>"
    ),
    "qwen2.5-coder": f"<|fim_prefix|># lab/a.py\n{KNOWN}{CELLS}<|fim_suffix|>{AFTER}<|fim_middle|>",
    "codegemma": f"<bos>lab/a.py\n<|fim_prefix|>{KNOWN}{CELLS}<|fim_suffix|>{AFTER}<|fim_middle|>",
    "codestral": f"<s>[SUFFIX]{AFTER}[PREFIX] # lab/a.py\n{KNOWN}{CELLS}",
}
PLAIN = {
    "santacoder": "<fim-prefix><fim-suffix>\n    return 1<fim-middle>def one():",
    "starcoder": "<fim_prefix><fim_suffix>\n    return 1<fim_middle>def one():",
    "granite-code": "<fim_prefix><fim_suffix>\n    return 1<fim_middle>def one():",
    "starcoder2": "<file_sep><fim_prefix><fim_suffix>\n    return 1<fim_middle>def one():",
    "codellama": "<s> <PRE> def one(): <SUF>\n    return 1 <MID>",
    "deepseek-coder": "<｜begin▁of▁sentence｜><｜fim▁begin｜>def one():<｜fim▁hole｜>\n    return 1<｜fim▁end｜>",
    "qwen2.5-coder": "<|fim_prefix|>def one():<|fim_suffix|>\n    return 1<|fim_middle|>",
    "codegemma": "<bos><|fim_prefix|>def one():<|fim_suffix|>\n    return 1<|fim_middle|>",
    "codestral": "<s>[SUFFIX]\n    return 1[PREFIX] def one():",
}


def test_the_bundled_layout_puts_the_cursor_last() -> None:
    text = BUNDLED_TOKENS.decode(BUNDLED.layout(PARTS, BUNDLED_TOKENS, 400))
    assert text == (
        "<|endoftext|><|file|>python lab/a.ipynb"
        "<|facts|>df: DataFrame['mass', \"it's\"]\nimport numpy as np\n"
        "<|after|>)\nprint(x)<|code|>y = 2"
        "<|before|><|text|># Title<|code|>x = 1<|output|>1<|code|>df.he"
    )


def test_incoders_layout_is_the_published_one() -> None:
    text = INCODER_TOKENS.decode(INCODER.layout(PARTS, INCODER_TOKENS, 400))
    assert text == (
        "<|endoftext|><| file ext=.ipynb:python filename=a.ipynb |>\n"
        "<text>\n# Title\n</text>\n<cell>\nx = 1\n</cell>\n<cell>\ndf.he"
        "<|mask:0|>)\nprint(x)\n</cell>\n<cell>\ny = 2\n</cell>\n<|mask:1|><|mask:0|>"
    )


def test_incoder_leaves_out_the_second_sentinel_where_nothing_follows() -> None:
    parts = Parts(Header("python", "", "a.py"), before=(Cell("code", "import numpy"),))
    text = INCODER_TOKENS.decode(INCODER.layout(parts, INCODER_TOKENS, 400))
    assert text == "<|endoftext|><| file ext=.py filename=a.py |>\nimport numpy<|mask:0|><|mask:0|>"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_notebook_is_a_script_in_the_published_tokens(name: str) -> None:
    tokens = SCRIPTS[name]
    assert tokens.decode(tokens.family.layout(PARTS, tokens, 1000)) == NOTEBOOKS[name]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_prompt_and_a_suffix_are_laid_out_as_published(name: str) -> None:
    tokens = SCRIPTS[name]
    parts = Parts(before=(Cell("code", "def one():"),), after=(Cell("code", "\n    return 1"),))
    ids = tokens.family.layout(parts, tokens, 400)
    assert tokens.decode(ids) == PLAIN[name]
    special = {tokens.special(token) for token in (*tokens.family.marks, *tokens.family.ends)} & set(ids)
    assert len(special) >= 2, "the sentinels are special tokens, not text"


@pytest.mark.parametrize("family", [CODELLAMA, CODESTRAL], ids=lambda family: str(family.name))
def test_the_leading_space_of_sentencepiece_stands_before_the_prefix_alone(family: Script) -> None:
    """As `encode` and `encode_infilling` in the published code, the latter by way of a character that is cut off."""
    published, tokens = published_tokenizer(family), SCRIPTS[family.name]
    prefix, suffix, cut = "import numpy as np\nx = ", "import pandas\n", 1 + len("☺".encode())
    ids = {
        Text.PATH: [],
        Text.BEFORE: published.encode(prefix).ids,
        Text.AFTER: published.encode("☺" + suffix).ids[cut:],
    }
    pieces = (ids[piece] if isinstance(piece, Text) else [tokens.special(piece)] for piece in family.order)
    parts = Parts(before=(Cell("code", prefix),), after=(Cell("code", suffix),))
    assert family.layout(parts, tokens, 400) == [token for piece in pieces for token in piece]
    assert published.id_to_token(ids[Text.BEFORE][0]) == "▁import"
    assert published.id_to_token(ids[Text.AFTER][0]) == "import"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (Parts(Header("R", "ir", "a.ipynb"), (), (Cell("code", "x"),)), "# a.r\n# %%\nx"),
        (Parts(Header("javascript", "deno", "b/a.ipynb"), (), (Cell("code", "x"),)), "// b/a.js\n// %%\nx"),
        (Parts(Header("python", "", "b/a b.py"), (), (Cell("code", "x"),)), "# b/a b.py\nx"),
        (Parts(Header("python", "python3", ""), (), (Cell("markdown", "# A\n\nb"),)), "# %% [markdown]\n# A\n\nb"),
        (Parts(Header("python", "", "a\nb.py"), (), ()), "# a b.py\n"),
        (Parts(), ""),
    ],
)
def test_a_script_suits_its_language(parts: Parts, text: str) -> None:
    tokens = SCRIPTS[QWEN.name]
    assert tokens.decode(QWEN.layout(parts, tokens, 400)) == f"<|fim_prefix|>{text}<|fim_suffix|><|fim_middle|>"


def test_a_path_that_would_crowd_out_the_text_is_shortened_and_then_left_out() -> None:
    tokens = SCRIPTS[QWEN.name]
    for path, shown in (("d/" * 200 + "a.py", "# a.py\n"), ("a" * 400 + ".py", "")):
        ids = QWEN.layout(Parts(Header("python", "", path)), tokens, 400)
        assert tokens.decode(ids) == f"<|fim_prefix|>{shown}<|fim_suffix|><|fim_middle|>"


def test_facts_that_do_not_fit_are_left_out_whole() -> None:
    tokens = SCRIPTS[QWEN.name]
    facts = tuple(Fact(f"name_{number}", "int") for number in range(300))
    lines = tokens.decode(QWEN.layout(Parts(facts=facts), tokens, 512)).split("\n")
    assert lines[0] == "<|fim_prefix|># Defined in the kernel:"
    assert lines[1:-1] == [f"# name_{number}: int" for number in range(len(lines) - 2)]
    assert len(lines) > 5
    assert lines[-1] == "<|fim_suffix|><|fim_middle|>"


@given(before=st.integers(0, 3000), after=st.integers(0, 3000), room=st.integers(0, 2000))
def test_shares_fit_and_waste_nothing(before: int, after: int, room: int) -> None:
    for_before, for_after = share(before, after, room)
    assert for_before <= before
    assert for_after <= after
    assert for_before + for_after == min(before + after, room)
    assert for_before >= min(before, int(room * 0.7))


@given(st.integers(0, 2000), st.integers(0, 900))
def test_the_end_is_kept_within_its_budget(length: int, budget: int) -> None:
    kept = keep_end(range(length), budget)
    assert len(kept) <= budget
    assert kept == list(range(length))[length - len(kept) :]
    if length > budget > STEP:
        assert len(kept) > budget - STEP


def test_typing_rarely_moves_the_first_token() -> None:
    starts = [keep_end(range(length), 600)[0] for length in range(700, 700 + STEP)]
    assert len(set(starts)) == 2


def test_a_text_far_over_the_budget_is_not_tokenised_whole() -> None:
    text = "".join(chr(32 + number % 90) for number in range(40_000))
    starts = {near_end(text + "x" * typed, 200) for typed in range(3)}
    assert all(len(start) <= 200 * CHARACTERS for start in starts)
    assert len({start[:50] for start in starts}) == 1


class Counting:
    """Counts the characters that it tokenises, each a token."""

    def __init__(self) -> None:
        self.characters = 0

    def encode(self, text: str) -> list[int]:
        """See `Encoder`."""
        self.characters += len(text)
        return list(map(ord, text))

    def special(self, token: str) -> int:
        """See `Encoder`."""
        return -1


def test_of_a_body_as_large_as_may_be_only_what_is_near_the_cursor_is_tokenised() -> None:
    fact = Fact("f" * 500, "dict", members=("m" * 500,) * 256)
    long = (Cell("code", "x" * 100_000), Cell("markdown", "y" * 160_000))
    parts = Parts(facts=(fact,) * 3, before=(*long, Cell("code", "<")), after=(Cell("code", ">"), *long))
    encoder = Counting()
    ids = BUNDLED.layout(parts, encoder, 900)
    assert encoder.characters < 3.1 * ORDINARY * CHARACTERS
    assert ids[-2:] == [-1, ord("<")]
    assert ord(">") in ids
    assert len(ids) <= 900


def test_a_large_context_is_filled_from_a_large_cell_up_to_the_cursor() -> None:
    parts = Parts(before=(Cell("code", "x" * 200_000 + "<"),), after=(Cell("code", ">" + "y" * 200_000),))
    ids = BUNDLED.layout(parts, Counting(), 100_000)
    assert ids[-1] == ord("<")
    assert ids.count(ord("x")) > 60_000
    assert ids.count(ord("y")) > 25_000


@given(st.lists(st.text("ab\n", max_size=9), max_size=6), st.integers(0, 3))
def test_cells_are_cut_as_their_text_is(texts: list[str], budget: int) -> None:
    cells, whole = [Cell("code", text) for text in texts], "".join(texts)
    kept = cells_near_end(cells, budget)
    assert "".join(cell.text for cell in kept) == near_end(whole, budget)
    assert [cell.text for cell in kept[1:]] == texts[len(texts) - len(kept) + 1 :]


LINES = "\n".join(f"value_{n} = {n}" for n in range(2000))


@settings(max_examples=60)
@given(
    st.sampled_from(list(ALL)),
    st.integers(128, 1200),
    st.booleans(),
    st.sampled_from(["", "lab/a.ipynb", "a.py", "x" * 300 + ".py", "d/" * 200 + "a.py"]),
    st.integers(0, 40),
)
def test_whatever_is_cut_the_header_the_sentinels_and_the_cursors_side_stay(
    name: str, budget: int, notebook: bool, path: str, known: int
) -> None:
    tokens = ALL[name]
    facts = tuple(Fact(f"known_{n}", "DataFrame", "pandas", ("mass", "length")) for n in range(known))
    kernel = "python3" if notebook else ""
    parts = Parts(
        Header("python", kernel, path),
        facts,
        (Cell("code", LINES), Cell("code", LINES + "\nlast = ")),
        (Cell("code", "  # next\n" + LINES), Cell("code", LINES)),
    )
    ids = tokens.family.layout(parts, tokens, budget)
    text = tokens.decode(ids)
    assert budget - 3 * STEP < len(ids) <= budget
    for mark in sentinels(tokens.family):
        assert ids.count(tokens.special(mark)) >= 1
    assert "last = " in text
    assert "next" in text
    if path in ("lab/a.ipynb", "a.py"):
        assert "a.ipynb" in text or "a.py" in text


def sentinels(family: Family) -> list[str]:
    """The special tokens that stand in every one of a family's prompts."""
    if isinstance(family, Script):
        return family.tokens
    return ["<|endoftext|>", *family.marks[:2]]


@given(st.sampled_from(list(ALL)), st.text(st.characters() | st.sampled_from("\x00\ud800\udfff<|_>"), max_size=40))
def test_any_text_can_be_laid_out(name: str, text: str) -> None:
    tokens = ALL[name]
    parts = Parts(Header(text, "", text), (Fact(text, "int"),), (Cell("code", text),), (Cell("markdown", text),))
    assert 0 < len(tokens.family.layout(parts, tokens, 256)) <= 256


@pytest.mark.parametrize("name", ALL)
def test_special_tokens_in_the_text_are_text(name: str) -> None:
    tokens = ALL[name]
    for token in (*tokens.family.marks, *tokens.family.ends):
        assert tokens.special(token) not in tokens.encode(f"s = '{token}'")


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        (Fact("np", "module", "numpy"), "import numpy as np"),
        (Fact("math", "module", "math"), "import math"),
        (Fact("fit", "function", "__main__", signature="(x, y=1)"), "def fit(x, y=1)"),
        (Fact("Model", "type", "__main__", signature="(size)"), "class Model(size)"),
        (Fact("n", "int"), "n: int"),
        (Fact("d", "dict", members=("a\nb",)), "d: dict['a\\nb']"),
    ],
)
def test_a_fact_is_one_line(fact: Fact, line: str) -> None:
    assert describe(fact) == line


@pytest.mark.parametrize("name", ALL)
def test_a_tokenizer_shows_its_family(name: str) -> None:
    assert ALL[name].family.name == name


def test_every_family_is_told_from_every_other() -> None:
    found = {(one.name, family_of({*one.marks, *one.ends}.__contains__, *one.kinds[:1]).name) for one in FAMILIES}
    assert found == {(one.name, one.name) for one in FAMILIES}


def test_the_networks_kind_tells_families_that_share_their_tokens() -> None:
    assert family_of(STARCODER.marks.__contains__, "gpt_bigcode") is STARCODER
    assert family_of(STARCODER.marks.__contains__) is STARCODER
    assert family_of(STARCODER.marks.__contains__, "llama") is GRANITE


@pytest.mark.parametrize("tokens", [(), ("<|im_start|>", "<|im_end|>", "[INST]"), ("<fim_prefix>", "<|fim_prefix|>")])
def test_an_unknown_or_instruct_only_model_is_refused_by_the_names_of_all_families(tokens: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no fill-in-the-middle tokens") as caught:
        family_of(tokens.__contains__)
    assert all(family.name in str(caught.value) for family in FAMILIES)


@pytest.mark.parametrize(
    ("family", "sign"),
    [(QWEN, "<|im_end|>"), (DEEPSEEK, "<|EOT|>"), (GRANITE, TEMPLATE)],
    ids=lambda value: str(value)[:9],
)
def test_an_instruction_tuned_model_is_refused_for_its_base(family: Script, sign: str) -> None:
    with pytest.raises(
        ValueError, match=f"instruction-tuned version of a {family.name} model.*base version.*codestral"
    ):
        family_of(family.marks.__contains__, "llama", ["<|endoftext|>", sign])
    assert family_of(CODELLAMA.marks.__contains__, shown=[TEMPLATE]) is CODELLAMA


def test_licences_are_said_where_they_forbid_something() -> None:
    free = {family.name for family in FAMILIES if not family.licence}
    assert free == {"codecompose", "granite-code"}
    assert all(family.licence.endswith(tuple("abcdefghijklmnopqrstuvwxyz")) for family in FAMILIES if family.licence)


def test_a_family_is_data() -> None:
    other = replace(STARCODER, name="other", path="{path}\n", lead=" ")
    tokens = SCRIPTS[STARCODER.name]
    parts = Parts(Header("python", "", "a.py"), before=(Cell("code", "x"),))
    assert tokens.decode(other.layout(parts, tokens, 400)) == "<fim_prefix><fim_suffix><fim_middle> a.py\nx"
