"""Guesses of what comes next, from the prompt itself: code repeats itself, and a right guess is a token for free.

A guess never changes the text: the network reads the guessed tokens in one step and keeps those that it would have
written itself (Saxena 2023, prompt lookup decoding).
"""

from __future__ import annotations

from collections.abc import Sequence


class Lookup:
    """The last place of each token, and of each pair, in a growing text."""

    def __init__(self, ids: Sequence[int], most: int) -> None:
        """Begin with a prompt; guess at most `most` tokens at a time."""
        self._ids: list[int] = []
        self._most = most
        self._after: dict[tuple[int, ...], int] = {}
        for token in ids if most else ():
            self.push(token)

    def push(self, token: int) -> None:
        """One more token of the text."""
        if self._ids:
            self._after[(self._ids[-1],)] = len(self._ids)
            self._after[tuple(self._ids[-2:])] = len(self._ids)
        self._ids.append(token)

    def guess(self) -> list[int]:
        """The tokens that followed the last pair where it stood before, or else the last token; often none."""
        at = self._after.get(tuple(self._ids[-2:]), self._after.get(tuple(self._ids[-1:])))
        return [] if at is None else self._ids[at : at + self._most]
