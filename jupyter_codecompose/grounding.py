"""What the kernel's facts say about the cursor: which continuations exist at all.

Pure. Where the cursor stands in the string of a column or key of a known name, only its real columns or keys can
follow, and the worker picks the likeliest of these. Where nothing is known, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from model_server.wire import Fact

SUBSCRIPT = re.compile(
    r"""
    (?<![\w.])(?P<name>[^\W\d]\w*)          # a plain name,
    \[\s*(?P<earlier>\[?(?:\s*(?:"[^"\\\n]*"|'[^'\\\n]*')\s*,)*)\s*  # a bracket, or two and some columns already
    (?P<quote>["'])(?P<typed>[^"'\\\n]*)\Z    # and the beginning of a string
    """,
    re.VERBOSE,
)
MOST = 512
LONGEST = 256


def allowed(left: str, facts: Sequence[Fact]) -> tuple[str, ...]:
    """What may follow the text `left` of the cursor, each up to its closing quote and bracket; () where anything may.

    Where the name is known but no member begins as typed, anything may follow: it may be about to be created.
    """
    found = SUBSCRIPT.search(left[-2000:])
    if found is None:
        return ()
    quote, typed, earlier = found["quote"], found["typed"], found["earlier"]
    members = [member for fact in facts if fact.name == found["name"] for member in fact.members]
    new = [member for member in members if not any(f"{q}{member}{q}" in earlier for q in "\"'")]
    closing = quote if earlier else f"{quote}]"
    rests = [member[len(typed) :] + closing for member in new if member.startswith(typed) and _plain(member)]
    return tuple(dict.fromkeys(rests))[:MOST]


def _plain(member: str) -> bool:
    """Whether a member is written in a literal as it is."""
    return len(member) <= LONGEST and member.isprintable() and not set(member) & set("\"'\\")
