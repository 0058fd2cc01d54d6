"""Which characters of a worker's text may be shown. Pure.

A suggestion must read as it will run: no control characters, nothing of no width, nothing that turns the direction of
the text, and no half of a character. Line ends become one. What is visible is left as it is, in every script.
"""

from __future__ import annotations

import re

UNSAFE = dict.fromkeys(
    [
        *(code for code in [*range(0x20), *range(0x7F, 0xA0)] if chr(code) not in "\t\n"),
        0x00AD,
        0x034F,
        0x061C,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0x3164,
        *range(0xD800, 0xE000),
        0xFEFF,
        0xFFA0,
        *range(0xFFF0, 0xFFFC),
        *range(0x1BCA0, 0x1BCA4),
        *range(0x1D173, 0x1D17B),
        *range(0xE0000, 0xE1000),
    ]
)
PLAIN = re.compile(r"[\n\t -~]*")
NEWLINE = re.compile("\r\n|[\r\x85\u2028\u2029]")


def safe(text: str) -> str:
    """`text` with one kind of newline, and without what must not be shown."""
    if PLAIN.fullmatch(text):
        return text
    return NEWLINE.sub("\n", text).translate(UNSAFE)
