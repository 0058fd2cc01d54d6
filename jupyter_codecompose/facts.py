"""What is known of a kernel's names, and what follows from it. Names and types only: a value never gets here.

Pure. It does not know where this comes from. Absence is proved only where a kernel has told of all there is; where
anything else could be found at run time, nothing is.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

import msgspec
from msgspec import Meta

from model_server.wire import Fact

LONGEST = 256
"""The most characters of a name that a kernel tells of."""
MOST_FACTS, MOST_MEMBERS, WIDEST, CHARACTERS = 200, 60, 80, 16_000
"""What a model reads: so many names, members of each, characters of one, and characters in all."""

Name = Annotated[str, Meta(max_length=512)]
Names = Annotated[tuple[Name, ...], Meta(max_length=4096)]
Calls = dict[Name, Names]


class Variable(msgspec.Struct, frozen=True):
    """One name. `type` is its value's bare type (`DataFrame`, `function`, `module`, `type` of a class, …), `module`
    where that (or the function, class or module itself) comes from, `kind` the name of the `Kind` of what it offers.

    `members` are the columns of a frame with their `dtypes`, the string keys of a small dict, or the fields of an
    array; they are all if `complete`, and attributes too if `dotted`. `index` names the levels of a frame's index, or
    an xarray object's dimensions; `shape` and `dtype` are those of an array, a tensor or a table. `item` is the name of
    the `Kind` that each column is of, taken by a subscript, or by a dot where `dotted`. `signature` is
    `(a, b=…)` of a function or class, `parameters` what a function takes as keywords, None where that is not known.
    `own` are the public names in the instance's own dict, `parts` name the `Kind`s of the tables and arrays among them;
    `open`: there may be more than its kind's and these.
    """

    name: Name
    type: Name = ""
    module: Name = ""
    kind: Name = ""
    members: Names = ()
    dtypes: Names = ()
    complete: bool = True
    dotted: bool = False
    index: Names = ()
    dtype: Name = ""
    shape: tuple[int, ...] = ()
    signature: Name = ""
    parameters: Names | None = None
    own: Names = ()
    open: bool = False
    item: Name = ""
    parts: dict[Name, Name] = {}

    def lacks(self, member: str) -> bool:
        """Whether there is, for certain, no such column, key or field."""
        return self.complete and _tellable(member) and member not in self.members


class Kind(msgspec.Struct, frozen=True):
    """What the values of a type offer, or a class itself (`type[…]`), or a module: its public `attributes`; more may
    exist where it is `open`. `parameters` are what those of them that are plain functions take as keywords, and under
    `__call__` what the thing itself takes; of those that take no known keywords, `unsubscriptable` are the classes,
    functions and numbers that nothing can be subscribed from; nor can anything from the thing itself unless it is
    `subscriptable`. `modules` names the kinds of a package's parts, whose own
    parts are told of in the same way. The names that `probe.kinds.USUAL` lists, such as `pandas.Series`, hold in every
    version."""

    name: Name
    attributes: Names
    open: bool
    parameters: Calls = {}
    modules: dict[Name, Name] = {}
    unsubscriptable: Names = ()
    subscriptable: bool = True

    def lacks(self, attribute: str) -> bool:
        """Whether there is, for certain, no such attribute."""
        return not self.open and _public(attribute) and attribute not in self.attributes

    def has_no_members(self, attribute: str) -> bool:
        """Whether, for certain, nothing can be subscribed from an attribute by a string."""
        return attribute in self.parameters or attribute in self.unsubscriptable


class Namespace(msgspec.Struct, frozen=True, dict=True):
    """All that is known of a kernel. `variables` stand as they were bound, the newest last; `complete`: they are all of
    the public names that the user has bound. `hidden` are the shell's own names, as `In` and `exit`."""

    variables: tuple[Variable, ...] = ()
    kinds: tuple[Kind, ...] = ()
    complete: bool = False
    hidden: Names = ()

    def variable(self, name: str) -> Variable | None:
        """What is known of a name."""
        return self._variables.get(name)

    def kind(self, name: str) -> Kind | None:
        """What is offered under a kind's name."""
        return self._kinds.get(name)

    def kind_of(self, variable: Variable) -> Kind | None:
        """What a variable's type offers, or the class or module that it is."""
        return self._kinds.get(variable.kind)

    def item_of(self, variable: Variable, member: str) -> Kind | None:
        """What a column of a frame offers; None where that is not known."""
        return self._kinds.get(variable.item) if member in variable.members else None

    def lacks(self, name: str) -> bool:
        """Whether there is, for certain, neither a variable nor a builtin of this name."""
        builtins = self._kinds.get("builtins")
        if not self.complete or builtins is None or not builtins.lacks(name):
            return False
        return name not in self._variables and name not in self.hidden

    @cached_property
    def all_attributes(self) -> frozenset[str]:
        """What anything offers that it tells of."""
        return frozenset(name for kind in self.kinds for name in kind.attributes)

    def attributes(self, variable: Variable) -> tuple[str, ...]:
        """The public names that are known to stand after a variable's dot."""
        kind = self.kind_of(variable)
        dotted = [member for member in variable.members if _public(member)] if variable.dotted else []
        return tuple(dict.fromkeys((*dotted, *variable.own, *(kind.attributes if kind else ()))))

    def lacks_attribute(self, variable: Variable, attribute: str) -> bool:
        """Whether there is, for certain, no such attribute of a variable."""
        kind = self.kind_of(variable)
        if variable.open or kind is None or not kind.lacks(attribute):
            return False
        return attribute not in variable.own and not (variable.dotted and attribute in variable.members)

    def keywords(self, variable: Variable, attribute: str = "") -> tuple[str, ...] | None:
        """What a call of a variable, or of its `attribute`, takes as keywords; None where that is not known."""
        if not attribute and variable.parameters is not None:
            return variable.parameters
        kind = self.kind_of(variable)
        if kind is None or attribute in variable.own:
            return None
        return kind.parameters.get(attribute or "__call__")

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """What a model may read of it: names that are more than numbers first of all, and the newest of the others."""
        short = [at for at, variable in enumerate(self.variables) if len(variable.name) <= WIDEST]
        ranked = sorted(short, key=lambda at: (_is_plain(self.variables[at]), -at))
        room, kept = CHARACTERS, []
        for at in ranked[:MOST_FACTS]:
            fact = _fact(self.variables[at])
            room -= sum(map(len, fact.members)) + len(fact.name) + len(fact.signature) + 20
            if room < 0:
                break
            kept.append((at, fact))
        return tuple(fact for _, fact in sorted(kept))

    @cached_property
    def _variables(self) -> dict[str, Variable]:
        return {variable.name: variable for variable in self.variables}

    @cached_property
    def _kinds(self) -> dict[str, Kind]:
        return {kind.name: kind for kind in self.kinds}


def _fact(variable: Variable) -> Fact:
    members = tuple(member for member in variable.members[:MOST_MEMBERS] if len(member) <= WIDEST)
    return Fact(variable.name, variable.type, variable.module, members, variable.signature)


def _is_plain(variable: Variable) -> bool:
    return variable.module == "builtins" and not variable.members


def _tellable(name: str) -> bool:
    return 0 < len(name) <= LONGEST and name.isprintable()


def _public(name: str) -> bool:
    return _tellable(name) and name[0] != "_" and name.isidentifier()
