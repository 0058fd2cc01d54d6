"""Guesses of what comes next, from the prompt itself: code repeats itself, and a right guess is a token for free.

A guess never changes the text: the network reads the guessed tokens in one step and keeps those that it would have
written itself (Saxena 2023, prompt lookup decoding).
"""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 2


class Lookup:
    """A growing text, each token a character of a string, which is searched in a microsecond."""

    def __init__(self, ids: Sequence[int], most: int) -> None:
        """Begin with a prompt; guess at most `most` tokens at a time."""
        self._most = most
        self._text = "".join(map(chr, ids)) if most else ""

    def push(self, token: int) -> None:
        """One more token of the text."""
        self._text += chr(token)

    def guess(self) -> list[int]:
        """The tokens that followed the last pair where it stood before, or else the last token; often none."""
        for length in range(min(LONGEST, len(self._text) - 1), 0, -1) if self._most else ():
            at = self._text.rfind(self._text[-length:], 0, len(self._text) - 1)
            if at >= 0:
                return [ord(token) for token in self._text[at + length :][: self._most]]
        return []
