"""Secrets in text: where a key, a token or a password stands, by the shape that its issuer gave it or by the name that
it is assigned to.

It reads one text and knows nothing of files, prompts or models. Each family begins with a literal that `str.find`
looks for; only there is its pattern tried, and no pattern reads far into what the next attempt begins with, so the
time grows with the text's length alone. Caught: the families below, and literals of at least eight characters given
to a name such as `password` or `api_key`, also where the text ends inside them. Not caught: passwords with white space
and values over several lines, secrets put together from pieces or encoded once more, values whose name says nothing
(`x = "hunter2hunter2"`, `auth=("ann", "…")`), literals that read as an identifier (`"open-sesame"`), and issuers not in
the list. What says itself that it is none (`your-token-here`, `<token>`, `xxxx`, `changeme`) is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

STANDS_IN = re.compile(
    r"(?i)your|my[_-]|^my[a-z]+$|example|sample|dummy|fake|placeholder|insert|replace|change|todo|redacted|removed|hidden|"
    r"put[_-]|enter[_-]|environ|getenv|process\.env|x{4}|\*{3}|\.{3}|…|12345|abcdef|"
    r"^<+[\w -]*>+$|<\|\w*\|>|^\[\w+\]|^\{[\w.]*\}$|\{[a-z]{4,20}(?:_[a-z]{1,20})*\}|"
    r"\$\{[^}]+\}|^\$\w+$|^\$\(|%\(\w+\)s|^[\w.]{3,40}[(\[].*[)\]]$|"
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


@dataclass(frozen=True, slots=True)
class Span:
    """A secret: `text[start:end]`, without its name and quotes."""

    start: int
    end: int
    family: str


@dataclass(frozen=True, slots=True)
class Family:
    """Secrets of one kind: the literals that `pattern` begins with, and whether its group `secret` is likely one."""

    name: str
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]
    likely: Callable[[str], bool]
    folded: bool = False

    def find(self, text: str, folded: str) -> Iterator[Span]:
        """The family's secrets in a text, given with and without its capitals."""
        for at in places(folded if self.folded else text, self.anchors):
            if (found := self.pattern.match(text, at)) and self.likely(found["secret"]):
                yield Span(*found.span("secret"), self.name)


def places(text: str, anchors: Iterable[str]) -> Iterator[int]:
    """Where any of some literals begins."""
    for anchor in anchors:
        at = text.find(anchor)
        while at >= 0:
            yield at
            at = text.find(anchor, at + 1)


START = r"(?:(?<![\w.-])|(?<=\\[nrt])|(?<=%3[ADad])|(?<=%2[02FfBb]))"
"""A token begins where no word goes on, or after an escape: `\\n` in a literal, `%3D` in an address."""


def shaped(name: str, anchors: str, rest: str) -> Family:
    """Tokens that show their issuer by one of some prefixes."""
    starts = "|".join(map(re.escape, anchors.split()))
    pattern = re.compile(rf"{START}(?P<secret>(?:{starts}){rest})(?![\w-])")
    return Family(name, tuple(anchors.split()), pattern, issued)


def standing(name: str, anchors: str, rest: str, likely: Callable[[str], bool]) -> Family:
    """Secrets after a word, in small or capital letters; `rest` names the group `secret`."""
    starts = "|".join(map(re.escape, anchors.split()))
    return Family(name, tuple(anchors.split()), re.compile(rf"(?i:{starts})(?:{rest})"), likely, folded=True)


PASSWORDS = "password passwd passphrase pwd"
KEYS = (
    "secret token api_key api-key apikey access_key access-key accesskey auth_key private_key account_key signing_key"
)
ENDING = r"(?:s|_?(?i:key|value|prod|dev|live|test|\d{1,3}))?"
ANNOTATION = r"(?:\s?:\s?[&\w\[\].]{1,32}+(?:\s?\|\s?\w{1,16}+)?(?=\s?=))?"
BECOMES = r"""[\\"'\])]{0,4}+\s{0,8}+(?:=>|:=|<-|==|=|:)\s{0,8}+"""
LITERAL = r"""[fbruFBRU]{0,2}\\?(?P<quote>["'`])(?P<secret>(?:(?!\\?(?P=quote))\S){8,4096}+)(?:\\?(?P=quote)|\Z)"""
BARE = r"""(?P<secret>[\w+/.~!@#^*%=-]{8,512}+)(?=[\s"'`;&|\\]|\Z)"""

