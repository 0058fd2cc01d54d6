"""The worker's API described in OpenAPI's words, made from its operations and from the messages themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

import msgspec

from model_server.wire import ErrorReply

JSON = "application/json"
EVENTS = "text/event-stream"
REF = "#/components/schemas/{name}"
ERRORS = {
    400: "The request is not what is asked for; the message says which parameter, and what to do",
    401: "The bearer token is missing or wrong",
    403: "A page in a browser may not ask",
    404: "There is no such model",
    409: "A newer request of the same editor took this one's place",
    413: "The body is too long",
    429: "There is too much to do: ask again after `Retry-After` seconds",
    500: "The engine failed on this request",
    503: "The model is still loading, or could not be loaded",
    504: "The engine is stuck",
}


@dataclass(frozen=True, eq=False)
class Operation:
    """One thing that the API does: it `takes` a message and `gives` one (None: nothing that has a schema).

    `only` are parameters that may be given with one value alone. `partial` replies may lack any of their fields.
    `events` are what a stream holds, where there may be one. What is `open` is for everyone; the rest asks for the
    worker's token. `fails` are the statuses of its refusals, `also` those that come with the same message as 200.
    """

    method: str
    path: str
    summary: str
    gives: type | None = None
    takes: type | None = None
    only: Mapping[str, object] | None = None
    kind: str = JSON
    partial: bool = False
    events: tuple[type | str, ...] = ()
    open: bool = False
    also: tuple[int, ...] = ()
    fails: tuple[int, ...] = ()

    def matches(self, path: str) -> bool:
        """Whether a request's path is this one; a name in braces at its end stands for anything."""
        start, brace, _ = self.path.partition("{")
        return path.startswith(start) and len(path) > len(start) if brace else path == self.path


def describe(operations: Iterable[Operation], model: str) -> dict[str, Any]:
    """The OpenAPI document (3.2) of a worker that serves `model`."""
    operations = list(operations)
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = described(each)
    return {
        "openapi": "3.2.0",
        "info": {"title": "CodeCompose worker", "version": "1", "summary": "A fill-in-the-middle model over HTTP"},
        "paths": paths,
        "components": {
            "schemas": schemas(operations, model),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def schemas(operations: Iterable[Operation], model: str) -> dict[str, dict[str, Any]]:
    """The schemas of all messages, by name."""
    types: dict[type, None] = {ErrorReply: None}
    for each in operations:
        messages = (each.takes, each.gives, *each.events)
        types |= dict.fromkeys(message for message in messages if isinstance(message, type))
    _, found = msgspec.json.schema_components(types, ref_template=REF)
    for schema in found.values():
        schema["description"] = cleandoc(schema.get("description", schema["title"]))
    for each in operations:
        if each.takes:
            loosen(found[each.takes.__name__], each.only or {}, model)
        if each.partial and each.gives:
            found[each.gives.__name__]["required"] = []
    return found


def loosen(schema: dict[str, Any], only: Mapping[str, object], model: str) -> None:
    """Say of a request what its struct does not: null stands for left out, and what may be given with what."""
    properties = schema["properties"]
    properties.update({name: {"enum": [value]} for name, value in only.items()})
    if "model" in properties:
        properties["model"] = {"enum": ["", model]}
    for name in properties.keys() - set(schema["required"]):
        properties[name] = {"anyOf": [properties[name], {"type": "null"}]}
    if "parts" in properties:
        schema["not"] = {"anyOf": [both("parts", name) for name in ("prompt", "suffix")]}


def both(thing: str, text: str) -> dict[str, Any]:
    """An object and some text together."""
    said = {thing: {"type": "object"}, text: {"type": "string", "minLength": 1}}
    return {"properties": said, "required": [thing, text]}


def described(operation: Operation) -> dict[str, Any]:
    """One operation."""
    good = {"description": "What was asked for", "content": content(operation)}
    said: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": re.sub(r"\W+", "_", f"{operation.method.lower()}{operation.path}").strip("_"),
        "security": [] if operation.open else [{"token": []}],
        "responses": {str(status): good for status in (200, *operation.also)},
    }
    if "{" in operation.path:
        name = operation.path.partition("{")[2].rstrip("}")
        said["parameters"] = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}]
    if operation.takes:
        said["requestBody"] = {"required": True, "content": {JSON: {"schema": ref(operation.takes)}}}
    for status in operation.fails:
        said["responses"][str(status)] = {"description": ERRORS[status], "content": {JSON: {"schema": ref(ErrorReply)}}}
    return said


def content(operation: Operation) -> dict[str, Any]:
    """What a good reply holds."""
    kinds: dict[str, Any] = {operation.kind: {"schema": ref(operation.gives) if operation.gives else {}}}
    if operation.events:
        data = [event(each) for each in (*operation.events, ErrorReply)]
        kinds[EVENTS] = {
            "itemSchema": {"type": "object", "properties": {"data": {"anyOf": data}}, "required": ["data"]}
        }
    return kinds


def event(data: type | str) -> dict[str, Any]:
    """What an event may hold: a message, or these very words."""
    if isinstance(data, str):
        return {"const": data}
    return {"type": "string", "contentMediaType": JSON, "contentSchema": ref(data)}


def ref(type_: type) -> dict[str, str]:
    """A reference to a message's schema."""
    return {"$ref": REF.format(name=type_.__name__)}
