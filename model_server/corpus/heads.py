"""Frames as they were printed: which name a cell shows last, and the columns that its output gives it.

A column's name ends where its values end, since pandas aligns both to the right; that tells two names with one space
between them from one name with a space in it. Where the rows do not agree, the name is left out. What a name refers to
is not known here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

VIEWS = {"head", "tail", "sample"}
LISTS = {"tolist", "to_list"}
KEEPING = {"copy", "dropna", "fillna", "sort_values", "sort_index", "drop_duplicates", "query", "reset_index", *VIEWS}
FIELD = re.compile(r"\S+(?: \S+)*")
LISTED = re.compile(r"(?:Index\(|array\()?\[(?=['\"])")
QUOTED = re.compile(r"\s*(?:'([^'\n]{1,64})'|\"([^\"\n]{1,64})\")\s*[,\]]")
LONGEST_NAME = 64


def shown(tree: ast.Module, output: str) -> tuple[str, tuple[str, ...]]:
    """The name that a cell shows last, and the columns that its output gives it; no columns where it shows no frame."""
    last = tree.body[-1] if tree.body else None
    value = last.value if isinstance(last, ast.Expr) else ast.Constant(None)
    match value:
        case ast.Call(func=ast.Name(id="print" | "display"), args=[printed]):
            value = printed
    match value:
        case ast.Name(id=name):
            return name, frame(output)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=called)) if called in VIEWS:
            return name, frame(output)
        case _:
            return lister(value), listed(output)


def lister(value: ast.expr) -> str:
    """`df` of `df.columns`, `list(df.columns)`, `df.columns.tolist()` or `df.columns.values`; else empty."""
    match value:
        case ast.Attribute(value=ast.Name(id=name), attr="columns"):
            return name
        case ast.Call(func=ast.Name(id="list"), args=[inner]) | ast.Attribute(value=inner, attr="values"):
            return lister(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr=called)) if called in LISTS:
            return lister(inner)
        case _:
            return ""


def changed(tree: ast.Module) -> set[str]:
    """Names whose columns may be others after a cell: bound anew, or changed in place."""
    return {name for node in ast.walk(tree) for name in changes(node)}


def changes(node: ast.AST) -> Iterator[str]:
    """The names that one node changes."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if keeps(name, value):
            return
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            for target in targets:
                yield from bound(target)
        case ast.AnnAssign(target=target) | ast.For(target=target) | ast.NamedExpr(target=target):
            yield from bound(target)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="pop")):
            yield name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name)), keywords=keywords):
            if any(keyword.arg == "inplace" for keyword in keywords):
                yield name


def keeps(name: str, value: ast.expr) -> bool:
    """Whether a value is made of the name's own by calls that keep its columns."""
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in KEEPING:
        value = value.func.value
    return isinstance(value, ast.Name) and value.id == name


def bound(target: ast.expr) -> Iterator[str]:
    """The names that a target binds, deletes from, or gives other columns."""
    match target:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name), attr="columns"):
            yield name
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Del()):
            yield name
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from bound(element)


def frame(output: str) -> tuple[str, ...]:
    """The columns of a frame's text, in order; none where the output does not begin with one."""
    first, _, below = output.partition("\n")
    lines = below.split("\n")
    wrapped, first = first.endswith("\\"), first.rstrip(" \\")
    named = bool(first) and names_the_index(lines[0], first)
    rows = list(rows_under(first, lines[named:]))
    if not first.startswith("  ") or not (rows or named) or (wrapped and lines[0][:1].isspace()):
        return ()
    names = (name for field in FIELD.finditer(first) for name in split(field, rows))
    return kept(name for name in names if not name.isdigit() and not name.endswith("..."))


def listed(output: str) -> tuple[str, ...]:
    """The strings of an index or a list, as far as the output shows it."""
    opening, names = LISTED.match(output), []
    at = opening.end() if opening else len(output)
    while found := QUOTED.match(output, at):
        names.append(found[1] or found[2])
        at = found.end()
    return kept(names)


def kept(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, without those that are too long."""
    return tuple(dict.fromkeys(name for name in names if len(name) <= LONGEST_NAME))


def names_the_index(line: str, first: str) -> bool:
    """Whether a line under the header has nothing but the index' name, padded to the header's length."""
    margin = len(first) - len(first.lstrip())
    return not line[:1].isspace() and 0 < len(line.rstrip()) <= margin and len(line) >= len(first)


def rows_under(first: str, lines: Sequence[str]) -> Iterator[str]:
    """The rows whose values end where the columns do, as far as each goes; the last one may have been cut off."""
    ends = [field.end() for field in FIELD.finditer(first)]
    for line in lines:
        within = [end for end in ends if end <= len(line)]
        if not within or line[0].isspace() or not all(ends_at(line, end) for end in within):
            return
        yield line


def ends_at(row: str, end: int) -> bool:
    """Whether a value of a row ends at a column."""
    return not row[end - 1].isspace() and row[end : end + 1] in ("", " ")


def split(field: re.Match[str], rows: Sequence[str]) -> Iterator[str]:
    """The names in a piece of the header without two spaces in a row: one, or those that all rows tell apart."""
    verdicts = {at: {ends_at(row, at) for row in rows if at < len(row)} for at in spaces(field)}
    if any(len(verdict) != 1 for verdict in verdicts.values()):
        return
    start = field.start()
    for at in (*(at for at, verdict in verdicts.items() if verdict == {True}), field.end()):
        yield field.string[start:at]
        start = at + 1


def spaces(field: re.Match[str]) -> list[int]:
    """Where a piece of the header has a space."""
    return [at for at in range(*field.span()) if field.string[at] == " "]
