"""Text to token ids and back, for one checkpoint's tokenizer.

Byte-level and SentencePiece-like tokenizers are read alike: text is text, whatever it looks like, and nothing is put
before it or taken from it. Where the family allows it, text is tokenised line by line and lines are remembered: a
keystroke then tokenises one line. Decoding is incremental, so that a character of several tokens is held back until it
is whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer

from model_server.engine import Ids, ids_of
from model_server.families import family_of
from model_server.layout import TEMPLATE, Family
from model_server.weights import BadCheckpoint, read_json

REMEMBERED_LINES, REMEMBERED_TEXTS = 32_768, 64
LONG_LINE = 1_000
"""Characters of a line of which only as many are remembered as of whole texts: a notebook has room for forty."""
CONTROL = re.compile(r"<\|\S+\|>")
REPLACEMENT = "\ufffd"
MOST_HELD = 16
"""Tokens that may wait for the end of a character. It takes four; more are waited for where tokens straddle several."""
BREAKS = {True: ("Ċ",), False: ("\n", "<0x0A>")}
"""How vocabularies write a line break: byte-level ones, and SentencePiece's."""


class Tokens:
    """A checkpoint's tokenizer and the family that it shows."""

    def __init__(self, tokenizer: Tokenizer, kind: str = "", shown: Sequence[str] = ()) -> None:
        """Take a loaded tokenizer; `kind` and `shown` as `family_of` takes them. Raises ValueError where its family is
        not supported."""
        self.family: Family = family_of(lambda token: tokenizer.token_to_id(token) is not None, kind, shown)
        self.tokenizer = plain(tokenizer, {*self.family.marks, *self.family.ends})
        self._line = lru_cache(maxsize=REMEMBERED_LINES)(self._encode)
        self._text = lru_cache(maxsize=REMEMBERED_TEXTS)(self._encode)

    @classmethod
    def load(cls, directory: Path) -> Tokens:
        """Read `tokenizer.json` of a checkpoint directory, and what its neighbours say of it. Raises BadCheckpoint."""
        path = directory / "tokenizer.json"
        if not path.is_file():
            raise BadCheckpoint(f"{path} is missing: 'jupyter codecompose convert' builds one where that is possible")
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # noqa: BLE001 - tokenizers raises nothing narrower
            raise BadCheckpoint(f"{path} cannot be read ({error}): fetch it again") from None
        try:
            return cls(tokenizer, kind(directory), shown(directory))
        except ValueError as error:
            raise BadCheckpoint(f"{path}: {error}") from None

    @property
    def size(self) -> int:
        """Entries of the vocabulary."""
        return int(self.tokenizer.get_vocab_size())

    @property
    def last(self) -> int:
        """The highest id that a text or a prompt's layout may hold: a special token of no family is never read."""
        added = self.tokenizer.get_added_tokens_decoder()
        unread = {number for number, token in added.items() if token.special} - self.ends
        unread -= {self.tokenizer.token_to_id(mark) for mark in self.family.marks}
        return max(number for number in self.tokenizer.get_vocab().values() if number not in unread)

    @cached_property
    def ends(self) -> frozenset[int]:
        """Ids that end a suggestion."""
        found = (self.tokenizer.token_to_id(token) for token in self.family.ends)
        return frozenset(int(number) for number in found if number is not None)

    @cached_property
    def line_ends(self) -> Ids:
        """Ids that end a line, in their order: the ends, and every token that begins with a line break."""
        breaks = BREAKS[is_byte_level(self.tokenizer)]
        found = {number for piece, number in self.tokenizer.get_vocab().items() if piece.startswith(breaks)}
        return ids_of(found | self.ends)

    @cached_property
    def breaks(self) -> Ids:
        """Ids that cannot go on with a word, in their order: the ends, and every token that begins with something else.
        Found once: half a second for a large vocabulary."""
        first = ((number, self.decode([number])[:1]) for number in range(self.size))
        found = {number for number, text in first if not (text.isalnum() or text in ("", "_", REPLACEMENT))}
        return ids_of(found | self.ends)

    def special(self, token: str) -> int:
        """Id of a special token. Raises KeyError where the tokenizer has none."""
        found = self.tokenizer.token_to_id(token)
        if found is None:
            raise KeyError(token)
        return int(found)

    def encode(self, text: str) -> list[int]:
        """Ids of plain text, without any special token."""
        if not self.family.by_line:
            return list(self._text(text))
        ids: list[int] = []
        head, *rest = text.split("\n")
        short = len(text) < LONG_LINE or max(map(len, (head, *rest))) < LONG_LINE
        remembered = self._line if short else self._line_or_text
        if head:
            ids.extend(remembered(head))
        for line in rest:
            ids.extend(remembered("\n" + line))
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, special tokens as they are written."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False))

    def _line_or_text(self, line: str) -> tuple[int, ...]:
        return self._line(line) if len(line) <= LONG_LINE else self._text(line)

    def _encode(self, text: str) -> tuple[int, ...]:
        whole = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no character
        return tuple(self.tokenizer.encode(whole, add_special_tokens=False).ids)


