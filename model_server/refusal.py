"""How a request is turned down: a status, a code for programs and a sentence for people, in OpenAI's error shape.

What failed inside is told by its kind alone: its own words may hold what somebody typed. Knows nothing of HTTP servers.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from model_server.engine import BadScores
from model_server.generation import TooLong
from model_server.job import Full, NotReady, Replaced
from model_server.wire import MAX_BODY_BYTES, ErrorDetail, ErrorReply

log = logging.getLogger("model_server")


class Refused(Exception):
    """An answer other than the one that was asked for. `param` names the parameter at fault, where there is one."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`headers` are those that HTTP asks for with this status."""
        super().__init__(message)
        self.status, self.code, self.message, self.param = status, code, message, param
        self.headers = dict(headers or {})

    def reply(self) -> ErrorReply:
        """The body."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return ErrorReply(ErrorDetail(self.message, kind, self.code, self.param))


def refusal(error: Exception) -> Refused:
    """How the client hears of an error.

    A request that a newer one replaced must not be sent again: OpenAI's clients would, and push out the newer one.
    """
    match error:
        case Refused():
            return error
        case TooLong():
            return Refused(400, "context_length_exceeded", str(error), param="max_tokens")
        case Replaced():
            return Refused(409, "replaced", str(error), headers={"X-Should-Retry": "false"})
        case Full():
            return Refused(429, "too_many_requests", str(error), headers={"Retry-After": str(error.retry_after)})
        case NotReady():
            return Refused(503, "model_not_ready", str(error), headers={"Retry-After": "1"})
        case BadScores():
            return Refused(500, "bad_scores", str(error))
        case TimeoutError():
            return Refused(504, "engine_stuck", "the engine gave nothing for a long time: restart the worker")
    log.error("a request failed at the border: %s", type(error).__name__)
    return Refused(500, "engine_error", "the engine failed on this request; the worker's log names the error")


def too_long() -> Refused:
    """A body that is longer than may be."""
    return Refused(413, "body_too_large", f"the body is over {MAX_BODY_BYTES} bytes: send less of the document")
