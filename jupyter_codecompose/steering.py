"""How the text at the cursor may go on, the likeliest first; the worker weighs these and takes one.

Pure. Where the facts tell of all there is, these are all that exist; elsewhere they are what an expression likely
offers, by what it is made of and by what people write there. The claim that would be made at the cursor is read off the
text with a mark in its place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from heapq import nlargest
from math import log1p
from operator import itemgetter

from jupyter_codecompose import likely
from jupyter_codecompose.brackets import scan
from jupyter_codecompose.chains import chains, keywords
from jupyter_codecompose.claims import Claim, claims
from jupyter_codecompose.evidence import Evidence
from jupyter_codecompose.leaves import BLOCKS, Leaf, leaves
from jupyter_codecompose.place import Place
from jupyter_codecompose.results import FRAME, GROUP, GROUPS, SERIES, Result
from model_server.habits import Link

MARK = "ꙮ"
MOST, LONGEST = 512, 256
GUESSED, FORMED, AS_USUAL, ENDED, UNLIKELY = 64, 16, 0.3, 0.01, 4.0
"""So many names are offered where nothing is proved; so many of the likeliest also as people go on, which is worth more
by so much where they mostly do, and by so little where that only ends the line; and with a keyword that is likelier by
so much, no argument that is given by its place."""
SIGNS = (
    (re.compile(r"\w\Z"), "="),
    (re.compile(r"[\w.\s(\[{,=+\-*/%<>:&|~]\Z|\A\Z"), ""),
    (re.compile(r'"[^"\n]*\Z'), '"]'),
    (re.compile(r"'[^'\n]*\Z"), "']"),
)
"""How a text ends in which a claim of some sort may be begun, and what would end it."""
LISTED = re.compile(r"\[\s*\[[^\[\]]*\Z")
IMPORTING = frozenset(("import", "from"))
NAMING = frozenset(("def", "class", "del", "global", "nonlocal", "@"))
"""What a statement begins with that tells of names in ways of its own."""
WRITTEN = {FRAME: "df", SERIES: "df[]", GROUPS: "groupby()", GROUP: "groupby()[]"}
"""How people mostly write what is of a kind."""
OWNER = re.compile(r"(\w*)\[+[\"']\Z")
OPENS = re.compile(rf"\s*(?:{'|'.join(BLOCKS)})\b")
"""What a line begins with that opens a block."""
STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
GROUPED = re.compile(r"(?<![\w)\]])\(")
"""A bracket that calls nothing."""
OF_GROUPS, OF_COLUMNS = re.compile(r"\)\[[^\]\n]*\]\.(\w+)\("), re.compile(r"^\w+\[[^\]\n]*\]\.(\w+)\(", re.MULTILINE)
"""What is asked of a column of groups, and of one that a statement begins with."""
ROOT = re.compile(r"\w+")


def allowed(place: Place, evidence: Evidence, *, read: bool = False) -> tuple[str, ...]:
    """What may follow the cursor, a column up to its closing quote and bracket; () where anything may.

    `read`: it is known that what comes is read, a name and no literal, and nothing is created.
    """
    ways = offered(place, evidence, read=read)
    return tuple(sorted(ways, key=lambda way: -ways[way])) if len(ways) <= MOST else ()


def offered(place: Place, evidence: Evidence, *, read: bool = False) -> dict[str, float]:
    """The ways to go on, and what each is worth: the log of how often people take it, about."""
    for sign, tail in SIGNS:
        if sign.search(place.begun[-LONGEST:]):
            row = leaves(place.begun + MARK + tail)
            if any(leaf.text in IMPORTING and leaf.statement == row[_marked(row)].statement for leaf in row):
                return {}
            ways = _proved(place, evidence, row, read=read) or _guessed(place, evidence, row)
            if ways:
                return ways
    return {}


def _proved(place: Place, evidence: Evidence, row: Sequence[Leaf], *, read: bool) -> dict[str, float]:
    """All that exists, where that is known."""
    for claim in claims(row):
        if claim.name.endswith(MARK) and _wanted(claim, place, read=read):
            around = place.around(row)
            known, typed = evidence.offered(claim, around), place.begun[claim.at + (claim.what == "member") :]
            at = _marked(row)
            match claim.what:
                case "member":
                    return _columns(place, evidence, row, at, known)
                case "attribute":
                    return _attributes(place, evidence, typed, known, evidence.result(place, row, at))
                case "keyword":
                    return _keywords(place, row, typed, known, evidence.names(around)) if known else {}
            return _rests(dict.fromkeys(known, 0.0), typed)
    return {}


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


def _guessed(place: Place, evidence: Evidence, row: Sequence[Leaf]) -> dict[str, float]:
    """What likely exists."""
    at = _marked(row)
    if not at or any(leaf.text in NAMING and leaf.statement == row[at].statement for leaf in row):
        return {}
    leaf, before = row[at], row[at - 1].text
    found = evidence.result(place, row, at)
    if leaf.sort == "string":
        known = found.members if found else ()
        return _columns(place, evidence, row, at, known or _written_keys(place, evidence, row, at))
    typed = place.begun[leaf.at :]
    if before == "." and leaf.sort == "name":
        if found and found.attributes and not found.method and not found.open:
            return _attributes(place, evidence, typed, found.attributes, found)
        return _usual(place, evidence, typed, found)
    link = likely.link(place.begun) if typed and before in ("(", ",") else None
    if link and link.what == "keyword":
        return _keywords(place, row, typed, likely.keyword_names(link.before), evidence.names(place.around(row)))
    return {}


def _written_keys(place: Place, evidence: Evidence, row: Sequence[Leaf], at: int) -> list[str]:
    """What the notebook has in quotes, the last first, where an attribute is asked for a key."""
    if at < 3 or row[at - 3].text != "." or row[at - 1].text != "[":
        return []
    return likely.words_in_quotes(evidence.texts(place))


def _marked(row: Sequence[Leaf]) -> int:
    """Where the mark is."""
    return next((at for at, leaf in enumerate(row) if MARK in leaf.text), 0)


def _usual(place: Place, evidence: Evidence, typed: str, found: Result | None) -> dict[str, float]:
    """Attributes of what is not known."""
    link = likely.link(place.begun)
    if link is None or link.what != "attribute":
        return {}
    link = _written(link, evidence, found)
    line = likely.Line(place.above + place.begun, typed)
    told = found is not None and not found.method and (found.open or bool(found.attributes))
    known = told or evidence.is_module(link.before)
    names = likely.usual(typed, link, evidence.texts(place), line, known=known)
    if found and not found.method:
        own = [name for name in found.attributes if name.startswith(typed)]
        names |= likely.attributes(own, link, found.attributes, line)
    likeliest = dict(nlargest(GUESSED, names.items(), key=itemgetter(1)))
    return _formed(likeliest, place, typed, link.before, evidence, found)


def _attributes(
    place: Place, evidence: Evidence, typed: str, known: Sequence[str], found: Result | None
) -> dict[str, float]:
    """The rests of attributes; none where a whole one has been typed."""
    names = [name for name in known if name.startswith(typed) and name.isidentifier()]
    link = likely.link(place.begun)
    if typed in names or link is None:
        return {}
    link = _written(link, evidence, found)
    line = likely.Line(place.above + place.begun, typed)
    worth = likely.attributes(names, link, known, line, found.dtype if found else "")
    return _formed(worth, place, typed, "" if evidence.is_module(link.before) else link.before, evidence, found)


def _formed(
    names: Mapping[str, float], place: Place, typed: str, before: str, evidence: Evidence, found: Result | None
) -> dict[str, float]:
    """The rests of names, and of the likeliest of them as people mostly go on: with nothing, with a call of nothing, or
    with any call."""
    ways, called, end = _rests(names, typed), f"(){_end(place, '()')}", _end(place)
    assigned = likely.assigned(place.begun.rpartition("\n")[2]) if end else ""
    for name in nlargest(FORMED, names, key=names.__getitem__) if before else ():
        rest = name[len(typed) :]
        if likely.bare(before, name) and evidence.callable_bare(found, name):
            ways[rest + called] = names[name] + AS_USUAL
        elif evidence.calls(found, name):
            ways[f"{rest}("] = names[name] + AS_USUAL
        elif assigned and assigned not in names and likely.is_attribute(assigned, name):
            ways[f"{rest}.{assigned}{end}"] = names[name] + AS_USUAL
        elif end and likely.last(before, name):
            ways[rest + end] = names[name] + (AS_USUAL if found else ENDED)
    return ways


def _end(place: Place, tail: str = "") -> str:
    """What ends the cursor's line behind a name and a `tail`: what closes its calls, and a newline. '' where something
    else likely follows: in other brackets, or behind what is neither called nor assigned."""
    above, _, line = place.begun.rpartition("\n")
    owed = scan(line + tail).stack
    if place.rest.strip() or scan(above).stack or OPENS.match(line) or owed.strip(")"):
        return ""
    if owed:
        return "" if GROUPED.search(STRING.sub('""', line)) else f"{owed}\n"
    return "\n" if tail.endswith(")") or likely.assigned(line) else ""


def _written(link: Link, evidence: Evidence, found: Result | None) -> Link:
    """The link, hung on what people would write."""
    if found and found.kind in WRITTEN and not found.method:
        return replace(link, before=WRITTEN[found.kind])
    root = ROOT.match(link.before)
    usual = likely.CALLED.get(evidence.type_of(root[0]), "") if root else ""
    return replace(link, before=usual + link.before[root.end() :]) if root and usual else link


def _rests(names: Mapping[str, float], typed: str) -> dict[str, float]:
    """The rests of names; none where a whole one has been typed."""
    if typed in names:
        return {}
    return {
        name[len(typed) :]: worth for name, worth in names.items() if name.startswith(typed) and name.isidentifier()
    }


def _columns(place: Place, evidence: Evidence, row: Sequence[Leaf], at: int, known: Sequence[str]) -> dict[str, float]:
    """The rests of columns; in a list of them, of those that are new in it. What stands there is not written again."""
    opening = row[at].at + 1
    before, typed = place.begun[:opening], place.begun[opening:]
    quote, listed = before[-1], LISTED.search(before)
    closing = "" if place.rest.startswith(quote) else quote if listed else f"{quote}]"
    earlier = listed[0] if listed else ""
    names = [
        name
        for name in known
        if name.startswith(typed) and _plain(name) and f'"{name}"' not in earlier and f"'{name}'" not in earlier
    ]
    found = evidence.result(place, row, at)
    dtypes = dict(zip(found.members, found.dtypes, strict=False)) if found else {}
    line, owner = likely.Line(place.above + place.begun, typed), OWNER.search(before)
    worth = likely.columns(names, dtypes, line, owner[1] if owner else "", numeric=bool(found and found.kind == GROUPS))
    ways = {name[len(typed) :] + closing: worth[name] for name in names}
    likeliest = nlargest(FORMED, names, key=worth.__getitem__)
    if found and closing.endswith("]") and row[at].depth == 1 and _asks(row, at, found):
        asked, end = _methods(row, at, line, evidence.texts(place)), _end(place, f"{closing}()")
        for name in likeliest:
            way = f"{name[len(typed) :]}{closing}.{asked(dtypes.get(name, ''))}(){end}"
            ways[way] = worth[name] + AS_USUAL
        return ways
    tail = f"{closing}]]" if listed else closing
    end = _end(place, tail) if not listed or "," in earlier else ""
    return ways | {name[len(typed) :] + tail + end: worth[name] + ENDED for name in likeliest if end}


def _asks(row: Sequence[Leaf], at: int, found: Result) -> bool:
    """Whether a column is hardly wanted by itself: one of groups, or one that a statement begins with."""
    return found.kind == GROUPS or (found.kind == FRAME and (at < 3 or row[at - 3].sort == "newline"))


def _methods(row: Sequence[Leaf], at: int, line: likely.Line, text: str) -> Callable[[str], str]:
    """What is most often asked with nothing of a column, by its dtype, above all in the notebook's own text."""
    grouped = at > 1 and row[at - 2].text == ")"
    link = Link("attribute", "groupby()[]" if grouped else "df[]", "", not grouped)
    own = Counter((OF_GROUPS if grouped else OF_COLUMNS).findall(text))

    @cache
    def asked(dtype: str) -> str:
        worth = likely.attributes(likely.ASKED, link, (), line, dtype or "float")
        return max(worth, key=lambda name: worth[name] + log1p(own[name]))

    return asked


def _keywords(
    place: Place, row: Sequence[Leaf], typed: str, known: Iterable[str], names: Sequence[str]
) -> dict[str, float]:
    """The rests of keywords that the call does not have yet, and of what may be an argument given by its place."""
    given = {leaf.text for leaf in _given(row)}
    link = likely.link(place.begun)
    new = [name for name in known if name.startswith(typed) and name not in given]
    if not new:
        return {}
    worth = likely.keywords(new, link.before if link else "")
    placed = [name for name in names if name.startswith(typed) and name != typed]
    least = max(worth.values()) - UNLIKELY
    ways = {name[len(typed) :]: 0.0 for name in placed if least <= 0}
    return ways | {name[len(typed) :] + "=": value for name, value in worth.items()}


def _given(row: Sequence[Leaf]) -> list[Leaf]:
    """The keywords of the call at the mark."""
    for chain in chains(row):
        for step in chain.steps:
            found = list(keywords(row, step)) if step.mark == "(" else []
            if any(MARK in leaf.text for leaf in found):
                return found
    return []


def _plain(member: str) -> bool:
    """Whether a member is written in a literal as it is."""
    return len(member) <= LONGEST and member.isprintable() and not set(member) & set("\"'\\")
