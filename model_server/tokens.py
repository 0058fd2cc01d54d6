"""Text to token ids and back, for one checkpoint's tokenizer.

Where the family allows it, text is tokenised line by line and lines are remembered: a keystroke then tokenises one
line. Decoding is incremental, so that a character of several tokens is held back until it is whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path

from tokenizers import AddedToken, Tokenizer

from model_server.families import Family, family_of
from model_server.weights import BadCheckpoint

REMEMBERED_LINES, REMEMBERED_TEXTS = 32_768, 64
CONTROL = re.compile(r"<\|\S+\|>")
REPLACEMENT = "\ufffd"
BREAK = "Ċ"
"""How byte-level tokenizers write a line break in their vocabulary."""


class Tokens:
    """A checkpoint's tokenizer and the family that it shows."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Take a loaded tokenizer. Raises ValueError where its family is not supported."""
        self.tokenizer = plain(tokenizer)
        self.family: Family = family_of(lambda token: tokenizer.token_to_id(token) is not None)
        remembered = REMEMBERED_LINES if self.family.by_line else REMEMBERED_TEXTS
        self._piece = lru_cache(maxsize=remembered)(self._encode)

    @classmethod
    def load(cls, directory: Path) -> Tokens:
        """Read `tokenizer.json` of a checkpoint directory. Raises BadCheckpoint."""
        path = directory / "tokenizer.json"
        if not path.is_file():
            raise BadCheckpoint(f"{path} is missing: 'jupyter codecompose convert' builds one where that is possible")
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # noqa: BLE001 - tokenizers raises nothing narrower
            raise BadCheckpoint(f"{path} cannot be read ({error}): fetch it again") from None
        try:
            return cls(tokenizer)
        except ValueError as error:
            raise BadCheckpoint(f"{path}: {error}") from None

    @property
    def size(self) -> int:
        """Entries of the vocabulary."""
        return int(self.tokenizer.get_vocab_size())

    @cached_property
    def ends(self) -> frozenset[int]:
        """Ids that end a suggestion."""
        return frozenset(self.special(token) for token in self.family.ends)

    @cached_property
    def line_ends(self) -> tuple[int, ...]:
        """Ids that end a line: the ends, and every token that begins with a line break."""
        breaks = {number for piece, number in self.tokenizer.get_vocab().items() if piece.startswith(BREAK)}
        return tuple(sorted(breaks | self.ends))

    def special(self, token: str) -> int:
        """Id of a special token. Raises KeyError where the tokenizer has none."""
        found = self.tokenizer.token_to_id(token)
        if found is None:
            raise KeyError(token)
        return int(found)

    def encode(self, text: str) -> list[int]:
        """Ids of plain text, without any special token."""
        if not self.family.by_line:
            return list(self._piece(text))
        ids: list[int] = []
        head, *rest = text.split("\n")
        if head:
            ids.extend(self._piece(head))
        for line in rest:
            ids.extend(self._piece("\n" + line))
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, special tokens as they are written."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False))

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=False).ids)


def plain(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer, set to read text as text: `<|after|>` that somebody types is no control token, and nothing is cut,
    padded or put before it, whatever its file says."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    control = [AddedToken(text, special=True, normalized=False) for text in added if CONTROL.fullmatch(text)]
    tokenizer.add_special_tokens(control)  # some files list them as ordinary tokens, which text would match
    tokenizer.encode_special_tokens = True
    return tokenizer


class TextStream:
    """Token ids in, text out, never half a character."""

    def __init__(self, tokens: Tokens) -> None:
        """Start with nothing read."""
        self._tokens = tokens
        self._ids: list[int] = []
        self._shown = ""

    def push(self, token: int) -> str:
        """The text that this token makes whole."""
        self._ids.append(token)
        text = self._tokens.decode(self._ids)
        if text.endswith(REPLACEMENT):
            return ""
        new = text[len(self._shown) :]
        self._shown = text
        return new
