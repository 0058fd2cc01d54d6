"""What hardly exists, where nothing is proved: asked of what a call gives, of an attribute or a part of a package that
the kernel does not tell of, or of what has been used since.

Pure. Right names are rarely lost by it: a name passes if what the thing likely is has it, or if documents or the
notebook have it at such a place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from jupyter_codecompose import likely
from jupyter_codecompose.claims import Claim
from jupyter_codecompose.evidence import Evidence
from jupyter_codecompose.leaves import Leaf
from jupyter_codecompose.place import Around, Place
from jupyter_codecompose.results import GROUP, SERIES, SLICES, Result


def doubted(claim: Claim, evidence: Evidence, place: Place, row: Sequence[Leaf], around: Around) -> bool:
    """Whether what is claimed in some leaves hardly exists; never so of what is known as it is."""
    if claim.what not in ("attribute", "member") or evidence.knows(claim, around):
        return False
    text = evidence.texts(place) + " ".join(leaf.text for leaf in row if leaf.at < claim.at)
    if len(claim.path) < 2 and claim.path[0] != "(":
        return claim.what == "attribute" and evidence.lacked(claim, around) and _unwritten(claim, evidence, text)
    at = next(at for at, leaf in enumerate(row) if leaf.at == claim.at)
    found = evidence.result(place, row, at, around)
    found = None if found and found.method else found
    if claim.what == "member":
        return _unlikely_member(claim, evidence, found, text)
    if evidence.is_function(claim, around):
        return not likely.is_attribute(claim.name, claim.path[-1]) and not _follows(claim.name, text, claim.path[-1])
    if found and found.attributes and not found.open:
        return claim.name not in _offered(evidence, found) and not _is_own(claim.name, evidence, text)
    return _unwritten(claim, evidence, text)


def _unlikely_member(claim: Claim, evidence: Evidence, found: Result | None, text: str) -> bool:
    """Whether a key is asked of a table that has other columns, or of what a call gives, and nothing like it is read
    from anything but what is known."""
    if found and found.members:
        return claim.name not in found.members and claim.name not in text
    if claim.path[-1] != "()":
        return False
    if found and found.kind in (SERIES, GROUP):
        return True
    elsewhere = any(claim.name in variable.members for variable in evidence.namespace.variables)
    return elsewhere or not (f'["{claim.name}"]' in text or f"['{claim.name}']" in text)


def _unwritten(claim: Claim, evidence: Evidence, text: str) -> bool:
    """Whether nothing known has an attribute, and neither documents nor the notebook; of a part of a package, which
    offers nothing that is the user's, whether these do not have it there."""
    part = claim.path[-1] if evidence.is_part(claim.path) else ""
    if likely.is_written(claim.name, part) or _follows(claim.name, text, part):
        return False
    return bool(part) or claim.name not in evidence.namespace.all_attributes


def _offered(evidence: Evidence, found: Result) -> Collection[str]:
    """What a kind offers, and what a slice of it may be, and its columns."""
    kinds = map(evidence.namespace.kind, next((pair for pair in SLICES if found.kind in pair), ()))
    return {*found.attributes, *found.members, *(name for kind in kinds if kind for name in kind.attributes)}


def _is_own(name: str, evidence: Evidence, text: str) -> bool:
    """Whether a name is likely one of the user's, as a new column."""
    return _follows(name, text) and name not in evidence.namespace.all_attributes


def _follows(name: str, text: str, owner: str = "") -> bool:
    """Whether a text has a name after a dot."""
    return re.search(rf"{owner}\.{name}\b", text) is not None
