"""The special tokens of the models' families, where a server writes them out as text. Pure.

A suggestion ends before the first. Most begin as nobody would type; those that people do type, in quotes, are special
only without them.
"""

from __future__ import annotations

import re

BEGINNINGS = (
    "<|mask:",
    "<|endof",
    "<|end_of",
    "<|begin_of",
    "<|fim_",
    "<|file",
    "<|repo_name",
    "<|facts|>",
    "<|after|>",
    "<|before|>",
    "<|code|>",
    "<|text|>",
    "<|output|>",
    "<|eom|>",
    "<|EOT|>",
    "<|eot",
    "<|im_",
    "<| file ",
    "<|/ file",
    "</cell>",
    "<fim_",
    "<fim-",
    "<file_sep>",
    "<repo_name>",
    "<jupyter_",
    "<｜",
    "▁<",
)
TYPED = (
    "</s>",
    "<bos>",
    "<eos>",
    "<pad>",
    "<end_of_turn>",
    "<start_of_turn>",
    "[SUFFIX]",
    "[PREFIX]",
    "[MIDDLE]",
)
"""What people type too: as a string of its own, or the last three behind a name."""
OPENERS = ("<filename>", "<reponame>")
"""What begins another file, and in the middle of a line is a placeholder of somebody's."""
LONGEST = 16

ALWAYS = "|".join(map(re.escape, BEGINNINGS))
UNLESS = "|".join(map(re.escape, TYPED))
UNQUOTED = rf"(?!(?<=[\w)\]])\[)(?:(?<![\"'`])(?:{UNLESS})|(?:{UNLESS})(?![\"'`]|\Z))"
AT_LINE = rf"(?m:^)(?:{'|'.join(OPENERS)})"
SENTINEL = re.compile(f"{ALWAYS}|{UNQUOTED}|{AT_LINE}")
FIRST = re.compile(r"[<\[▁]")
AT_END = re.compile(rf"(?:{UNLESS})\Z")


def _heads(word: str) -> str:
    """A pattern of what may become `word`."""
    pattern = ""
    for char in reversed(word[1:-1]):
        pattern = f"(?:{re.escape(char)}{pattern})?"
    return re.escape(word[0]) + pattern


HEAD = re.compile("(?:" + "|".join(map(_heads, (*BEGINNINGS, *TYPED, *OPENERS))) + r")\Z")


def before_sentinel(text: str, whole: bool) -> tuple[str, bool]:
    """`text` up to the first special token, and whether no more is to come; what may become one is held back."""
    first = FIRST.search(text)
    if not first:
        return text, whole
    found = SENTINEL.search(text, first.start())
    if found:
        return text[: found.start()], True
    tail = max(len(text) - LONGEST, first.start())
    if whole:
        last = AT_END.search(text, tail)
        return (text, True) if not last or _name(text, last) else (text[: last.start()], True)
    held = AT_END.search(text, tail) or HEAD.search(text, tail)
    return (text[: held.start()] if held else text), False


def _name(text: str, found: re.Match[str]) -> bool:
    """Whether what was found is the subscript of a name."""
    return found[0][0] == "[" and bool(re.search(r"[\w)\]]\Z", text[: found.start()]))
