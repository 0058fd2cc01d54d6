"""Which continuations exist at the cursor, by the kernel's facts; the worker picks the likeliest of these.

Pure. Nothing is said where something new may be about to be created, where the facts do not tell of all there is, or
where there are too many. The claim that would be made at the cursor is read off the text with a mark in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from jupyter_codecompose.claims import Claim, claims
from jupyter_codecompose.evidence import Evidence
from jupyter_codecompose.leaves import leaves
from jupyter_codecompose.place import Around, Place

MARK = "ꙮ"
MOST, LONGEST = 512, 256
SIGNS = (
    (re.compile(r"\w\Z"), "="),
    (re.compile(r"[\w.\s(\[{,=+\-*/%<>:&|~]\Z|\A\Z"), ""),
    (re.compile(r'"[^"\n]*\Z'), '"]'),
    (re.compile(r"'[^'\n]*\Z"), "']"),
)
"""How a text ends in which a claim of some sort may be begun, and what would end it."""
LISTED = re.compile(r"\[\s*\[[^\[\]]*\Z")


def allowed(place: Place, evidence: Evidence, *, read: bool = False) -> tuple[str, ...]:
    """What may follow the cursor, a column up to its closing quote and bracket; () where anything may.

    `read`: it is known that what comes is read, a name and no literal, and nothing is created.
    """
    for sign, tail in SIGNS:
        if sign.search(place.begun[-LONGEST:]):
            row = leaves(place.begun + MARK + tail)
            for claim in claims(row):
                if claim.name.endswith(MARK) and _wanted(claim, place, read=read):
                    return _allowed(claim, place, place.around(row), evidence)
    return ()


def _allowed(claim: Claim, place: Place, around: Around, evidence: Evidence) -> tuple[str, ...]:
    typed = place.begun[claim.at + (claim.what == "member") :]
    ways = list(_ways(claim, typed, place, evidence.offered(claim, around)))
    if ways and claim.what == "keyword":
        ways += _arguments(typed, evidence.names(around))
    return tuple(dict.fromkeys(ways)) if len(ways) <= MOST else ()


def _wanted(claim: Claim, place: Place, *, read: bool) -> bool:
    if claim.what == "member":
        return read or not _may_create(claim, place)
    if claim.what == "name":
        return read
    return claim.what == "attribute" or claim.name != MARK


def _may_create(claim: Claim, place: Place) -> bool:
    """Whether a statement begins with the subscript, so that it may become an assignment to it."""
    line = place.begun[: claim.at].rpartition("\n")[2]
    return line.strip() == ".".join(claim.path) + "["


def _ways(claim: Claim, typed: str, place: Place, offered: Iterable[str]) -> Iterable[str]:
    """The rests of what could stand at the cursor and begins as typed; none where a whole name has been typed."""
    if claim.what == "member":
        return _columns(place.begun[: claim.at + 1], typed, place.rest, offered)
    names = [name for name in offered if name.startswith(typed) and name.isidentifier()]
    if typed in names:
        return ()
    return (name[len(typed) :] + ("=" if claim.what == "keyword" else "") for name in names)


def _columns(before: str, typed: str, rest: str, offered: Iterable[str]) -> Iterable[str]:
    """The rests of columns; in a list of them, of those that are new in it. What stands there is not written again."""
    quote, listed = before[-1], LISTED.search(before)
    closing = "" if rest.startswith(quote) else quote if listed else f"{quote}]"
    earlier = listed[0] if listed else ""
    for name in offered:
        new = f'"{name}"' not in earlier and f"'{name}'" not in earlier
        if new and name.startswith(typed) and _plain(name):
            yield name[len(typed) :] + closing


def _arguments(typed: str, names: Iterable[str]) -> list[str]:
    """What an argument given by its place may begin with; a builtin is less likely than a keyword."""
    return [name[len(typed) :] for name in names if name.startswith(typed) and name != typed]


def _plain(member: str) -> bool:
    """Whether a member is written in a literal as it is."""
    return len(member) <= LONGEST and member.isprintable() and not set(member) & set("\"'\\")
