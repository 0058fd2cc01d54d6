"""Who may ask for what: everything that can be told of a request before its body is read.

Knows the operations, and nothing of what they do.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from model_server.openapi import Operation
from model_server.refusal import Refused, too_long
from model_server.wire import MAX_BODY_BYTES


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its method, its path without the query, its headers by their names in lower case, its body, and the
    address it comes from."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    peer: str = ""


@dataclass(frozen=True)
class Admission:
    """Operations, and the token that callers must show for those that are not open; '' for none."""

    operations: tuple[Operation, ...]
    token: str

    def operation(self, asked: Asked) -> Operation:
        """What a request asks for, if it may. Raises Refused."""
        found = {operation.method: operation for operation in self.operations if operation.matches(asked.path)}
        if not found:
            raise Refused(404, "not_found", "there is nothing at this path: GET /openapi.json says what there is")
        operation = found.get("GET" if asked.method == "HEAD" else asked.method)
        if not operation:
            allowed = ", ".join(found)
            raise Refused(405, "method_not_allowed", f"this path takes {allowed} only", headers={"Allow": allowed})
        if "origin" in asked.headers:
            raise Refused(403, "forbidden_origin", "a page in a browser may not ask a worker")
        if self.token and not operation.open:
            self._check_token(asked.headers.get("authorization", ""))
        return operation

    def _check_token(self, shown: str) -> None:
        """Raises Refused. A header's value stands for bytes, one a character."""
        scheme, _, token = shown.partition(" ")
        right = hmac.compare_digest(token.strip().encode("latin-1", "replace"), self.token.encode())
        if not right or scheme.lower() != "bearer":
            said = "a bearer token is required, and this is not it"
            raise Refused(401, "invalid_api_key", said, headers={"WWW-Authenticate": "Bearer"})


def check_length(length: str) -> None:
    """Raises Refused where a body's length is none, or too long."""
    if not (length.isascii() and length.isdigit()):
        raise Refused(400, "invalid_request", "Content-Length must be a whole number")
    if int(length[:16]) > MAX_BODY_BYTES:
        raise too_long()
