"""What stands in for a secret: `your-token-here`, `<token>`, `xxxx`, `changeme`. Told from the text alone.

A stand-in says of itself that it is none, or is an ordinary word, a path, or a name; an issued token is random.
"""

from __future__ import annotations

import re

STANDS_IN = re.compile(
    r"(?i)your|my[_-]|(?-i:^[Mm]y[A-Z]?[a-z]+$)|example|sample|dummy|fake|placeholder|insert|replace|change|todo|"
    r"redacted|removed|hidden|put[_-]|enter[_-]|environ|getenv|process\.env|x{4}|\*{3}|\.{3}|…|12345|abcdef|"
    r"^<+[\w -]*>+$|<\|\w*\|>|^\[\w+\](?:_\w+)?$|^\{[\w.]*\}$|\{[a-z]{4,20}(?:_[a-z]{1,20})*\}|"
    r"\$\{\w+\}|^\$\w+$|^\$\([^)]+\)$|%\(\w+\)s|^[\w.]{3,40}[(\[].*[)\]]$|"
    r"^\W?(?:pass|passwd|password|pw|pwd|user|username|admin|root|guest|postgres|mysql|test|demo|foo|bar|secret|token)"
    r"\d{0,3}\W?$"
)
"""What a stand-in says of itself, and the words that stand in for every password."""
WORDS = re.compile(r"[A-Za-z]?[a-z]+(?:[_.:/-][A-Za-z]?[a-z]+)+$|[A-Z]+(?:_[A-Z]+)+$|[a-z]+://")
"""Words joined as programmers join them, and addresses."""
PLAIN = re.compile(r"[A-Za-z]?[a-z]+$|[A-Z]+$|[A-Za-z][a-z]{2,}(?:[A-Z][a-z]{2,})+$|\.{0,2}/|~/|\w{1,20}\.\w{2,4}$")
"""Single words, paths and the names of files."""


def varied(secret: str) -> bool:
    """Whether more than a few characters take part; an issued token is random, a stand-in repeats itself."""
    return len(set(secret)) > min(9, len(secret) // 3)


def issued(token: str) -> bool:
    """Whether a token of an issuer's shape was really issued."""
    return varied(token) and not re.search(r"(?i)x{5}|example|\.{3}|your[_-]", token)


def password(literal: str) -> bool:
    """Whether a literal given as a password is one."""
    return varied(literal) and not STANDS_IN.search(literal) and not WORDS.match(literal)


def chosen(literal: str) -> bool:
    """The same for a token or key, which is never one plain word."""
    return password(literal) and not PLAIN.match(literal)


def mixed(text: str) -> bool:
    """Whether text without quotes is a secret: it has letters and digits."""
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text)) and chosen(text)


def key(block: str) -> bool:
    """Whether a PEM block holds a key: code that only looks for one has the same first line."""
    return re.search(r"[A-Za-z0-9+/]{40}", block[:400]) is not None
