"""Secrets that are still being written: by a person at the cursor, or by a model in its suggestion.

Pure. `credentials.find` knows a secret when it is whole; by then its beginning would have been told or shown. So where
one may be in the writing nothing is asked, and of a suggestion only what stands before it is shown, until the next
characters tell. Not covered: what is typed of a token or a password without a name and quotes, up to eight characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jupyter_codecompose.brackets import scan
from model_server.credentials import ANNOTATION, BECOMES, ENDING, ISSUERS, KEYS, PASSWORDS, PREFIX, QUOTE, find
from model_server.shapes import START, any_of
from model_server.standins import chosen

LOOK_BACK = 2_000
LEAST = 8
MASK = re.compile(r"x{8,}")
NAME = rf"(?:(?i:{any_of(PASSWORDS.split())})|(?P<key>(?i:{any_of(KEYS.split())}))){ENDING}"
PORT = re.compile(r"\d{1,5}\Z|[{$%]")

LITERAL = re.compile(
    rf"""(?:{NAME}(?:{ANNOTATION}{BECOMES}(?:\(\s{{0,16}})?|["']\s?,\s{{0,8}})
    | (?i:password|identified)(?i:\sby)?\s{{1,4}}
    | (?i:auth)["']?\s?[=:]?\s?\(\s?["'][^"'\n]{{1,80}}["']\s?,\s?
    ){QUOTE}(?P<secret>(?:(?!\\?(?P=quote)).)*)\Z""",
    re.VERBOSE,
)
"""A literal that is not closed yet, given to a telling name."""
KEYED = re.compile(rf"(?i:key)(?:_?\d{{1,3}})?{ANNOTATION}{BECOMES}{QUOTE}(?P<secret>[\w+/=-]*)\Z")
TOKEN = re.compile(rf"{START}(?:{PREFIX.pattern})(?P<secret>[\w.-]*)\Z")
ADDRESS = re.compile(r"""://[^\s:@/"'`<>]{0,80}:(?P<secret>[^\s@/"'`<>]*)@?\Z""")
BARE = re.compile(
    rf"""(?:{NAME}["'\])]{{0,4}}\s{{0,8}}[=:,>]{{1,2}}\s{{0,8}}
    | --(?:password|token|secret|api-key)\s{{1,2}}
    | (?i:bearer)\s{{1,3}}
    | (?i:authorization)["']?\s?[:=,]\s?["']?(?:\w{{1,8}}\s)?
    | (?i:accountkey|sharedaccesskey)=
    | (?i:account\.key)[\w.-]{{0,80}}["']\s?[,:=]\s?["']
    | (?i:hooks\.slack\.com/)
    | [?&][\w-]{{0,40}}=
    | (?i:curl)[^\n]{{0,80}}?\s(?:-u|--user)[\s=]?["']?[\w.@-]{{1,60}}:
    | AC[0-9a-f]{{32}}\b[^\n]{{1,80}}?\b(?=[0-9a-f]*\Z)
    )(?P<secret>[^\s"'`;&|]*)\Z""",
    re.VERBOSE,
)
MASKING = re.compile(r"(?<![A-Za-z0-9])(?P<secret>x{1,7})\Z")
KEY = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<secret>(?:[^-]|-(?!----))*)\Z")


def being_typed(left: str) -> bool:
    """Whether the text `left` of a cursor ends inside a secret."""
    line = _lines(left)
    if (found := LITERAL.search(line)) and found["secret"] and (not found["key"] or chosen(found["secret"])):
        return _quoted(line)
    if (found := TOKEN.search(line)) and len(found["secret"]) >= LEAST:
        return line[found.start() - 1 : found.start()] in ("'", '"', "`")
    found = ADDRESS.search(line)
    return bool(found and found["secret"] and not PORT.match(found["secret"]))


def before_secret(line: str, text: str, whole: bool) -> tuple[str, bool]:
    """Of a suggestion `text` after `line`, what stands before a secret or a mask, and whether no more is to come.

    While it is not `whole`, what may become one is held back.
    """
    written, at = line + text, len(line)
    found = [(start, end) for start, end in _secrets(written) if end > at]
    settled = [start for start, end in found if whole or end < len(written)]
    if settled:
        return text[: max(min(settled) - at, 0)], True
    if whole and not being_typed(written):
        return text, True
    begins = [*_open(written), *(start for start, _ in found), len(written)]
    return text[: max(min(begins) - at, 0)], whole


def _secrets(text: str) -> Iterator[tuple[int, int]]:
    """Where the secrets and masks of a text are; what shows their issuer is none yet."""
    for span in find(text):
        prefix = PREFIX.match(text, span.start) if span.family in ISSUERS else None
        yield prefix.end() if prefix else span.start, span.end
    for found in MASK.finditer(text):
        yield found.span()


def _open(text: str) -> Iterator[int]:
    """Where what may become a secret or a mask begins, at the end of a text."""
    line = _lines(text)
    for pattern in (LITERAL, KEYED, TOKEN, ADDRESS, BARE, MASKING):
        found = pattern.search(line)
        if found and (pattern is not LITERAL or _quoted(line)):
            yield len(text) - len(line) + found.start("secret")
    if found := KEY.search(text):
        yield found.start("secret")


def _lines(text: str) -> str:
    """The last two lines: a value may stand below its name."""
    return "\n".join(text[-LOOK_BACK:].rsplit("\n", 2)[-2:])


def _quoted(line: str) -> bool:
    """Whether a text ends in a string, or in a comment."""
    state = scan(line)
    return bool(state.quote) or state.in_comment
