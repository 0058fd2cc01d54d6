"""The families of published models, as data: their special tokens, and the order in which their authors trained.

Where they trained with what stands after the cursor first, the cursor comes last, and a keystroke changes the end of
the prompt alone; else what stands after the cursor is read anew at each keystroke, and what stands before it is kept.
"""

from __future__ import annotations

from model_server.layout import TEMPLATE
from model_server.scripts import Script, Text

PATH, BEFORE, AFTER = Text.PATH, Text.BEFORE, Text.AFTER
OPENRAIL = "weights are licensed BigCode OpenRAIL-M: not for the uses that its Attachment A forbids"

SANTACODER = Script(
    "santacoder",
    marks=("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
    order=("<fim-prefix>", "<fim-suffix>", AFTER, "<fim-middle>", PATH, BEFORE),
    ends=("<|endoftext|>", "<fim-pad>", "<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
    licence=f"SantaCoder's {OPENRAIL}",
)
"""SantaCoder (Ben Allal et al. 2023, arXiv 2301.03988; token strings: its model card). The cursor comes last: BigCode's
training code lays out half of its examples so, each part tokenised apart (bigcode-project/Megatron-LM,
`gpt_dataset.py`, "SPM variant 2")."""

STARCODER_TOKENS = ("<fim_prefix>", "<fim_suffix>", "<fim_middle>")
STARCODER = Script(
    "starcoder",
    marks=(*STARCODER_TOKENS, "<filename>"),
    order=("<fim_prefix>", "<fim_suffix>", AFTER, "<fim_middle>", PATH, BEFORE),
    ends=("<|endoftext|>", "<fim_pad>", "<filename>", "<reponame>", *STARCODER_TOKENS),
    chat=(TEMPLATE,),
    licence=f"StarCoder's {OPENRAIL}",
)
"""StarCoder (Li et al. 2023, arXiv 2305.06161; token strings: its model card). The cursor comes last, as with
SantaCoder."""

GRANITE = Script(
    "granite-code",
    marks=STARCODER.marks,
    order=STARCODER.order,
    ends=STARCODER.ends,
    kinds=("llama", "granite"),
    chat=(TEMPLATE,),
)
"""Granite Code (Mishra et al. 2024, arXiv 2405.04324): StarCoder's tokenizer, trained with the cursor last in half of
its examples, as StarCoder. Its 20B and 34B networks are StarCoder's kind too and pass for StarCoder: the layout is
the same."""

STARCODER2 = Script(
    "starcoder2",
    marks=(*STARCODER_TOKENS, "<file_sep>", "<repo_name>"),
    order=("<file_sep>", "<fim_prefix>", "<fim_suffix>", AFTER, "<fim_middle>", PATH, BEFORE),
    ends=("<|endoftext|>", "<file_sep>", "<repo_name>", "<fim_pad>", *STARCODER_TOKENS),
    chat=(TEMPLATE,),
    licence=f"StarCoder2's {OPENRAIL}",
    path="{path}\n",
)
"""StarCoder2 (Lozhkov et al. 2024, arXiv 2402.19173, section 5.1): a file follows `<file_sep>`, and its path is the
first line of its text, inside the prefix. The cursor comes last, as with StarCoder: the same training code splits each
file by itself. The next file's `<file_sep>` ends a gap too."""

CODELLAMA = Script(
    "codellama",
    marks=("▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"),
    order=("<s>", "▁<PRE>", PATH, BEFORE, "▁<SUF>", AFTER, "▁<MID>"),
    ends=("▁<EOT>", "</s>", "▁<PRE>", "▁<SUF>", "▁<MID>"),
    licence=(
        "Code Llama's weights are under the Llama 2 Community License: services with more than 700 million monthly "
        "users need Meta's permission, and what it writes may not improve other language models"
    ),
    lead=" ",
)
"""Code Llama (Rozière et al. 2023, arXiv 2308.12950; `infilling_prompt_tokens` in its published code): SentencePiece's
leading space stands before the prefix, never before suffix and middle. What stands before the cursor comes first: with
the suffix first it never saw a token that the cursor cut in two, and does much worse there (section 3.2)."""

DEEPSEEK = Script(
    "deepseek-coder",
    marks=("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
    order=("<｜begin▁of▁sentence｜>", "<｜fim▁begin｜>", PATH, BEFORE, "<｜fim▁hole｜>", AFTER, "<｜fim▁end｜>"),
    ends=("<｜end▁of▁sentence｜>", "<|EOT|>", "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
    chat=("<|EOT|>",),
    licence="DeepSeek Coder's weights are under the DeepSeek License: not for the uses that its Attachment A forbids",
    path="{mark}{path}\n",
)
"""DeepSeek Coder (Guo et al. 2024, arXiv 2401.14196, section 3.1.2; its README, also for `#path`). What stands before
the cursor comes first: it was trained in no other order."""

QWEN = Script(
    "qwen2.5-coder",
    marks=("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>"),
    order=("<|fim_prefix|>", PATH, BEFORE, "<|fim_suffix|>", AFTER, "<|fim_middle|>"),
    ends=(
        "<|endoftext|>",
        "<|fim_pad|>",
        "<|file_sep|>",
        "<|repo_name|>",
        "<|im_end|>",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
    ),
    chat=("<|im_end|>",),
    licence="Of Qwen2.5-Coder, the 3B weights are under the Qwen Research License: not for commercial use",
)
"""Qwen2.5-Coder (Hui et al. 2024, arXiv 2409.12186; `Qwen2.5-Coder-fim.py` among its published examples, also for the
ends). What stands before the cursor comes first: no other order is documented."""

CODEGEMMA = Script(
    "codegemma",
    marks=("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_separator|>"),
    order=("<bos>", PATH, "<|fim_prefix|>", BEFORE, "<|fim_suffix|>", AFTER, "<|fim_middle|>"),
    ends=("<|file_separator|>", "<eos>", "<end_of_turn>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    chat=(TEMPLATE,),
    licence="CodeGemma's weights are under the Gemma Terms of Use: not for what its Prohibited Use Policy forbids",
    path="{path}\n",
)
"""CodeGemma (arXiv 2406.11409, figures 2 and 4): the path is a line before the prefix's token. What stands before the
cursor comes first: it was trained in both orders, but how the other one is written is not published."""

CODESTRAL = Script(
    "codestral",
    marks=("[SUFFIX]", "[PREFIX]", "[MIDDLE]"),
    order=("<s>", "[SUFFIX]", AFTER, "[PREFIX]", PATH, BEFORE),
    ends=("</s>", "[SUFFIX]", "[PREFIX]", "[MIDDLE]"),
    licence="Codestral's weights are under the Mistral AI Non-Production License: not for production",
    lead=" ",
)
"""Codestral (`encode_fim` in mistralai/mistral-common): what stands after the cursor comes first in its only order.
SentencePiece's leading space stands before the prefix, not before the suffix."""

PUBLISHED = (SANTACODER, STARCODER2, GRANITE, STARCODER, CODELLAMA, DEEPSEEK, QWEN, CODEGEMMA, CODESTRAL)
