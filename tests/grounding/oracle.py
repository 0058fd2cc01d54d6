"""What a line of code names that does not exist: run inside a kernel, it evaluates what stands before each name.

It is told by Python's own parser and by the objects themselves, and shares nothing with what it judges.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import json
import warnings
from collections.abc import Iterator
from typing import Any

CLOSERS = {"(": ")", "[": "]", "{": "}"}
BEGINNINGS = ("{}", "{}\n    pass", "{}: pass", "{} _", "{}_", "{} else _")


class Answer:
    """A text that is displayed as it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def answer(lines: list[tuple[str, int]], bound: list[str]) -> Answer:
    """For each line, what it names behind a column that does not exist; of what is `bound` by text that has not run,
    nothing is known."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    assert shell
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Answer(json.dumps([missing(line, column, shell.user_ns, set(bound)) for line, column in lines]))


def missing(line: str, column: int, space: dict[str, Any], bound: set[str]) -> list[str]:
    """What one line names; `unread` where it is no Python even when its brackets are closed."""
    tree = parsed(line)
    if tree is None:
        return ["unread"]
    bound = bound | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    bound |= {(node.asname or node.name) for node in ast.walk(tree) if isinstance(node, ast.alias)}
    found = [said for node in ast.walk(tree) if column < ends(node) <= len(line) for said in wrong(node, space, bound)]
    return sorted(set(found))


def ends(node: ast.AST) -> int:
    """Where the name ends that a node is of."""
    if isinstance(node, ast.keyword):
        return node.col_offset + len(node.arg or "")
    return getattr(node, "end_col_offset", 0) or 0


def parsed(line: str) -> ast.AST | None:
    """A line's tree, with its open strings and brackets closed."""
    for tail in (closing(line), '"' + closing(line + '"'), "'" + closing(line + "'")):
        for form in BEGINNINGS:
            try:
                return ast.parse(form.replace("{}", line + tail))
            except (SyntaxError, ValueError):
                continue
    return None


def closing(line: str) -> str:
    """What closes the brackets that are open at the end of a line."""
    owed, quote = "", ""
    for character in line:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in CLOSERS:
            owed = CLOSERS[character] + owed
        elif owed.startswith(character):
            owed = owed[1:]
    return owed


def wrong(node: ast.AST, space: dict[str, Any], bound: set[str]) -> Iterator[str]:
    """What a node names that does not exist."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in bound | {"_"}:
        if node.id not in space and not hasattr(builtins, node.id):
            yield f"name {node.id}"
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        yield from holds(node.value, space, bound, f"attribute {node.attr}", lambda value: hasattr(value, node.attr))
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        for key in sorted(set(literals(node.slice)) - bound):
            yield from holds(node.value, space, bound, f"key {key}", lambda value, key=key: has_key(value, key))
    elif isinstance(node, ast.Call):
        for given in node.keywords:
            if given.arg:
                yield from holds(
                    node.func, space, bound, f"keyword {given.arg}", lambda value, given=given: takes(value, given.arg)
                )


def holds(base: ast.expr, space: dict[str, Any], bound: set[str], said: str, test: Any) -> Iterator[str]:
    """`said`, where a test fails on what an expression gives; `called` where that was found out by running a call."""
    if any(isinstance(node, ast.Name) and node.id in bound for node in ast.walk(base)):
        return
    try:
        value = eval(ast.unparse(base), space)
        right = test(value)
    except Exception:  # noqa: BLE001 (the notebook's code)
        return
    if not right:
        derived = any(isinstance(node, (ast.Call, ast.Subscript)) for node in ast.walk(base))
        yield f"derived {said}" if derived else said


def literals(node: ast.expr) -> list[str]:
    """The strings of a subscript or of a list in it."""
    nodes = node.elts if isinstance(node, ast.List) else [node]
    return [each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def has_key(value: Any, key: str) -> bool:
    """Whether a subscript finds something."""
    try:
        value[key]
    except (KeyError, IndexError, TypeError, ValueError):
        return False
    return True


def takes(value: Any, name: str | None) -> bool:
    """Whether a call takes a keyword."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(each.kind is each.VAR_KEYWORD or each.name == name for each in parameters)