def kind(directory: Path) -> str:
    """The `model_type` of a checkpoint's network; '' where it does not say."""
    path = directory / "config.json"
    return str(read_json(path).get("model_type", "")) if path.is_file() else ""


def shown(directory: Path) -> list[str]:
    """What a tokenizer's own configuration shows of how its model was tuned: the token that ends every text, and
    `TEMPLATE` where it has one."""
    path = directory / "tokenizer_config.json"
    told = read_json(path) if path.is_file() else {}
    end = told.get("eos_token")
    signs = [str(end.get("content") if isinstance(end, dict) else end)]
    if "chat_template" in told or (directory / "chat_template.jinja").is_file():
        signs.append(TEMPLATE)
    return signs


def plain(tokenizer: Tokenizer, control: Iterable[str]) -> Tokenizer:
    """The tokenizer, set to read text as text: `<|after|>` that somebody types is no control token, and nothing is cut,
    padded or put before it, whatever its file says. `control` are the family's tokens."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    known = {token for token in control if tokenizer.token_to_id(token) is not None}
    known.update(filter(CONTROL.fullmatch, added))  # some files list them as ordinary tokens, which text would match
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in sorted(known)])
    tokenizer.encode_special_tokens = True
    for name in ("normalizer", "pre_tokenizer", "decoder"):
        if part := getattr(tokenizer, name):
            part.__setstate__(json.dumps(unpadded(json.loads(part.__getstate__()))).encode())
            setattr(tokenizer, name, part)
    return tokenizer


def unpadded(part: dict[str, Any]) -> dict[str, Any]:
    """A part of a tokenizer, as its file describes it, that neither puts a space before a text nor takes one away."""
    match part:
        case {"type": "Sequence", **rest}:
            inner = {name: [unpadded(each) for each in some if not pads(each)] for name, some in rest.items()}
            return {"type": "Sequence", **inner}
        case {"type": "Metaspace"}:
            return {**part, "prepend_scheme": "never"}
        case {"type": "ByteLevel", "add_prefix_space": _}:
            return {**part, "add_prefix_space": False}
    return part


def pads(part: dict[str, Any]) -> bool:
    """Whether a part does nothing but put a space before a text, or take it away."""
    return part["type"] == "Prepend" or (part["type"] == "Strip" and part.get("content") == " ")


def is_byte_level(tokenizer: Tokenizer) -> bool:
    """Whether the vocabulary writes bytes as letters of their own."""
    return "ByteLevel" in str(tokenizer.decoder)


class TextStream:
    """Token ids in, text out, never half a character."""

    def __init__(self, tokens: Tokens) -> None:
        """Start with nothing read."""
        self._tokens = tokens
        self._held: list[int] = []

    def push(self, token: int) -> str:
        """The text that this token makes whole."""
        self._held.append(token)
        text = self._tokens.decode(self._held)
        if text.endswith(REPLACEMENT) and len(self._held) < MOST_HELD:
            return ""
        self._held.clear()
        return text
