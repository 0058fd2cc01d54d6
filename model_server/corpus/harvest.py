"""The facts that a kernel would have had, read from a notebook's own code.

A corpus has no live kernels, so what the running product asks of one (names, types, columns, signatures) is inferred
here from assignments, imports, definitions and string subscripts, and from the heads of frames among the outputs, and
given to the model in the same text form. It is an approximation on purpose: what cannot be told is left out.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from model_server.corpus.heads import changed, shown
from model_server.wire import Fact

FRAME_CALLS = {"read_csv", "read_excel", "read_parquet", "read_json", "read_table", "read_sql", "DataFrame"}
FRAME_METHODS = {"copy", "drop", "dropna", "fillna", "merge", "head", "tail", "sample", "sort_values", "reset_index"}
FRAME_METHODS |= {"set_index", "rename", "query", "assign", "join", "groupby", "pivot_table", "drop_duplicates"}
ARRAY_CALLS = {"array", "zeros", "ones", "arange", "linspace", "eye", "full", "empty", "rand", "randn", "normal"}
SIMPLE_CALLS = {"list", "dict", "set", "tuple", "str", "int", "float", "len", "open", "sorted", "range"}
RESULT_OF = {"len": "int", "sorted": "list", "open": "TextIOWrapper"}
MOST_MEMBERS = 24


def parse(source: str) -> ast.Module | None:
    """The tree of a cell, with its magics and shell lines blanked; None where it does not parse."""
    lines = ["" if line.lstrip().startswith(("%", "!", "?")) else line for line in source.split("\n")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def default_text(node: ast.expr) -> str:
    """A default value as a signature shows it: short literals as they are, anything else as `…`."""
    if isinstance(node, ast.Constant) and len(repr(node.value)) <= 16:
        return repr(node.value)
    return "…"


def signature(arguments: ast.arguments, *, skip_first: bool = False) -> str:
    """`(a, b=1, *args, c, **kwargs)` of a definition."""
    plain = arguments.posonlyargs + arguments.args
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    shown = [a.arg if d is None else f"{a.arg}={default_text(d)}" for a, d in zip(plain, defaults, strict=True)]
    shown = shown[1:] if skip_first else shown
    if arguments.vararg:
        shown.append(f"*{arguments.vararg.arg}")
    elif arguments.kwonlyargs:
        shown.append("*")
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        shown.append(argument.arg if default is None else f"{argument.arg}={default_text(default)}")
    if arguments.kwarg:
        shown.append(f"**{arguments.kwarg.arg}")
    return f"({', '.join(shown)})"


@dataclass
class Namespace:
    """Names bound so far, newest definition last, as a kernel would list them."""

    facts: dict[str, Fact] = field(default_factory=dict)
    printed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def run(self, tree: ast.Module, output: str = "") -> None:
        """Bind what the top level of a cell binds, and learn the columns of the frame that it prints at its end."""
        for node in tree.body:
            self._statement(node)
        for name in changed(tree):
            self.printed.pop(name, None)
        name, columns = shown(tree, output)
        if columns:
            self.printed[name] = columns
            if name not in self.facts or self.facts[name].type != "DataFrame":
                self._bind(Fact(name, "DataFrame"))

    def _bind(self, fact: Fact) -> None:
        self.facts.pop(fact.name, None)
        self.facts[fact.name] = fact

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    self._bind(Fact(bound, "module", alias.name if alias.asname else bound))
            case ast.ImportFrom(names=names, module=module):
                for alias in names:
                    kind = "type" if alias.name[:1].isupper() else "function"
                    self._bind(Fact(alias.asname or alias.name, kind, module or ""))
            case ast.FunctionDef(name=name, args=args) | ast.AsyncFunctionDef(name=name, args=args):
                self._bind(Fact(name, "function", "__main__", signature=signature(args)))
            case ast.ClassDef(name=name, body=body):
                inits = [f for f in body if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
                shown = signature(inits[0].args, skip_first=True) if inits else ""
                self._bind(Fact(name, "type", "__main__", signature=shown))
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._value(name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self._value(name, value)
            case ast.With(body=body) | ast.For(body=body) | ast.If(body=body) | ast.Try(body=body):
                for inner in body:
                    self._statement(inner)
            case _:
                pass

    def _value(self, name: str, value: ast.expr) -> None:
        if found := self._type(value):
            self._bind(Fact(name, found, members=string_keys(value)))

    def _type(self, value: ast.expr) -> str:
        match value:
            case ast.Constant(value=constant):
                return type(constant).__name__ if constant is not None else ""
            case ast.List() | ast.ListComp():
                return "list"
            case ast.Dict() | ast.DictComp():
                return "dict"
            case ast.Tuple():
                return "tuple"
            case ast.Set() | ast.SetComp():
                return "set"
            case ast.JoinedStr():
                return "str"
            case ast.Name(id=other):
                return self._known(other)
            case ast.Subscript(value=ast.Name(id=other), slice=index) if self._known(other) == "DataFrame":
                return "Series" if isinstance(index, ast.Constant) else "DataFrame"
            case ast.Call(func=func):
                return self._result(func)
            case _:
                return ""

    def _result(self, func: ast.expr) -> str:
        match func:
            case ast.Name(id=called) if called in SIMPLE_CALLS:
                return RESULT_OF.get(called, called)
            case ast.Attribute(attr=called) | ast.Name(id=called) if called in FRAME_CALLS:
                return "DataFrame"
            case ast.Attribute(value=ast.Name(id=owner), attr=called) if self._known(owner) == "DataFrame":
                return "DataFrame" if called in FRAME_METHODS else ""
            case ast.Attribute(attr=called) if called in ARRAY_CALLS:
                return "ndarray"
            case ast.Attribute(value=inner, attr="fit"):
                return self._type(inner)
            case ast.Attribute(attr=called) | ast.Name(id=called) if called[:1].isupper() and not called.isupper():
                return called
            case _:
                return ""

    def _known(self, name: str) -> str:
        fact = self.facts.get(name)
        return fact.type if fact and fact.type not in ("module", "function", "type") else ""


def string_keys(value: ast.expr) -> tuple[str, ...]:
    """The literal string keys of a dict display."""
    if not isinstance(value, ast.Dict):
        return ()
    keys = [key.value for key in value.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    return tuple(dict.fromkeys(key for key in keys if 0 < len(key) <= 64))[:MOST_MEMBERS]


def subscripts(trees: Iterable[ast.Module | None]) -> dict[str, dict[str, int]]:
    """For each name, the literal string subscripts taken of it, and the number of the tree that first did."""
    found: dict[str, dict[str, int]] = {}
    for number, tree in enumerate(trees):
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
                literals = node.slice.elts if isinstance(node.slice, ast.List) else [node.slice]
                for literal in literals:
                    if isinstance(literal, ast.Constant) and isinstance(literal.value, str) and literal.value:
                        stored = isinstance(node.ctx, ast.Store)
                        found.setdefault(node.value.id, {}).setdefault(literal.value[:64], number if stored else -1)
    return found


def harvest(sources: Sequence[str], outputs: Sequence[str] = ()) -> list[tuple[Fact, ...]]:
    """For each code cell of a Python notebook, the facts before it runs; `outputs` are the cells' texts, "" for none.

    A column counts as known from the start where the notebook only reads it, and from the next cell on where the
    notebook makes it or prints it, as it would be in a kernel.
    """
    trees = [parse(source) for source in sources]
    columns = subscripts(trees)
    namespace = Namespace()
    known: list[tuple[Fact, ...]] = []
    for number, tree in enumerate(trees):
        facts = namespace.facts.values()
        known.append(tuple(with_columns(fact, namespace.printed, columns, number) for fact in facts))
        if tree:
            namespace.run(tree, outputs[number] if number < len(outputs) else "")
    return known


def with_columns(
    fact: Fact, printed: dict[str, tuple[str, ...]], columns: dict[str, dict[str, int]], number: int
) -> Fact:
    """A frame with the columns that are known when cell `number` is about to run, those that were printed first."""
    if fact.type != "DataFrame":
        return fact
    used = (name for name, made in columns.get(fact.name, {}).items() if made < number)
    members = tuple(dict.fromkeys((*printed.get(fact.name, ()), *used)))[:MOST_MEMBERS]
    return Fact(fact.name, fact.type, fact.module, members)
