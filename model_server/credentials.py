"""Secrets in text: where a key, a token or a password stands, by the shape that its issuer gave it or by the name that
it is assigned to.

It reads one text and knows nothing of files, prompts or models. Each family begins with a literal that `str.find`
looks for; only there is its pattern tried, and no pattern reads far into what the next attempt begins with, so the
time grows with the text's length alone. Caught: the families below, and literals given to a name such as `password`
(from four characters) or `api_key` (from six), also where the line ends inside them. Not caught: passwords with white
space and values over several lines, secrets put together from pieces or encoded once more, values whose name says
nothing (`x = "hunter2hunter2"`), the end of a private key without its beginning, literals that read as an identifier
(`"open-sesame"`), and issuers not in the list. What says itself that it is none (`standins`) is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from model_server.shapes import Family, Span, any_of, shaped, standing
from model_server.standins import chosen, issued, key, mixed, password

PASSWORDS = "password passwd passphrase pwd _pass 'pass' \"pass\""
KEYS = (
    "secret token api_key api-key apikey access_key access-key accesskey auth_key private_key account_key signing_key"
)
ENDING = r"(?:s|_?(?i:key|value|prod|dev|live|test|\d{1,3}))?"
ANNOTATION = r"(?:\s?:\s?[&\w\[\].]{1,32}+(?:\s?\|\s?\w{1,16}+)?(?=\s?=))?"
BECOMES = r"""[\\"'\])]{0,4}+\s{0,8}+(?:=>|:=|<-|==|=|:)\s{0,8}+"""
QUOTE = r"""[fbruFBRU]{0,2}\\?(?P<quote>\"{3}|'{3}|["'`])"""
CLOSED = r"(?:\\?(?P=quote)|(?=\n)|\Z)"
BARE = r"""(?P<secret>[\w+/.~!@#^*%=-]{8,512}+)(?=[\s"'`;&|\\]|\Z)"""

BLOCK = r"""(?P<secret>(?:[\w+/=\s\\"',:.]|-(?!----)){40,16384}+)"""
"""What a key may be written with, its lines as literals of their own too; code that follows ends it."""

OTHERS = (
    "ATATT3",  # Atlassian
    "NRAK-",  # New Relic
    "PMAK-",  # Postman
    "figd_",  # Figma
    "glsa_",  # Grafana
    "lin_api_",  # Linear
    "lsv2_pt_",  # LangSmith
    "lsv2_sk_",
    "ntn_",  # Notion
    "pcsk_",  # Pinecone
    "pplx-",  # Perplexity
    "pscale_pw_",  # PlanetScale
    "pscale_tkn_",
    "sbp_",  # Supabase
    "shpat_",  # Shopify
    "shpss_",
    "sq0atp-",  # Square
    "sq0csp-",
    "tskey-",  # Tailscale
    "xai-",
)
"""What the tokens of further issuers begin with."""


def literal(least: int) -> str:
    """A pattern for a literal of so many characters or more, perhaps in brackets."""
    return rf"(?:\(\s{{0,16}})?{QUOTE}(?P<secret>(?:(?!\\?(?P=quote))\S){{{least},4096}}+){CLOSED}"


FAMILIES = (
    shaped("aws-access-key-id", "AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}"),
    shaped("github", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{36,255}"),
    shaped("github", "github_pat_", r"\w{22,255}"),
    shaped("gitlab", "glpat- gldt- glrt- glptt- glcbt- glft-", r"[\w.-]{20,255}"),
    shaped("slack", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp- xoxe.", r"[\w-]{10,255}"),
    shaped("google-api", "AIza", r"[\w-]{35}"),
    shaped("google-oauth", "ya29.", r"[\w.-]{20,2048}"),
    shaped("google-oauth", "GOCSPX-", r"[\w-]{28}"),
    shaped("stripe", "sk_live_ rk_live_ sk_test_ rk_test_ whsec_", r"[A-Za-z0-9]{16,255}"),
    shaped("anthropic", "sk-ant-", r"[\w-]{20,255}"),
    shaped("openai", "sk-proj- sk-svcacct- sk-admin-", r"[\w-]{20,255}"),
    shaped("openai", "sk-", r"[A-Za-z0-9]{32,64}"),
    shaped("hugging-face", "hf_ api_org_", r"[A-Za-z0-9]{34,40}"),
    shaped("groq", "gsk_", r"[A-Za-z0-9]{52}"),
    shaped("replicate", "r8_", r"[A-Za-z0-9]{37}"),
    shaped("databricks", "dapi", r"[0-9a-f]{32}(?:-\d)?"),
    shaped("npm", "npm_", r"[A-Za-z0-9]{36}"),
    shaped("pypi", "pypi-AgE", r"[\w-]{50,2048}"),
    shaped("docker", "dckr_pat_", r"[\w-]{20,64}"),
    shaped("digital-ocean", "dop_v1_ doo_v1_ dor_v1_", r"[0-9a-f]{64}"),
    shaped("vault", "hvs. hvb.", r"[\w-]{24,255}"),
    shaped("other", " ".join(OTHERS), r"[\w-]{20,255}"),
    shaped("sendgrid", "SG.", r"[\w-]{16,32}\.[\w-]{32,64}"),
    shaped("twilio", "SK", r"[0-9a-f]{32}"),
    shaped("jwt", "eyJ", r"[\w-]{8,4096}\.eyJ[\w-]{8,8192}\.[\w-]{8,2048}"),
    Family("twilio", ("AC",), re.compile(r"AC[0-9a-f]{32}\b[^\n]{1,80}?\b(?P<secret>[0-9a-f]{32})\b"), issued),
    Family(
        "private-key",
        ("-----BEGIN ",),
        re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----" + BLOCK),
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
    standing(
        "azure-storage",
        "account.key",
        r"""[\w.-]{0,80}["']\s?[,:=]\s?["'](?P<secret>[A-Za-z0-9+/]{40,100}={0,2})""",
        issued,
    ),
    standing("bearer", "bearer", r"\s{1,3}(?P<secret>[\w.~+/-]{16,4096}+={0,2})", mixed),
    standing(
        "bearer",
        "authorization",
        r"""["']?\s?[:=,]\s?["']?(?:\w{1,8}\s)?(?P<secret>[\w.~+/-]{16,4096}+={0,2})""",
        mixed,
    ),
    standing(
        "basic-auth",
        "auth basicauth basic_auth",
        r"""["']?\s?[=:]?\s?\(\s?["'][^"'\n]{1,80}["']\s?,\s?""" + literal(4),
        password,
    ),
    standing("assignment", PASSWORDS, ENDING + ANNOTATION + BECOMES + literal(4), password),
    standing("assignment", KEYS, ENDING + ANNOTATION + BECOMES + literal(6), chosen),
    standing(
        "assignment",
        "key",
        rf"(?:_?\d{{1,3}})?{ANNOTATION}{BECOMES}{QUOTE}(?P<secret>[\w+/=-]{{20,512}}){CLOSED}",
        mixed,
    ),
    standing("assignment", f"{PASSWORDS} {KEYS}", rf"""{ENDING}["']\s?,\s{{0,8}}{literal(6)}""", chosen),
    standing("assignment", "password identified", r"(?i:\sby)?\s{1,4}" + literal(8), password),
    standing(
        "option",
        "curl",
        r"""[^\n]{0,80}?\s(?:-u|--user)[\s=]?["']?[\w.@-]{1,60}:(?P<secret>[^\s"']{4,100})""",
        password,
    ),
    standing("option", "--password --token --secret --api-key", rf"\s{{1,2}}{BARE}", mixed),
    standing("environment", f"{PASSWORDS} {KEYS}", rf"{ENDING}(?:=|\s?:\s){BARE}", mixed),
)

ISSUERS = frozenset(family.name for family in FAMILIES if family.open)
PREFIX = re.compile(
    any_of(sorted((word for family in FAMILIES if family.open for word in family.anchors), key=len)[::-1])
)
"""What their tokens begin with."""


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