FAMILIES = (
    shaped("aws-access-key-id", "AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}"),
    shaped("github", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{36,255}"),
    shaped("github", "github_pat_", r"\w{22,255}"),
    shaped("gitlab", "glpat- gldt- glrt- glptt- glcbt- glft-", r"[\w.-]{20,255}"),
    shaped("slack", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", r"[\w-]{10,255}"),
    shaped("google-api", "AIza", r"[\w-]{35}"),
    shaped("google-oauth", "ya29.", r"[\w.-]{20,2048}"),
    shaped("google-oauth", "GOCSPX-", r"[\w-]{28}"),
    shaped("stripe", "sk_live_ rk_live_ sk_test_ rk_test_ whsec_", r"[A-Za-z0-9]{16,255}"),
    shaped("anthropic", "sk-ant-", r"[\w-]{20,255}"),
    shaped("openai", "sk-proj- sk-svcacct- sk-admin-", r"[\w-]{20,255}"),
    shaped("openai", "sk-", r"[A-Za-z0-9]{32,64}"),
    shaped("hugging-face", "hf_ api_org_", r"[A-Za-z0-9]{34,40}"),
    shaped("npm", "npm_", r"[A-Za-z0-9]{36}"),
    shaped("pypi", "pypi-AgE", r"[\w-]{50,2048}"),
    shaped("sendgrid", "SG.", r"[\w-]{16,32}\.[\w-]{32,64}"),
    shaped("twilio", "SK", r"[0-9a-f]{32}"),
    shaped("jwt", "eyJ", r"[\w-]{8,4096}\.eyJ[\w-]{8,8192}\.[\w-]{8,2048}"),
    Family("twilio", ("AC",), re.compile(r"AC[0-9a-f]{32}\b[^\n]{1,80}?\b(?P<secret>[0-9a-f]{32})\b"), issued),
    Family(
        "private-key",
        ("-----BEGIN ",),
        re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<secret>(?:[^-]|-(?!----)){40,16384}+)"),
        key,
    ),
    standing(
        "slack-webhook", "hooks.slack.com/", r"(?:services|workflows|triggers)/(?P<secret>[\w/+-]{20,255})", issued
    ),
    standing("url-password", "://", r"""[^\s:@/"'`<>]{0,80}:(?P<secret>[^\s@/"'`<>]{3,160})@(?=\w)""", password),
    standing(
        "url-token", "? &", r"[\w-]{0,24}(?:key|token|sig|signature|secret|password)=(?P<secret>[\w%-]{16,512}+)", mixed
    ),
    standing(
        "aws-secret-key",
        "secret_access_key secretaccesskey aws_secret",
        r"""\w{0,12}["'\])]{0,3}[\s:=,>]{1,8}["']?(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])""",
        issued,
    ),
    standing("azure-storage", "accountkey= sharedaccesskey=", r"(?P<secret>[A-Za-z0-9+/]{40,100}={0,2})", issued),
    standing("bearer", "bearer", r"\s{1,3}(?P<secret>[\w.~+/-]{16,4096}+={0,2})", mixed),
    standing(
        "bearer",
        "authorization",
        r"""["']?\s?[:=,]\s?["']?(?:\w{1,8}\s)?(?P<secret>[\w.~+/-]{16,4096}+={0,2})""",
        mixed,
    ),
    standing("assignment", PASSWORDS, ENDING + ANNOTATION + BECOMES + LITERAL, password),
    standing("assignment", KEYS, ENDING + ANNOTATION + BECOMES + LITERAL, chosen),
    standing("assignment", "password identified", r"(?i:\sby)?\s{1,4}" + LITERAL, password),
    standing("option", "--password --token --secret --api-key", rf"\s{{1,2}}{BARE}", mixed),
    standing("environment", f"{PASSWORDS} {KEYS}", rf"{ENDING}(?:=|\s?:\s){BARE}", mixed),
)


def find(text: str) -> tuple[Span, ...]:
    """The secrets of a text in order, none overlapping another."""
    folded = fold(text)
    found = sorted((span for family in FAMILIES for span in family.find(text, folded)), key=lambda span: span.start)
    return tuple(merged(found))


def fold(text: str) -> str:
    """The text in small letters, each at its own place: `str.lower` makes two characters of some."""
    folded = text.lower()
    return folded if len(folded) == len(text) else "".join(c.lower() if c.isascii() else c for c in text)


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order, those that overlap as one of the first one's family."""
    last: Span | None = None
    for span in spans:
        if last and span.start < last.end:
            last = Span(last.start, max(last.end, span.end), last.family)
            continue
        if last:
            yield last
        last = span
    if last:
        yield last
