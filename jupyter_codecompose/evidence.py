"""What the kernel's facts prove at a place of a notebook, once all is set aside that text which has not run may change.

Pure. A name that any cell binds is known; a value that the cell at hand, or a changed cell above it, may have replaced
or added to is not. Not covered: functions that change what they are not given.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from msgspec.structs import replace as replace_struct

from jupyter_codecompose import likely
from jupyter_codecompose.claims import Claim
from jupyter_codecompose.effects import WILD, Effect, effects
from jupyter_codecompose.facts import Namespace, Variable
from jupyter_codecompose.leaves import Leaf
from jupyter_codecompose.notebook import Notebook, Part
from jupyter_codecompose.place import Around, Place
from jupyter_codecompose.results import Result, Results, bindings, bindings_of
from jupyter_codecompose.things import Thing, has_no_member

MOST_STALE = 64
NEAR, MOST_NEAR = 12, 20_000
"""Cells above, and characters of them, in which the names are looked for that are likely used again."""
UNCHANGING = frozenset(
    [
        "module",
        "type",
        "function",
        "builtin_function_or_method",
        "str",
        "bytes",
        "int",
        "float",
        "bool",
        "tuple",
        "range",
    ]
)
STEADY = ("pandas", "polars", "numpy", "matplotlib", "plotly", "seaborn", "datetime", "re", "builtins")
"""Packages whose methods give an object no new public names, but for those that `CHANGING` lists."""
CHANGING = frozenset(
    (
        *("inplace", "insert", "pop", "popitem", "update", "setdefault", "clear", "eval", "drop_in_place"),
        *("insert_column", "replace_column", "extend", "set_axis"),
    )
)
USES = ("called", "passed")
"""What leaves the methods of an object as they are, whatever else it does to it."""
ABSENT = "no_such_attribute"
"""If even this is not known to be absent, nothing is."""


class Evidence:
    """The facts, and the texts around the cursor that speak against them."""

    def __init__(self, namespace: Namespace, notebook: Notebook) -> None:
        self.namespace = namespace
        self._notebook = notebook
        stale = [part for part in notebook.above if part.stale][-MOST_STALE:]
        self._stale = [part for part in stale if part.cell.kind == "code"]

    def refutes(self, claim: Claim, around: Around) -> bool:
        """Whether what is claimed does not exist; `around` is what the cell itself does."""
        if claim.what == "name":
            return self.namespace.lacks(claim.name) and not self._bound(claim, around)
        thing = self._thing(claim, around)
        if thing is None:
            return False
        if claim.what == "keyword":
            taken = self._keywords(thing)
            return taken is not None and claim.name not in taken
        if claim.what == "member" and has_no_member(thing, claim.name):
            return True
        if thing.called:
            return False
        if claim.what == "member":
            return thing.variable is not None and thing.variable.lacks(claim.name)
        return self._lacks(thing, claim.name)

    def knows(self, claim: Claim, around: Around) -> bool:
        """Whether it is known what something is claimed of; also where any text may change that."""
        thing = self._thing(claim, around)
        return (thing is not None and not thing.called) or around.wild or any(map(_wild, self._stale))

    def lacked(self, claim: Claim, around: Around) -> bool:
        """Whether there was no such attribute before a thing was used."""
        thing = self._thing(claim, around, used=True)
        return thing is not None and not thing.called and self._lacks(thing, claim.name)

    def is_function(self, claim: Claim, around: Around) -> bool:
        """Whether something is asked of what is a plain function, by its name and by all that is known of it."""
        thing = self._thing(claim, around, used=True)
        if thing is None or thing.kind is None or not thing.called.islower():
            return False
        kind = thing.kind
        return thing.called in kind.parameters or (
            thing.called in kind.unsubscriptable and not likely.has_attributes(thing.called)
        )

    def is_part(self, path: Sequence[str]) -> bool:
        """Whether a path is that of something in a package."""
        return len(path) > 1 and self.type_of(path[0]) == "module" and all(map(str.isidentifier, path))

    def has_parts(self, claim: Claim, around: Around) -> bool:
        """Whether what something is claimed of may have other attributes, or is known and has other keys."""
        if claim.what != "member":
            return not (claim.what == "attribute" and self.is_function(claim, around))
        thing = self._thing(claim, around)
        return thing is not None and not thing.called and not has_no_member(thing, claim.name)

    def offered(self, claim: Claim, around: Around) -> tuple[str, ...]:
        """All that could be claimed in the place of a claim; () where that is not known."""
        if claim.what == "name":
            return self.names(around)
        thing = self._thing(claim, around)
        if thing is None:
            return ()
        if claim.what == "keyword":
            return self._keywords(thing) or ()
        if thing.called:
            return ()
        if claim.what == "member":
            return thing.variable.members if thing.variable and thing.variable.complete else ()
        return self._attributes(thing) if self._lacks(thing, ABSENT) else ()

    def names(self, around: Around) -> tuple[str, ...]:
        names = (variable.name for variable in self.namespace.variables)
        return tuple(dict.fromkeys((*names, *sorted(around.binds)))) if self.namespace.complete else ()

    def result(self, place: Place, row: Sequence[Leaf], at: int, around: Around | None = None) -> Result | None:
        """What a name or literal in a statement is likely asked of, whether or not that has run."""
        around = around or place.around(row)
        if around.wild or any(map(_wild, self._stale)):
            return None
        stale = [part.cell.text for part in reversed(self._stale[-NEAR:])]
        earlier = (*reversed(place.passages), *stale)
        texts = (bindings_of(row, row[at].statement), *map(bindings, earlier))
        found = (*(effect for text in stale for effect in effects(text).effects), *around.above.effects)
        made = {name for text in texts for name in text.sources}
        lost = {effect.name for effect in found if self._loses(effect, made)}
        return Results(self.namespace, texts, lost).before(row, at)

    def _loses(self, effect: Effect, made: Collection[str]) -> bool:
        """Whether a name hardly stands for what it did; one that is `made` of others is followed to them."""
        variable = self.namespace.variable(effect.name)
        if effect.how == "bound":
            return effect.name not in made
        if effect.how == "called":
            return effect.detail in CHANGING
        return effect.how != "passed" and variable is not None and self._spoils(effect, variable)

    def texts(self, place: Place) -> str:
        """The code near the cursor."""
        near = [part.cell.text for part in self._notebook.above[-NEAR:] if part.cell.kind == "code"]
        return "\n".join((*near, place.above, place.begun))[-MOST_NEAR:]

    def type_of(self, name: str) -> str:
        """The bare type of what a name stands for; '' where that is not known."""
        variable = self.namespace.variable(name)
        return variable.type if variable else ""

    def calls(self, found: Result | None, name: str) -> bool:
        """Whether an attribute is known to be a plain function."""
        kind = self.namespace.kind(found.kind) if found and not found.method and not found.made else None
        return kind is not None and name in kind.parameters

    def callable_bare(self, found: Result | None, name: str) -> bool:
        """Whether an attribute may be called with nothing, as far as is known; of what the user wrote, it is known."""
        kind = self.namespace.kind(found.kind) if found and not found.method else None
        if kind is None or not kind.parameters:
            return True
        return not kind.parameters.get(name, ("",)) if kind.name.startswith("__main__") else name in kind.parameters

    def is_module(self, name: str) -> bool:
        """Whether a name, or the last part of a path, is that of a module."""
        return self.type_of(name) == "module" or any(name in kind.modules for kind in self.namespace.kinds)

    def _bound(self, claim: Claim, around: Around) -> bool:
        """Whether any cell gives a name a value; outside of blocks, what is a function's own does not count."""
        name = claim.name
        seen = around.above.leaves_behind | around.below.leaves_behind if claim.top else around.binds
        if around.wild or name in seen or name in around.here.binds:
            return True
        parts = (*self._notebook.above, *self._notebook.below)
        likely = [part.cell.text for part in parts if name in part.names.words and part.cell.kind == "code"]
        return any(name in effects(text).leaves_behind for text in likely) or any(map(_wild, self._stale))

    def _thing(self, claim: Claim, around: Around, *, used: bool = False) -> Thing | None:
        """What a claim is made of, as it is by then; None where nobody knows. `used`: as if what is done with a thing
        left it as it is."""
        variable = self.namespace.variable(claim.path[0])
        if variable is None or around.wild or any(map(_wild, self._stale)):
            return None
        changed = self._changed(variable, claim, around, used=used or claim.what == "keyword")
        if changed is None:
            return None
        thing = Thing(changed, self.namespace.kind_of(changed))
        for link in claim.path[1:]:
            following = None if thing.called else self._following(thing, link)
            if following is None:
                return None
            thing = following
        return thing

    def _following(self, thing: Thing, link: str) -> Thing | None:
        """What an attribute of a thing is, or what is under a key of it; None where nobody knows."""
        if link in ("()", "[]"):
            return None
        attribute = not link.startswith("[")
        name = link if attribute else link[1:-1]
        table = thing.variable if thing.variable and (thing.variable.dotted or not attribute) else None
        if table and not (attribute and thing.kind and name in thing.kind.attributes):
            column = self.namespace.item_of(table, name)
            if column or not attribute:
                return Thing(None, column, column=True) if column else None
        if not attribute:
            return None
        part = thing.kind.modules.get(name, "") if thing.kind else ""
        return Thing(None, self.namespace.kind(part)) if part else replace(thing, called=name)

    def _changed(self, variable: Variable, claim: Claim, around: Around, *, used: bool) -> Variable | None:
        """A variable as the texts leave it that will have run before a claim is looked at; `used`: whatever does not
        bind it anew or give it other parts leaves it as it is."""
        texts = [effects(part.cell.text) for part in self._stale if variable.name in part.names.words]
        earlier = [effect for text in texts for effect in text.effects]
        for effect in (*earlier, *around.before(claim)):
            if effect.name in ("", variable.name):
                if self._spoils(effect, variable) and not (used and effect.how in USES):
                    return None
                if effect.how == "given":
                    members, own = (*variable.members, effect.detail), (*variable.own, effect.detail)
                    variable = replace_struct(variable, members=members, own=own)
        return variable

    def _spoils(self, effect: Effect, variable: Variable) -> bool:
        """Whether a variable may be anything after an effect."""
        if effect.how == "bound" or effect.how == "changed":
            return True
        if effect.how == "given":
            kind = self.namespace.kind_of(variable)
            return kind is not None and effect.detail in kind.attributes
        if variable.type in UNCHANGING:
            return False
        steady = variable.module.partition(".")[0] in STEADY or variable.module == ""
        if effect.how == "called":
            return not steady or effect.detail in CHANGING
        return not (steady and self._library(effect.detail))

    def _library(self, name: str) -> bool:
        """Whether a call by this name is one of a library or a builtin, which change nothing they are given."""
        variable = self.namespace.variable(name)
        if variable is None:
            builtins = self.namespace.kind("builtins")
            return builtins is not None and name in builtins.attributes
        return variable.module.partition(".")[0] not in ("", "__main__")

    def _lacks(self, thing: Thing, attribute: str) -> bool:
        """Whether there is, for certain, no such attribute."""
        if thing.variable is not None:
            return self.namespace.lacks_attribute(thing.variable, attribute)
        return thing.kind is not None and thing.kind.lacks(attribute)

    def _attributes(self, thing: Thing) -> tuple[str, ...]:
        if thing.variable is not None:
            return self.namespace.attributes(thing.variable)
        return thing.kind.attributes if thing.kind else ()

    def _keywords(self, thing: Thing) -> tuple[str, ...] | None:
        if thing.variable is not None:
            return self.namespace.keywords(thing.variable, thing.called)
        return thing.kind.parameters.get(thing.called) if thing.kind else None


def _wild(part: Part) -> bool:
    """Whether a cell may do anything; most show at once that they do not."""
    text = part.cell.text
    suspect = "*" in text or "%" in text or not part.names.words.isdisjoint(WILD)
    return suspect and effects(text).wild
